// SPDX-License-Identifier: Apache-2.0
// silu: out[i...] = x[i...] / (1 + e^-x[i...])
//
// Shapes: any. Dtypes: f64 f32 f16 bf16; f16 and bf16 are computed in f32 and
// rounded once.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.nn.functional.silu.
#include "girih/ops/activations.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Silu : Unary<Silu> {
  static constexpr std::string_view signature = "silu(x) -> out";
  static constexpr std::span<const DType> dtypes = floats;
  static Tile apply(const Tile &x) { return x / (1 + exp(-x)); }
};

} // namespace

Array silu(const Array &x, const Stream &stream, std::source_location where) {
  return compute<Silu>(stream, where, x);
}

void silu_out(const Array &x, const Array &out, const Stream &stream,
              std::source_location where) {
  compute_into<Silu>(stream, where, std::tie(out), x);
}

OpEntry entry_of_silu() {
  return unary_entry<Silu>("x / (1 + e^-x)", "activations");
}

} // namespace girih::ops
