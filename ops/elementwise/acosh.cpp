// SPDX-License-Identifier: Apache-2.0
// acosh: out[i...] = acosh(x[i...])
//
// Shapes: any. Dtypes: f64 f32 f16 bf16, which stay; i64 i32 i16 i8 u8 and bool
// give f32. f16 and bf16 are computed in f32 and rounded once.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.acosh.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Acosh : FloatFunction<Acosh> {
  static constexpr std::string_view signature = "acosh(x) -> out";
  static constexpr int accesses = 2;
  static Tile apply(const Tile &x) { return acosh(x); }
};

} // namespace

Array acosh(const Array &x, const Stream &stream, std::source_location where) {
  return compute<Acosh>(stream, where, x);
}

void acosh_out(const Array &x, const Array &out, const Stream &stream,
               std::source_location where) {
  compute_into<Acosh>(stream, where, std::tie(out), x);
}

OpEntry entry_of_acosh() { return unary_entry<Acosh>("acosh(x)"); }

} // namespace girih::ops
