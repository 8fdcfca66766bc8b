// SPDX-License-Identifier: Apache-2.0
// reciprocal: out[i...] = 1 / x[i...]
//
// Shapes: any. Dtypes: f64 f32 f16 bf16, which stay; i64 i32 i16 i8 u8 and bool
// give f32. f16 and bf16 are computed in f32 and rounded once.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.reciprocal.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Reciprocal : FloatFunction<Reciprocal> {
  static constexpr std::string_view signature = "reciprocal(x) -> out";
  static Tile apply(const Tile &x) { return 1 / x; }
};

} // namespace

Array reciprocal(const Array &x, const Stream &stream,
                 std::source_location where) {
  return compute<Reciprocal>(stream, where, x);
}

void reciprocal_out(const Array &x, const Array &out, const Stream &stream,
                    std::source_location where) {
  compute_into<Reciprocal>(stream, where, std::tie(out), x);
}

OpEntry entry_of_reciprocal() { return unary_entry<Reciprocal>("1 / x"); }

} // namespace girih::ops
