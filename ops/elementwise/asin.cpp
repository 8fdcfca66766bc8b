// SPDX-License-Identifier: Apache-2.0
// asin: out[i...] = asin(x[i...])
//
// Shapes: any. Dtypes: f64 f32 f16 bf16, which stay; i64 i32 i16 i8 u8 and bool
// give f32. f16 and bf16 are computed in f32 and rounded once.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.asin.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Asin : FloatFunction<Asin> {
  static constexpr std::string_view signature = "asin(x) -> out";
  static Tile apply(const Tile &x) { return asin(x); }
};

} // namespace

Array asin(const Array &x, const Stream &stream, std::source_location where) {
  return compute<Asin>(stream, where, x);
}

void asin_out(const Array &x, const Array &out, const Stream &stream,
              std::source_location where) {
  compute_into<Asin>(stream, where, std::tie(out), x);
}

OpEntry entry_of_asin() { return unary_entry<Asin>("asin(x)"); }

} // namespace girih::ops
