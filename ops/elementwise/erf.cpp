// SPDX-License-Identifier: Apache-2.0
// erf: out[i...] = erf(x[i...])
//
// Shapes: any. Dtypes: f64 f32 f16 bf16, which stay; i64 i32 i16 i8 u8 and bool
// give f32. f16 and bf16 are computed in f32 and rounded once.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.erf.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Erf : FloatFunction<Erf> {
  static constexpr std::string_view signature = "erf(x) -> out";
  static constexpr int accesses = 4;
  static Tile apply(const Tile &x) { return erf(x); }
};

} // namespace

Array erf(const Array &x, const Stream &stream, std::source_location where) {
  return compute<Erf>(stream, where, x);
}

void erf_out(const Array &x, const Array &out, const Stream &stream,
             std::source_location where) {
  compute_into<Erf>(stream, where, std::tie(out), x);
}

OpEntry entry_of_erf() { return unary_entry<Erf>("erf(x)"); }

} // namespace girih::ops
