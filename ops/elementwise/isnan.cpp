// SPDX-License-Identifier: Apache-2.0
// isnan: out[i...] = whether x[i...] is not a number
//
// Shapes: any. Dtypes: f64 f32 f16 bf16 i64 i32 i16 i8 u8 bool; the result is
// bool.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.isnan.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Isnan : Predicate<Isnan> {
  static constexpr std::string_view signature = "isnan(x) -> out";
  static Tile apply(const Tile &x) { return x != x; }
};

} // namespace

Array isnan(const Array &x, const Stream &stream, std::source_location where) {
  return compute<Isnan>(stream, where, x);
}

void isnan_out(const Array &x, const Array &out, const Stream &stream,
               std::source_location where) {
  compute_into<Isnan>(stream, where, std::tie(out), x);
}

OpEntry entry_of_isnan() {
  return unary_entry<Isnan>("whether x is not a number");
}

} // namespace girih::ops
