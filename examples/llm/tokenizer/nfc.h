// SPDX-License-Identifier: Apache-2.0
// Unicode normalization form C.
#pragma once

#include <string>
#include <string_view>

namespace girih::llm {

/// Valid UTF-8 in its composed form. Takes linear time but for sorting runs of
/// combining marks.
std::string to_nfc(std::string_view text);

} // namespace girih::llm
