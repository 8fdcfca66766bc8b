// SPDX-License-Identifier: Apache-2.0
// What cat and stack share.
#pragma once

#include "girih/ops/movement/copy.h"

#include <string>
#include <vector>

namespace girih::ops {

/// Names of the arrays of a list, for errors: "arrays[0]".
std::vector<std::string> names_of(const std::vector<Array> &arrays);

/// The dtype of a list's arrays together. Checks that there is one, that all
/// are on one device and that what is promoted are numbers. [argument] [device]
/// [dtype]
DType joined_dtype(const Call &call, const std::vector<Array> &arrays);

} // namespace girih::ops
