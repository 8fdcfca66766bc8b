// SPDX-License-Identifier: Apache-2.0
// Extrema, and where they are: the first of equal ones, the first NaN if there
// is one. Lanes keep a value and the turn of the loop that it came in.
#pragma once

#include "girih/ops/reductions/dims_reduction.h"

namespace girih::ops::extrema {

template <bool Largest>
inline constexpr double loser =
    Largest ? -std::numeric_limits<double>::infinity()
            : std::numeric_limits<double>::infinity();

template <bool Largest> std::vector<DType> value(DType x, DType) {
  return {is_float(x) ? computed(x) : comparable(x)};
}
template <bool Largest>
Tiles start_value(const Shape &shape, const std::vector<DType> &types) {
  return {limit(shape, types[0], Largest)};
}
template <bool Largest> Tile better(const Tile &a, const Tile &b) {
  return Largest ? max(a, b) : min(a, b);
}
template <bool Largest>
Tiles step_value(const Tiles &parts, const Tile &x, const Index &,
                 const Tiles &) {
  return {better<Largest>(parts[0], cast(x, parts[0].dtype()))};
}
template <bool Largest> Tiles combine_values(Tiles a, Tiles b) {
  return {better<Largest>(a[0], b[0])};
}
template <bool Largest> Tiles fold_values(const Tiles &parts, Dim over) {
  return {Largest ? max(parts[0], over) : min(parts[0], over)};
}

/// The reduction to a value.
template <bool Largest> Reduction of_values(std::string name) {
  return {.name = std::move(name),
          .parts = value<Largest>,
          .other = loser<Largest>,
          .start = start_value<Largest>,
          .step = step_value<Largest>,
          .combine = combine_values<Largest>,
          .fold = fold_values<Largest>};
}

template <bool Largest> std::vector<DType> placed(DType x, DType) {
  return {value<Largest>(x, x)[0], i64};
}
template <bool Largest>
Tiles start_placed(const Shape &shape, const std::vector<DType> &types) {
  return {limit(shape, types[0], Largest), limit(shape, i64, false)};
}
// Whether b takes the place of a when both are not the same number.
template <bool Largest> Tile beats(const Tile &b, const Tile &a) {
  if (!is_float(a.dtype()))
    return Largest ? b > a : b < a;
  return !(Largest ? b <= a : b >= a) & !isnan(a);
}
template <bool Largest>
Tiles step_placed(const Tiles &parts, const Tile &x, const Index &turn,
                  const Tiles &) {
  const Tile next = cast(x, parts[0].dtype());
  const Tile found = beats<Largest>(next, parts[0]);
  return {where(found, next, parts[0]),
          where(found, cast(turn, i32), parts[1])};
}
template <bool Largest> Tiles combine_placed(Tiles a, Tiles b) {
  Tile same = a[0] == b[0];
  if (is_float(a[0].dtype()))
    same = same | (isnan(a[0]) & isnan(b[0]));
  const Tile found = where(same, b[1] < a[1], beats<Largest>(b[0], a[0]));
  return {where(found, b[0], a[0]), where(found, b[1], a[1])};
}
// The extremum first, then the first place where it is, or that of a NaN.
template <bool Largest> Tiles row_placed(const WholeRows &rows) {
  const Dim along = dim(1).kept();
  const Tile best =
      Largest ? max(rows.elements, along) : min(rows.elements, along);
  Tile found = rows.elements == best;
  if (is_float(best.dtype()))
    found = found | isnan(rows.elements);
  const std::int64_t width = rows.elements.shape()[1];
  const Tile places = unsqueeze(arange(static_cast<int>(width), i32), 0);
  return {best, cast(min(where(found, places, width), along), i64)};
}
inline Tiles place_only(const Tiles &parts, const Tiles &) {
  return {parts[1]};
}

/// The reduction to a value and its place.
template <bool Largest> Reduction of_places(std::string name, bool values) {
  return {.name = std::move(name),
          .parts = placed<Largest>,
          .results = values ? 2 : 1,
          .places = true,
          .other = loser<Largest>,
          .start = start_placed<Largest>,
          .step = step_placed<Largest>,
          .combine = combine_placed<Largest>,
          .row = row_placed<Largest>,
          .finish = values ? nullptr : place_only};
}

/// max and min of all elements: (x).
template <class Op> struct OfAll {
  static Shaped result(const Call &call, const Array &x) {
    call.check_same_device({{"x", x}});
    call.check_dtype({"x", x}, numbers_and_bool);
    if (x.numel() == 0)
      call.fail(ErrorId::shape, "there is nothing to reduce", {{"x", x}});
    return {{}, x.dtype()};
  }
  static void launch(const Call &call, const Array &x, const Array &out) {
    launch_reduction(call, Op::kernels(), x, call.check_dims({"x", x}, {}),
                     false, {}, {&out, 1});
  }
};

/// argmax and argmin: (x, dim or none, keepdim).
template <class Op> struct Place {
  static Shaped result(const Call &call, const Array &x,
                       const std::optional<std::int64_t> &dim, bool keepdim) {
    call.check_same_device({{"x", x}});
    call.check_dtype({"x", x}, numbers);
    const std::vector<int> dims = one_dim(call, x, dim);
    if (count_along(x, dims) == 0)
      call.fail(ErrorId::shape, "there is nothing to reduce", {{"x", x}});
    return {reduced_shape(x, dims, keepdim), i64};
  }
  static void launch(const Call &call, const Array &x,
                     const std::optional<std::int64_t> &dim, bool keepdim,
                     const Array &out) {
    launch_reduction(call, Op::kernels(), x, one_dim(call, x, dim), keepdim, {},
                     {&out, 1});
  }
};

/// max and min along a dimension: (x, dim, keepdim) -> values, indices.
template <class Op> struct Along {
  static std::array<Shaped, 2> result(const Call &call, const Array &x,
                                      std::int64_t dim, bool keepdim) {
    call.check_same_device({{"x", x}});
    call.check_dtype({"x", x}, numbers_and_bool);
    const std::vector<int> dims = one_dim(call, x, dim);
    if (count_along(x, dims) == 0)
      call.fail(ErrorId::shape, "there is nothing to reduce", {{"x", x}});
    const Dims shape = reduced_shape(x, dims, keepdim);
    return {Shaped{shape, x.dtype()}, Shaped{shape, i64}};
  }
  static void launch(const Call &call, const Array &x, std::int64_t dim,
                     bool keepdim, const Array &values, const Array &indices) {
    const std::array<Array, 2> outs{values, indices};
    launch_reduction(call, Op::kernels(), x, one_dim(call, x, dim), keepdim, {},
                     outs);
  }
};

} // namespace girih::ops::extrema
