// SPDX-License-Identifier: Apache-2.0
// sort: values[i..., r] = the r-th of x[i..., s] over s in order, indices[i...,
// r] = that s
//
// Shapes: any, along one dimension. Dtypes: all numbers and bool; indices are
// i64. Equal elements stay in order, stable or not; NaN comes after all
// numbers, first where descending; both zeros are equal. Errors: [device]
// [dtype] [index] [overlap]. Source: torch.sort.
#include "girih/ops/ordering.h"
#include "girih/ops/ordering/order.h"

namespace girih::ops {

namespace {

struct Sort {
  static constexpr std::string_view signature =
      "sort(x, dim: int = -1, descending: bool = False, "
      "stable: bool = False) -> values, indices";
  static std::array<Shaped, 2> result(const Call &call, const Array &x,
                                      std::int64_t dim, bool, bool) {
    return order::results(call, x, dim, -1);
  }
  static void launch(const Call &call, const Array &x, std::int64_t dim,
                     bool descending, bool, const Array &values,
                     const Array &indices) {
    order::launch(call, x, call.check_dim({"x", x}, dim), descending, values,
                  indices);
  }
};

} // namespace

std::array<Array, 2> sort(const Array &x, std::int64_t dim, bool descending,
                          bool stable, const Stream &stream,
                          std::source_location where) {
  return compute<Sort>(stream, where, x, dim, descending, stable);
}

void sort_out(const Array &x, const Array &values, const Array &indices,
              std::int64_t dim, bool descending, bool stable,
              const Stream &stream, std::source_location where) {
  compute_into<Sort>(stream, where, std::tie(values, indices), x, dim,
                     descending, stable);
}

OpEntry entry_of_sort() {
  return op_entry<Sort>({"ordering",
                         "x in order along dim, and where each comes from",
                         {std::begin(order::ordered), std::end(order::ordered)},
                         order::entries()});
}

} // namespace girih::ops
