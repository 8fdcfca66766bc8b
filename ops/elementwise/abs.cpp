// SPDX-License-Identifier: Apache-2.0
// abs: out[i...] = |x[i...]|
//
// Shapes: any. Dtypes: f64 f32 f16 bf16 i64 i32 i16 i8 u8. The smallest
// integer, whose absolute value does not exist, stays.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.abs.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Abs : Unary<Abs> {
  static constexpr std::string_view signature = "abs(x) -> out";
  static Tile apply(const Tile &x) { return abs(x); }
};

} // namespace

Array abs(const Array &x, const Stream &stream, std::source_location where) {
  return compute<Abs>(stream, where, x);
}

void abs_out(const Array &x, const Array &out, const Stream &stream,
             std::source_location where) {
  compute_into<Abs>(stream, where, std::tie(out), x);
}

OpEntry entry_of_abs() { return unary_entry<Abs>("the absolute value of x"); }

} // namespace girih::ops
