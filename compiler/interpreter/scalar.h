// SPDX-License-Identifier: Apache-2.0
// One element of a tile, as the interpreter sees it.
#pragma once

#include "girih/dsl/dtype.h"

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

/// A tile's elements in row-major order, or the one element of a scalar.
using TileValue = std::vector<Scalar>;

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

/// The dtype that `type` stands for; an index is an i64.
DType dtypeOf(mlir::Type type, bool isUnsigned = false);

/// An element's bits in memory, and back; a bool is a byte.
std::uint64_t elementBits(mlir::Type type, Scalar value);
Scalar elementOf(mlir::Type type, std::uint64_t bits);

/// Reads and writes one element in memory.
Scalar readElement(mlir::Type type, const char *address);
void writeElement(mlir::Type type, char *address, Scalar value);

bool isNaN(const Scalar &value);

/// The lower of two numbers: NaN if either is, and -0 is below +0.
double minimum(double a, double b);

/// a * b + c as an element of `type`, rounded once.
double fusedMultiplyAdd(mlir::Type type, double a, double b, double c,
                        Rounding rounding);

} // namespace girih::compiler
