// SPDX-License-Identifier: Apache-2.0
// What operators that reduce dimensions share: arguments, results, launches.
// Each names its Reduction's kernels by a static function `kernels()`.
#pragma once

#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/reductions.h"
#include "girih/ops/reductions/reduction.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace girih::ops {

using DimList = std::vector<std::int64_t>;
using MaybeDType = std::optional<DType>;

/// Elements along dims.
inline std::int64_t count_along(const Array &x, std::span<const int> dims) {
  std::int64_t count = 1;
  for (int d : dims)
    count *= x.size(d);
  return count;
}

/// How values are compared: a bool as a number.
inline DType comparable(DType dtype) { return dtype == b1 ? u8 : dtype; }

/// The value that loses against all others: for a maximum the least.
inline Tile limit(const Shape &shape, DType dtype, bool least) {
  if (is_float(dtype)) {
    const double infinity = std::numeric_limits<double>::infinity();
    return full(shape, least ? -infinity : infinity, dtype);
  }
  if (dtype == u8)
    return full(shape, least ? 0 : 255, dtype);
  // No constant: those are exact up to 2^53 only.
  const Tile lowest = (zeros(shape, dtype) - 1) << (bits(dtype) - 1);
  return least ? lowest : ~lowest;
}

/// What any and all keep for each lane: a thread has few registers for a bool
/// alone, so only of bytes it is one.
inline std::vector<DType> truths(DType x, DType) {
  return {bits(x) > 8 ? i32 : b1};
}
inline Tiles truth_of(const Tiles &parts, const Tiles &) {
  return {cast(parts[0], b1)};
}

inline std::vector<DType> no_numbers(DType) { return {}; }

/// sum, prod, mean: (x, dim, keepdim, dtype). Elements are converted to dtype
/// first, then accumulated; the first number stands for that dtype.
template <class Op> struct Accumulation {
  static DType natural(DType x) { return is_float(x) ? x : i64; }
  static Shaped result(const Call &call, const Array &x, const DimList &dim,
                       bool keepdim, const MaybeDType &dtype) {
    const Argument argument{"x", x};
    call.check_same_device({argument});
    call.check_dtype(argument, numbers_and_bool);
    const DType type = dtype.value_or(Op::natural(x.dtype()));
    call.require(std::ranges::find(Op::results, type) != Op::results.end(),
                 Op::wants, {argument});
    return {reduced_shape(x, call.check_dims(argument, dim), keepdim), type};
  }
  static void launch(const Call &call, const Array &x, const DimList &dim,
                     bool keepdim, const MaybeDType &, const Array &out) {
    const std::vector<int> dims = call.check_dims({"x", x}, dim);
    std::vector<Array> given{Array::scalar(0, out.dtype())};
    if (Op::kernels().reduction().numbers == 2)
      given.push_back(
          Array::scalar(count_along(x, dims), accumulator(out.dtype())));
    launch_reduction(call, Op::kernels(), x, dims, keepdim, given, {&out, 1});
  }
};

/// amax, any, ...: (x, dim, keepdim).
template <class Op> struct PlainReduction {
  static constexpr bool takes_none = false; // an empty dimension has a result
  static Shaped result(const Call &call, const Array &x, const DimList &dim,
                       bool keepdim) {
    const Argument argument{"x", x};
    call.check_same_device({argument});
    call.check_dtype(argument, Op::dtypes);
    const std::vector<int> dims = call.check_dims(argument, dim);
    if (!Op::takes_none && count_along(x, dims) == 0)
      call.fail(ErrorId::shape, "there is nothing to reduce", {argument});
    return {reduced_shape(x, dims, keepdim), Op::result_dtype(x.dtype())};
  }
  static void launch(const Call &call, const Array &x, const DimList &dim,
                     bool keepdim, const Array &out) {
    launch_reduction(call, Op::kernels(), x, call.check_dims({"x", x}, dim),
                     keepdim, {}, {&out, 1});
  }
};

/// The dimension that an op goes along, and all of them where none is given.
inline std::vector<int> one_dim(const Call &call, const Array &x,
                                const std::optional<std::int64_t> &dim) {
  if (!dim)
    return call.check_dims({"x", x}, {});
  const int at = call.check_dim({"x", x}, *dim);
  return x.rank() == 0 ? std::vector<int>{} : std::vector<int>{at};
}

} // namespace girih::ops
