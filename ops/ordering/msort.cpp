// SPDX-License-Identifier: Apache-2.0
// msort: out = x in order along its first dimension
//
// Shapes, dtypes, order: as sort's.
// Errors: [device] [dtype] [overlap].
// Source: torch.msort.
#include "girih/ops/ordering.h"
#include "girih/ops/ordering/order.h"

namespace girih::ops {

namespace {

struct Msort {
  static constexpr std::string_view signature = "msort(x) -> out";
  static Shaped result(const Call &call, const Array &x) {
    return order::results(call, x, 0, -1)[0];
  }
  static void launch(const Call &call, const Array &x, const Array &out) {
    const Array indices =
        allocate_result(x.shape(), i64, x.device(), call.stream);
    order::launch(call, x, 0, false, out, indices);
  }
};

} // namespace

Array msort(const Array &x, const Stream &stream, std::source_location where) {
  return compute<Msort>(stream, where, x);
}

void msort_out(const Array &x, const Array &out, const Stream &stream,
               std::source_location where) {
  compute_into<Msort>(stream, where, std::tie(out), x);
}

OpEntry entry_of_msort() {
  return op_entry<Msort>(
      {"ordering",
       "x in order along its first dimension",
       {std::begin(order::ordered), std::end(order::ordered)},
       {}});
}

} // namespace girih::ops
