// SPDX-License-Identifier: Apache-2.0
// Whether bytes are UTF-8.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace girih::llm {

/// Where the first byte is that no valid UTF-8 has there (overlong forms,
/// surrogates and what is past U+10FFFF included); empty: all are valid.
std::optional<std::size_t> first_invalid_utf8(std::string_view text);

} // namespace girih::llm
