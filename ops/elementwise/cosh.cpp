// SPDX-License-Identifier: Apache-2.0
// cosh: out[i...] = cosh(x[i...])
//
// Shapes: any. Dtypes: f64 f32 f16 bf16, which stay; i64 i32 i16 i8 u8 and bool
// give f32. f16 and bf16 are computed in f32 and rounded once.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.cosh.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Cosh : FloatFunction<Cosh> {
  static constexpr std::string_view signature = "cosh(x) -> out";
  static Tile apply(const Tile &x) { return cosh(x); }
};

} // namespace

Array cosh(const Array &x, const Stream &stream, std::source_location where) {
  return compute<Cosh>(stream, where, x);
}

void cosh_out(const Array &x, const Array &out, const Stream &stream,
              std::source_location where) {
  compute_into<Cosh>(stream, where, std::tie(out), x);
}

OpEntry entry_of_cosh() { return unary_entry<Cosh>("cosh(x)"); }

} // namespace girih::ops
