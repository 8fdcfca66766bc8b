// SPDX-License-Identifier: Apache-2.0
// hardsigmoid: out[i...] = min(max(x[i...] + 3, 0), 6) / 6
//
// Shapes: any. Dtypes: f64 f32 f16 bf16; f16 and bf16 are computed in f32 and
// rounded once.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.nn.functional.hardsigmoid.
#include "girih/ops/activations.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Hardsigmoid : Unary<Hardsigmoid> {
  static constexpr std::string_view signature = "hardsigmoid(x) -> out";
  static constexpr std::span<const DType> dtypes = floats;
  static Tile apply(const Tile &x) { return min(max(x + 3, 0), 6) / 6; }
};

} // namespace

Array hardsigmoid(const Array &x, const Stream &stream,
                  std::source_location where) {
  return compute<Hardsigmoid>(stream, where, x);
}

void hardsigmoid_out(const Array &x, const Array &out, const Stream &stream,
                     std::source_location where) {
  compute_into<Hardsigmoid>(stream, where, std::tie(out), x);
}

OpEntry entry_of_hardsigmoid() {
  return unary_entry<Hardsigmoid>("min(max(x + 3, 0), 6) / 6", "activations");
}

} // namespace girih::ops
