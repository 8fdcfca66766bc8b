// SPDX-License-Identifier: Apache-2.0
// sigmoid: out[i...] = 1 / (1 + e^-x[i...])
//
// Shapes: any. Dtypes: f64 f32 f16 bf16, which stay; i64 i32 i16 i8 u8 and bool
// give f32. f16 and bf16 are computed in f32 and rounded once.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.sigmoid.
#include "girih/ops/activations.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Sigmoid : FloatFunction<Sigmoid> {
  static constexpr std::string_view signature = "sigmoid(x) -> out";
  static Tile apply(const Tile &x) { return 1 / (1 + exp(-x)); }
};

} // namespace

Array sigmoid(const Array &x, const Stream &stream,
              std::source_location where) {
  return compute<Sigmoid>(stream, where, x);
}

void sigmoid_out(const Array &x, const Array &out, const Stream &stream,
                 std::source_location where) {
  compute_into<Sigmoid>(stream, where, std::tie(out), x);
}

OpEntry entry_of_sigmoid() {
  return unary_entry<Sigmoid>("1 / (1 + e^-x)", "activations");
}

} // namespace girih::ops
