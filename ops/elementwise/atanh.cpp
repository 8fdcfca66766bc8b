// SPDX-License-Identifier: Apache-2.0
// atanh: out[i...] = atanh(x[i...])
//
// Shapes: any. Dtypes: f64 f32 f16 bf16, which stay; i64 i32 i16 i8 u8 and bool
// give f32. f16 and bf16 are computed in f32 and rounded once.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.atanh.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Atanh : FloatFunction<Atanh> {
  static constexpr std::string_view signature = "atanh(x) -> out";
  static Tile apply(const Tile &x) { return atanh(x); }
};

} // namespace

Array atanh(const Array &x, const Stream &stream, std::source_location where) {
  return compute<Atanh>(stream, where, x);
}

void atanh_out(const Array &x, const Array &out, const Stream &stream,
               std::source_location where) {
  compute_into<Atanh>(stream, where, std::tie(out), x);
}

OpEntry entry_of_atanh() { return unary_entry<Atanh>("atanh(x)"); }

} // namespace girih::ops
