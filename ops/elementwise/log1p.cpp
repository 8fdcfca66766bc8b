// SPDX-License-Identifier: Apache-2.0
// log1p: out[i...] = ln(1 + x[i...])
//
// Shapes: any. Dtypes: f64 f32 f16 bf16, which stay; i64 i32 i16 i8 u8 and bool
// give f32. f16 and bf16 are computed in f32 and rounded once.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.log1p.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Log1p : FloatFunction<Log1p> {
  static constexpr std::string_view signature = "log1p(x) -> out";
  static Tile apply(const Tile &x) { return log1p(x); }
};

} // namespace

Array log1p(const Array &x, const Stream &stream, std::source_location where) {
  return compute<Log1p>(stream, where, x);
}

void log1p_out(const Array &x, const Array &out, const Stream &stream,
               std::source_location where) {
  compute_into<Log1p>(stream, where, std::tie(out), x);
}

OpEntry entry_of_log1p() { return unary_entry<Log1p>("ln(1 + x)"); }

} // namespace girih::ops
