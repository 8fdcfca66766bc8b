// SPDX-License-Identifier: Apache-2.0
// tanh: out[i...] = tanh(x[i...])
//
// Shapes: any. Dtypes: f64 f32 f16 bf16, which stay; i64 i32 i16 i8 u8 and bool
// give f32. f16 and bf16 are computed in f32 and rounded once.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.tanh.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Tanh : FloatFunction<Tanh> {
  static constexpr std::string_view signature = "tanh(x) -> out";
  static Tile apply(const Tile &x) { return tanh(x); }
};

} // namespace

Array tanh(const Array &x, const Stream &stream, std::source_location where) {
  return compute<Tanh>(stream, where, x);
}

void tanh_out(const Array &x, const Array &out, const Stream &stream,
              std::source_location where) {
  compute_into<Tanh>(stream, where, std::tie(out), x);
}

OpEntry entry_of_tanh() { return unary_entry<Tanh>("tanh(x)"); }

} // namespace girih::ops
