// SPDX-License-Identifier: Apache-2.0
// Comparisons, bitwise and logical operators of two operands.
#pragma once

#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

/// The dtype that operands are compared in beside `number`: `dtype`, or i64
/// where an integer dtype does not hold the number.
DType comparable_dtype(const ArrayOrNumber &number, DType dtype);

/// Op::apply() gives a bool tile. A number is compared as it is rounded to the
/// dtype of the array; one beyond an integer dtype's range as itself.
template <class Op> struct Comparison : Binary<Op> {
  static constexpr std::span<const DType> dtypes = numbers_and_bool;
  static DType result_dtype(DType) { return b1; }
  static void launch(const Call &call, const ArrayOrNumber &a,
                     const ArrayOrNumber &b, const Array &out) {
    DType type = Binary<Op>::promoted(a, b);
    type = comparable_dtype(b, comparable_dtype(a, type));
    launch_elementwise(call, Op::kernel(), {a.as(type), b.as(type)}, out);
  }
};

/// Bits of integers, and bools.
template <class Op> struct Bitwise : Binary<Op> {
  static constexpr std::span<const DType> dtypes = integers_and_bool;
};

/// Op::apply() takes two bool tiles: what is not 0 is true.
template <class Op> struct Logical : Comparison<Op> {
  static Tile apply(const Tile &a, const Tile &b) {
    return Op::joined(a != 0, b != 0);
  }
};

} // namespace girih::ops
