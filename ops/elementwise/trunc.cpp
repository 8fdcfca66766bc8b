// SPDX-License-Identifier: Apache-2.0
// trunc: out[i...] = x[i...] without its fraction
//
// Shapes: any. Dtypes: f64 f32 f16 bf16 i64 i32 i16 i8 u8. Integers stay as
// they are.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.trunc.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Trunc : Unary<Trunc> {
  static constexpr std::string_view signature = "trunc(x) -> out";
  static Tile apply(const Tile &x) { return trunc(x); }
};

} // namespace

Array trunc(const Array &x, const Stream &stream, std::source_location where) {
  return compute<Trunc>(stream, where, x);
}

void trunc_out(const Array &x, const Array &out, const Stream &stream,
               std::source_location where) {
  compute_into<Trunc>(stream, where, std::tie(out), x);
}

OpEntry entry_of_trunc() {
  return unary_entry<Trunc>("x without its fraction");
}

} // namespace girih::ops
