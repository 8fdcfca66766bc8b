// SPDX-License-Identifier: Apache-2.0
// relu: out[i...] = max(x[i...], 0)
//
// Shapes: any. Dtypes: f64 f32 f16 bf16 i64 i32 i16 i8 u8. NaN stays.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.nn.functional.relu.
#include "girih/ops/activations.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Relu : Unary<Relu> {
  static constexpr std::string_view signature = "relu(x) -> out";
  static Tile apply(const Tile &x) { return max(x, 0); }
};

} // namespace

Array relu(const Array &x, const Stream &stream, std::source_location where) {
  return compute<Relu>(stream, where, x);
}

void relu_out(const Array &x, const Array &out, const Stream &stream,
              std::source_location where) {
  compute_into<Relu>(stream, where, std::tie(out), x);
}

OpEntry entry_of_relu() {
  return unary_entry<Relu>("max(x, 0)", "activations");
}

} // namespace girih::ops
