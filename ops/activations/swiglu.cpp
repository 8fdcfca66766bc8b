// SPDX-License-Identifier: Apache-2.0
// swiglu: out[i...] = gate[i...] / (1 + e^-gate[i...]) * up[i...]
//
// Shapes: any, broadcast together. Dtypes: f64 f32 f16 bf16, promoted; f16 and
// bf16 are computed in f32 and rounded once.
// Errors: [device] [dtype] [shape] [overlap].
// Source: the feed-forward layer of LLaMA, silu(gate) * up.
#include "girih/ops/activations.h"
#include "girih/ops/activations/gated.h"

namespace girih::ops {

namespace {

struct Swiglu : Gated<Swiglu> {
  static constexpr std::string_view signature = "swiglu(gate, up) -> out";
  static Tile apply(const Tile &gate, const Tile &up) {
    return gate / (1 + exp(-gate)) * up;
  }
};

} // namespace

Array swiglu(const Array &gate, const Array &up, const Stream &stream,
             std::source_location where) {
  return compute<Swiglu>(stream, where, gate, up);
}

void swiglu_out(const Array &gate, const Array &up, const Array &out,
                const Stream &stream, std::source_location where) {
  compute_into<Swiglu>(stream, where, std::tie(out), gate, up);
}

OpEntry entry_of_swiglu() {
  return op_entry<Swiglu>({"activations",
                           "silu(gate) * up",
                           {std::begin(floats), std::end(floats)},
                           {gated_kernel_entry<Swiglu>()}});
}

} // namespace girih::ops
