// SPDX-License-Identifier: Apache-2.0
// gt: out[i...] = a[i...] > b[i...]
//
// Shapes: any, broadcast together; either may be a number. Dtypes: f64 f32 f16
// bf16 i64 i32 i16 i8 u8 bool, promoted; the result is bool. NaN is unequal to
// everything, and in no order. A number is rounded to the arrays' dtype first.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: torch.gt.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/comparison.h"

namespace girih::ops {

namespace {

struct Gt : Comparison<Gt> {
  static constexpr std::string_view signature =
      "gt(a: number, b: number) -> out";
  static Tile apply(const Tile &a, const Tile &b) { return a > b; }
};

} // namespace

Array gt(const ArrayOrNumber &a, const ArrayOrNumber &b, const Stream &stream,
         std::source_location where) {
  return compute<Gt>(stream, where, a, b);
}

void gt_out(const ArrayOrNumber &a, const ArrayOrNumber &b, const Array &out,
            const Stream &stream, std::source_location where) {
  compute_into<Gt>(stream, where, std::tie(out), a, b);
}

OpEntry entry_of_gt() { return binary_entry<Gt>("a > b"); }

} // namespace girih::ops
