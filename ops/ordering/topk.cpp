// SPDX-License-Identifier: Apache-2.0
// topk: values[i..., r] = the r-th largest of x[i..., s] over s, indices[i...,
// r] = that s
//
// Shapes: any, along one dimension of k elements or more; r < k. Dtypes: all
// numbers and bool; indices are i64. In order, sorted or not; of equal elements
// the first come first. NaN is larger than all numbers. Errors: [device]
// [dtype] [index] [argument] [overlap]. Source: torch.topk.
#include "girih/ops/ordering.h"
#include "girih/ops/ordering/order.h"
#include "girih/ops/ordering/select.h"

namespace girih::ops {

namespace {

struct Topk {
  static constexpr std::string_view signature =
      "topk(x, k: int, dim: int = -1, largest: bool = True, "
      "sorted: bool = True) -> values, indices";
  static std::array<Shaped, 2> result(const Call &call, const Array &x,
                                      std::int64_t k, std::int64_t dim, bool,
                                      bool) {
    const auto found = order::results(call, x, dim, k);
    const std::int64_t most =
        x.rank() == 0 ? 1 : x.size(call.check_dim({"x", x}, dim));
    call.require(k >= 0 && k <= most,
                 "k must be at least 0 and at most the dimension's size",
                 {{"x", x}});
    return found;
  }
  static void launch(const Call &call, const Array &x, std::int64_t,
                     std::int64_t dim, bool largest, bool, const Array &values,
                     const Array &indices) {
    order::launch(call, x, call.check_dim({"x", x}, dim), largest, values,
                  indices);
  }
};

} // namespace

std::array<Array, 2> topk(const Array &x, std::int64_t k, std::int64_t dim,
                          bool largest, bool sorted, const Stream &stream,
                          std::source_location where) {
  return compute<Topk>(stream, where, x, k, dim, largest, sorted);
}

void topk_out(const Array &x, const Array &values, const Array &indices,
              std::int64_t k, std::int64_t dim, bool largest, bool sorted,
              const Stream &stream, std::source_location where) {
  compute_into<Topk>(stream, where, std::tie(values, indices), x, k, dim,
                     largest, sorted);
}

OpEntry entry_of_topk() {
  return op_entry<Topk>({"ordering",
                         "the k largest along dim, and where they are",
                         {std::begin(order::ordered), std::end(order::ordered)},
                         order::select_entries()});
}

} // namespace girih::ops
