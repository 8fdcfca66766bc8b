// SPDX-License-Identifier: Apache-2.0
// Which tiles of f32 are on their way to 16 bits, and what is known of tiles.
#pragma once

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Value.h"

#include <optional>

namespace girih::compiler {

/// Whether all that becomes of an f32 tile is one of 16 bits, with no
/// more than `factors` operations on the way, which keep relative errors:
/// products, quotients, roots, choices, extrema, signs, sums of positive
/// numbers and logarithms of 1 and such a number.
bool isRoundedFurther(mlir::Value value, int factors);
/// Whether the elements of an f32 tile had 16 bits or fewer before, or are a
/// constant.
bool isShort(mlir::Value value);
/// Whether they were bf16. Reciprocals and roots of such are never so near to a
/// tie of bf16 that a unit in the last place of f32 matters, unlike those of
/// f16.
bool isOfBf16(mlir::Value value);
/// The one number of a constant tile of floats.
std::optional<double> numberOf(mlir::Value value);
/// Whether no power of 2 of the tile is below the normal numbers.
bool hasNormalPower(mlir::math::Exp2Op op);

} // namespace girih::compiler
