// SPDX-License-Identifier: Apache-2.0
// floor: out[i...] = the largest whole number up to x[i...]
//
// Shapes: any. Dtypes: f64 f32 f16 bf16 i64 i32 i16 i8 u8. Integers stay as
// they are.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.floor.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Floor : Unary<Floor> {
  static constexpr std::string_view signature = "floor(x) -> out";
  static Tile apply(const Tile &x) { return floor(x); }
};

} // namespace

Array floor(const Array &x, const Stream &stream, std::source_location where) {
  return compute<Floor>(stream, where, x);
}

void floor_out(const Array &x, const Array &out, const Stream &stream,
               std::source_location where) {
  compute_into<Floor>(stream, where, std::tie(out), x);
}

OpEntry entry_of_floor() {
  return unary_entry<Floor>("the largest whole number up to x");
}

} // namespace girih::ops
