// SPDX-License-Identifier: Apache-2.0
// log2: out[i...] = log2(x[i...])
//
// Shapes: any. Dtypes: f64 f32 f16 bf16, which stay; i64 i32 i16 i8 u8 and bool
// give f32. f16 and bf16 are computed in f32 and rounded once.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.log2.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Log2 : FloatFunction<Log2> {
  static constexpr std::string_view signature = "log2(x) -> out";
  static Tile apply(const Tile &x) { return log2(x); }
};

} // namespace

Array log2(const Array &x, const Stream &stream, std::source_location where) {
  return compute<Log2>(stream, where, x);
}

void log2_out(const Array &x, const Array &out, const Stream &stream,
              std::source_location where) {
  compute_into<Log2>(stream, where, std::tie(out), x);
}

OpEntry entry_of_log2() { return unary_entry<Log2>("log2(x)"); }

} // namespace girih::ops
