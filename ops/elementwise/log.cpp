// SPDX-License-Identifier: Apache-2.0
// log: out[i...] = ln(x[i...])
//
// Shapes: any. Dtypes: f64 f32 f16 bf16, which stay; i64 i32 i16 i8 u8 and bool
// give f32. f16 and bf16 are computed in f32 and rounded once.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.log.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Log : FloatFunction<Log> {
  static constexpr std::string_view signature = "log(x) -> out";
  static Tile apply(const Tile &x) { return log(x); }
};

} // namespace

Array log(const Array &x, const Stream &stream, std::source_location where) {
  return compute<Log>(stream, where, x);
}

void log_out(const Array &x, const Array &out, const Stream &stream,
             std::source_location where) {
  compute_into<Log>(stream, where, std::tie(out), x);
}

OpEntry entry_of_log() { return unary_entry<Log>("ln(x)"); }

} // namespace girih::ops
