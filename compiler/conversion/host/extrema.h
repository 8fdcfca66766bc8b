// SPDX-License-Identifier: Apache-2.0
// Maxima and minima of many floats, by their images as integers. A maximum
// that hands NaN on and tells zeros apart takes five instructions for a
// register of f32; three extrema of images take three, and those of bf16 or
// f16 need no conversion.
#pragma once

#include "girih/compiler/conversion/host/emission.h"

#include "girih/compiler/dialect/Tile.h"

namespace girih::compiler::host {

/// The one operation of a reduction's body that combines both of its
/// arguments; null where there is more to it.
mlir::Operation *onlyOperation(tile::ReduceOp op);

/// Looks for the largest or the smallest of f32, bf16 or f16.
class Extremum {
public:
  /// Registers that it keeps.
  static constexpr unsigned count = 3;

  static std::optional<Extremum> of(tile::ReduceOp op);

  /// Bits of an image.
  unsigned bits() const { return element.getIntOrFloatBitWidth(); }
  /// What leaves all as it is, in every lane.
  Reg identity(Builder &ir, unsigned width) const;
  /// Images of numbers, as registers hold them.
  Reg image(Builder &ir, Reg value) const;
  /// The next registers.
  llvm::SmallVector<Reg> combine(Builder &ir, llvm::ArrayRef<Reg> lhs,
                                 llvm::ArrayRef<Reg> rhs) const;
  /// The extremum of each lane, as registers hold it.
  Reg settle(Builder &ir, llvm::ArrayRef<Reg> state) const;

private:
  Extremum(bool larger, mlir::Type element)
      : larger(larger), element(element) {}
  llvm::Type *images(Builder &ir, unsigned width) const;
  /// The image of infinity, in every lane.
  Reg infinity(Builder &ir, unsigned width, bool negative) const;

  bool larger;
  mlir::Type element;
};

} // namespace girih::compiler::host
