// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "girih/compiler/conversion/nvptx/arithmetic.h"

namespace girih::compiler {

/// What is left of x[0] after whole multiples of x[1], with the sign of x[0];
/// exact. Adds blocks to the function, and goes on in the last of them.
template <bool Double>
mlir::Value remainder(DeviceArithmetic<Double> &f, mlir::ValueRange x);

} // namespace girih::compiler
