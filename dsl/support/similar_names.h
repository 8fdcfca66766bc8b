// SPDX-License-Identifier: Apache-2.0
// Help for a name that does not exist. Not installed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace girih {

/// "did you mean softmax or long_softmax?" of the names that differ from `name`
/// by few letters or have it as a part, at most four; else all of them, after
/// `all` ("the kernels are").
std::string similar_names_help(std::string_view name,
                               const std::vector<std::string> &known,
                               std::string_view all);

} // namespace girih
