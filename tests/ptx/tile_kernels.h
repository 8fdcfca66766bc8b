// SPDX-License-Identifier: Apache-2.0
// One kernel for each operation on whole tiles that the assembler must accept.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace girih::testing {

/// Names and texts.
std::vector<std::pair<std::string, std::string>> tileKernels();

} // namespace girih::testing
