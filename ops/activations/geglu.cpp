// SPDX-License-Identifier: Apache-2.0
// geglu: out[i...] = gelu(gate[i...]) * up[i...]
//
// Shapes: any, broadcast together. Dtypes: f64 f32 f16 bf16, promoted; f16 and
// bf16 are computed in f32 and rounded once.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: GLU Variants Improve Transformer (Shazeer, 2020).
#include "girih/ops/activations.h"
#include "girih/ops/activations/gated.h"
#include "girih/ops/activations/gelu.h"

namespace girih::ops {

namespace {

struct GegluExact : Gated<GegluExact> {
  static constexpr std::string_view signature = "geglu(gate, up) -> out";
  static Tile apply(const Tile &gate, const Tile &up) {
    return gelu_exact(gate) * up;
  }
};

struct GegluTanh : Gated<GegluTanh> {
  static constexpr std::string_view signature = "geglu_tanh(gate, up) -> out";
  static Tile apply(const Tile &gate, const Tile &up) {
    return gelu_tanh(gate) * up;
  }
};

struct Geglu {
  static constexpr std::string_view signature =
      "geglu(gate, up, *, approximate: str = 'none') -> out";

  static Shaped result(const Call &call, const Array &gate, const Array &up,
                       std::string_view approximate) {
    is_tanh_form(call, approximate);
    return GegluExact::result(call, gate, up);
  }
  static void launch(const Call &call, const Array &gate, const Array &up,
                     std::string_view approximate, const Array &out) {
    if (is_tanh_form(call, approximate))
      GegluTanh::launch(call, gate, up, out);
    else
      GegluExact::launch(call, gate, up, out);
  }
};

} // namespace

Array geglu(const Array &gate, const Array &up, std::string_view approximate,
            const Stream &stream, std::source_location where) {
  return compute<Geglu>(stream, where, gate, up, approximate);
}

void geglu_out(const Array &gate, const Array &up, const Array &out,
               std::string_view approximate, const Stream &stream,
               std::source_location where) {
  compute_into<Geglu>(stream, where, std::tie(out), gate, up, approximate);
}

OpEntry entry_of_geglu() {
  return op_entry<Geglu>(
      {"activations",
       "gelu(gate) * up",
       {std::begin(floats), std::end(floats)},
       {gated_kernel_entry<GegluExact>(), gated_kernel_entry<GegluTanh>()}});
}

} // namespace girih::ops
