// SPDX-License-Identifier: Apache-2.0
// ceil: out[i...] = the smallest whole number from x[i...] on
//
// Shapes: any. Dtypes: f64 f32 f16 bf16 i64 i32 i16 i8 u8. Integers stay as
// they are.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.ceil.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Ceil : Unary<Ceil> {
  static constexpr std::string_view signature = "ceil(x) -> out";
  static Tile apply(const Tile &x) { return ceil(x); }
};

} // namespace

Array ceil(const Array &x, const Stream &stream, std::source_location where) {
  return compute<Ceil>(stream, where, x);
}

void ceil_out(const Array &x, const Array &out, const Stream &stream,
              std::source_location where) {
  compute_into<Ceil>(stream, where, std::tie(out), x);
}

OpEntry entry_of_ceil() {
  return unary_entry<Ceil>("the smallest whole number from x on");
}

} // namespace girih::ops
