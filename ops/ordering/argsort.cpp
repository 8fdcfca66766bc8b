// SPDX-License-Identifier: Apache-2.0
// argsort: out[i..., r] = where the r-th of x[i..., s] over s comes from
//
// Shapes, dtypes, order: as sort's; the result is i64.
// Errors: [device] [dtype] [index] [overlap].
// Source: torch.argsort.
#include "girih/ops/ordering.h"
#include "girih/ops/ordering/order.h"

namespace girih::ops {

namespace {

struct Argsort {
  static constexpr std::string_view signature =
      "argsort(x, dim: int = -1, descending: bool = False, "
      "stable: bool = False) -> out";
  static Shaped result(const Call &call, const Array &x, std::int64_t dim, bool,
                       bool) {
    return order::results(call, x, dim, -1)[1];
  }
  static void launch(const Call &call, const Array &x, std::int64_t dim,
                     bool descending, bool, const Array &out) {
    const Array values =
        allocate_result(x.shape(), x.dtype(), x.device(), call.stream);
    order::launch(call, x, call.check_dim({"x", x}, dim), descending, values,
                  out);
  }
};

} // namespace

Array argsort(const Array &x, std::int64_t dim, bool descending, bool stable,
              const Stream &stream, std::source_location where) {
  return compute<Argsort>(stream, where, x, dim, descending, stable);
}

void argsort_out(const Array &x, const Array &out, std::int64_t dim,
                 bool descending, bool stable, const Stream &stream,
                 std::source_location where) {
  compute_into<Argsort>(stream, where, std::tie(out), x, dim, descending,
                        stable);
}

OpEntry entry_of_argsort() {
  return op_entry<Argsort>(
      {"ordering",
       "where the elements in order along dim come from",
       {std::begin(order::ordered), std::end(order::ordered)},
       {}});
}

} // namespace girih::ops
