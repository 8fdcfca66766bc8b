// SPDX-License-Identifier: Apache-2.0
// quantile: out[j..., i...] = the element of x[i..., r...] at place q[j...] *
// (N - 1) in order, interpolated between its neighbours
//
// q: a number or an array of at most one dimension, from 0 to 1. Without `dim`
// of all elements. interpolation: linear, lower, higher, nearest, midpoint.
// Shapes: any with elements. Dtypes: f64 f32 f16 bf16. NaN if any is.
// Errors: [device] [dtype] [index] [argument] [shape] [overlap].
// Source: torch.quantile.
#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/ordering/quantiles.h"
#include "girih/ops/reductions.h"

namespace girih::ops {

namespace {

struct Quantile {
  static constexpr std::string_view signature =
      "quantile(x, q: number, dim: int? = None, keepdim: bool = False, *, "
      "interpolation: str = 'linear') -> out";
  static Shaped result(const Call &call, const Array &x, const ArrayOrNumber &q,
                       const std::optional<std::int64_t> &dim, bool keepdim,
                       std::string_view interpolation) {
    return order::quantile_result(call, x, q, dim, keepdim, interpolation);
  }
  static void launch(const Call &call, const Array &x, const ArrayOrNumber &q,
                     const std::optional<std::int64_t> &dim, bool keepdim,
                     std::string_view interpolation, const Array &out) {
    order::launch_quantile(call, x, q, dim, keepdim, interpolation, out);
  }
};

} // namespace

Array quantile(const Array &x, const ArrayOrNumber &q,
               std::optional<std::int64_t> dim, bool keepdim,
               std::string_view interpolation, const Stream &stream,
               std::source_location where) {
  return compute<Quantile>(stream, where, x, q, dim, keepdim, interpolation);
}

void quantile_out(const Array &x, const Array &out, const ArrayOrNumber &q,
                  std::optional<std::int64_t> dim, bool keepdim,
                  std::string_view interpolation, const Stream &stream,
                  std::source_location where) {
  compute_into<Quantile>(stream, where, std::tie(out), x, q, dim, keepdim,
                         interpolation);
}

OpEntry entry_of_quantile() {
  return op_entry<Quantile>({"reductions",
                             "the element at place q * (N - 1) in order",
                             {std::begin(floats), std::end(floats)},
                             order::quantile_entries()});
}

} // namespace girih::ops
