// SPDX-License-Identifier: Apache-2.0
// logical_or: out[i...] = whether of a[i...] and b[i...] either is not 0
//
// Shapes: any, broadcast together; either may be a number. Dtypes: f64 f32 f16
// bf16 i64 i32 i16 i8 u8 bool, promoted; the result is bool. What is not 0 is
// true, NaN too.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: torch.logical_or.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/comparison.h"

namespace girih::ops {

namespace {

struct LogicalOr : Logical<LogicalOr> {
  static constexpr std::string_view signature =
      "logical_or(a: number, b: number) -> out";
  static Tile joined(const Tile &a, const Tile &b) { return a | b; }
};

} // namespace

Array logical_or(const ArrayOrNumber &a, const ArrayOrNumber &b,
                 const Stream &stream, std::source_location where) {
  return compute<LogicalOr>(stream, where, a, b);
}

void logical_or_out(const ArrayOrNumber &a, const ArrayOrNumber &b,
                    const Array &out, const Stream &stream,
                    std::source_location where) {
  compute_into<LogicalOr>(stream, where, std::tie(out), a, b);
}

OpEntry entry_of_logical_or() {
  return binary_entry<LogicalOr>("whether of a and b either is not 0");
}

} // namespace girih::ops
