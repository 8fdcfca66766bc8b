// SPDX-License-Identifier: Apache-2.0
// Constants in sums of the LLVM dialect. The lanes of a thread differ by them
// alone: what is left is one value for all of them.
#pragma once

#include "girih/compiler/analysis/emit.h"

#include <utility>

namespace girih::compiler {

/// `value` is the first plus the second. Where no constant is found the first
/// is `value` itself, else it is built; 0 has no value.
std::pair<mlir::Value, int64_t> withoutConstant(IntegerBuilder &integers,
                                                mlir::Value value);

/// The same with a second that is a multiple of `unit`.
std::pair<mlir::Value, int64_t>
withoutMultiples(IntegerBuilder &integers, mlir::Value value, int64_t unit);

} // namespace girih::compiler
