// SPDX-License-Identifier: Apache-2.0
// logical_not: out[i...] = whether x[i...] is 0
//
// Shapes: any. Dtypes: f64 f32 f16 bf16 i64 i32 i16 i8 u8 bool; the result is
// bool.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.logical_not.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct LogicalNot : Predicate<LogicalNot> {
  static constexpr std::string_view signature = "logical_not(x) -> out";
  static Tile apply(const Tile &x) { return x == 0; }
};

} // namespace

Array logical_not(const Array &x, const Stream &stream,
                  std::source_location where) {
  return compute<LogicalNot>(stream, where, x);
}

void logical_not_out(const Array &x, const Array &out, const Stream &stream,
                     std::source_location where) {
  compute_into<LogicalNot>(stream, where, std::tie(out), x);
}

OpEntry entry_of_logical_not() {
  return unary_entry<LogicalNot>("whether x is 0");
}

} // namespace girih::ops
