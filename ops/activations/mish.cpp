// SPDX-License-Identifier: Apache-2.0
// mish: out[i...] = x[i...] * tanh(ln(1 + e^x[i...]))
//
// Shapes: any. Dtypes: f64 f32 f16 bf16; f16 and bf16 are computed in f32 and
// rounded once. The hyperbolic tangent of a logarithm is a fraction of e^x,
// without functions but the one; above 20 it rounds to 1.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.nn.functional.mish.
#include "girih/ops/activations.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Mish : Unary<Mish> {
  static constexpr std::string_view signature = "mish(x) -> out";
  static constexpr int accesses = 4;
  static constexpr std::span<const DType> dtypes = floats;
  static Tile apply(const Tile &x) {
    Tile e = exp(min(x, 20));
    Tile n = e * (e + 2);
    return x * where(x > 20, 1, n / (n + 2));
  }
};

} // namespace

Array mish(const Array &x, const Stream &stream, std::source_location where) {
  return compute<Mish>(stream, where, x);
}

void mish_out(const Array &x, const Array &out, const Stream &stream,
              std::source_location where) {
  compute_into<Mish>(stream, where, std::tie(out), x);
}

OpEntry entry_of_mish() {
  return unary_entry<Mish>("x * tanh(ln(1 + e^x))", "activations");
}

} // namespace girih::ops
