// SPDX-License-Identifier: Apache-2.0
// elu: out[i...] = x[i...] above 0, else alpha * (e^x[i...] - 1)
//
// Shapes: any. Dtypes: f64 f32 f16 bf16; f16 and bf16 are computed in f32 and
// rounded once.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.nn.functional.elu.
#include "girih/ops/activations.h"
#include "girih/ops/elementwise/with_numbers.h"

namespace girih::ops {

namespace {

struct Elu : WithNumbers<Elu, double> {
  static constexpr std::string_view signature =
      "elu(x, alpha: float = 1.0) -> out";
  static constexpr std::span<const DType> dtypes = floats;
  static Tile apply(const Tile &x, const Tile &alpha) {
    return where(x > 0, x, alpha * expm1(x));
  }
};

} // namespace

Array elu(const Array &x, double alpha, const Stream &stream,
          std::source_location where) {
  return compute<Elu>(stream, where, x, alpha);
}

void elu_out(const Array &x, const Array &out, double alpha,
             const Stream &stream, std::source_location where) {
  compute_into<Elu>(stream, where, std::tie(out), x, alpha);
}

OpEntry entry_of_elu() {
  return entry_with_numbers<Elu>("x above 0, else alpha * (e^x - 1)",
                                 "activations");
}

} // namespace girih::ops
