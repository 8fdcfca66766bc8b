// SPDX-License-Identifier: Apache-2.0
// The one table of tolerances: what an operator may differ from its f64
// reference, by dtype. Everything else in tests/ops compares bit for bit.
#pragma once

#include "girih/dsl/dtype.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace girih::testing {

/// Rounding of one dtype. `output` is the largest relative error of rounding a
/// real number to it (half a unit in the last place), `accumulate` that of one
/// step of a sum in the accumulator's type; tensor cores truncate where a CPU
/// rounds, so it is a whole unit in the last place.
struct Tolerance {
  DType dtype;
  double output;
  double accumulate;
  double smallest; // absolute: half of the smallest subnormal (f64: all of it)
};

inline constexpr Tolerance tolerances[] = {
    {DType::f64, 0x1p-53, 0x1p-52, 0x1p-1074},
    {DType::f32, 0x1p-24, 0x1p-23, 0x1p-150},
    {DType::f16, 0x1p-11, 0x1p-23, 0x1p-25},
    {DType::bf16, 0x1p-8, 0x1p-23, 0x1p-134},
    {DType::e4m3, 0x1p-4, 0x1p-23, 0x1p-10},
    {DType::e5m2, 0x1p-3, 0x1p-23, 0x1p-17},
    {DType::i64, 0, 0, 0},
    {DType::i32, 0, 0, 0},
    {DType::i16, 0, 0, 0},
    {DType::i8, 0, 0, 0},
    {DType::u8, 0, 0, 0},
};

/// The table's row of `dtype`.
inline const Tolerance &tolerance(DType dtype) {
  for (const Tolerance &row : tolerances)
    if (row.dtype == dtype)
      return row;
  throw std::logic_error("no tolerance for this dtype");
}

/// Bound on |computed - exact| for a sum of `terms` products whose absolute
/// values add up to `absolute`, accumulated in any order and stored as `dtype`.
inline double dot_bound(DType dtype, std::int64_t terms, double absolute,
                        double exact) {
  const Tolerance &row = tolerance(dtype);
  const double sum = static_cast<double>(terms) * row.accumulate * absolute;
  return sum + row.output * (std::abs(exact) + sum) + row.smallest;
}

/// What is added to it for products of fp8 on a GPU, of the absolute values:
/// Hopper's matrix units cut what they add up off 13 bits below the largest.
inline constexpr double fp8_sum = 0x1p-11;

/// Bound on |computed - exact| for an element that is computed to `units` units
/// in the last place of f32, or of f64 for f64, and then rounded to `dtype`.
/// `scale` is the size of what cancels on the way, where something does.
inline double element_bound(DType dtype, double exact, double scale = 0,
                            double units = 2) {
  const Tolerance &row = tolerance(dtype);
  const Tolerance &computed =
      tolerance(dtype == DType::f64 ? dtype : DType::f32);
  const double error =
      units * 2 *
      (computed.output * std::max(std::abs(exact), scale) + computed.smallest);
  return error + row.output * (std::abs(exact) + error) + row.smallest;
}

} // namespace girih::testing
