// SPDX-License-Identifier: Apache-2.0
// One element of a tile, as the interpreter sees it.
#pragma once

#include "mlir/IR/Types.h"

#include <cstdint>
#include <vector>

namespace girih::compiler {

/// A real number, or an integer (bools are 0 and 1; narrower integers are kept
/// sign-extended).
struct Scalar {
  enum class Kind : std::uint8_t { real, integer };

  static Scalar real(double value) { return {Kind::real, value, 0}; }
  static Scalar integer(std::int64_t value) {
    return {Kind::integer, 0, value};
  }

  Kind kind = Kind::integer;
  double number = 0;
  std::int64_t whole = 0;
};

/// How results are rounded.
enum class Rounding : std::uint8_t {
  own,     // each result to its element type: what the other executors compute
  all_f64, // reals stay doubles: the reference
};

/// `value` as an element of `type`: reals are rounded (as `rounding` says),
/// integers wrapped to the type's width.
Scalar roundTo(mlir::Type type, Scalar value, Rounding rounding);

/// The low bits of `value` that an integer of `type` has, as a natural number.
std::uint64_t naturalBits(mlir::Type type, Scalar value);

/// Reads and writes one element in memory; a bool is a byte.
Scalar readElement(mlir::Type type, const char *address);
void writeElement(mlir::Type type, char *address, Scalar value);

/// A tile's elements in row-major order, or the one element of a scalar.
struct TileValue {
  std::vector<std::int64_t> shape;
  std::vector<Scalar> elements;
};

} // namespace girih::compiler
