// SPDX-License-Identifier: Apache-2.0
// celu: out[i...] = x[i...] above 0, else alpha * (e^(x[i...] / alpha) - 1)
//
// Shapes: any. Dtypes: f64 f32 f16 bf16; f16 and bf16 are computed in f32 and
// rounded once.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: torch.nn.functional.celu.
#include "girih/ops/activations.h"
#include "girih/ops/elementwise/with_numbers.h"

namespace girih::ops {

namespace {

struct Celu : WithNumbers<Celu, double> {
  static constexpr std::string_view signature =
      "celu(x, alpha: float = 1.0) -> out";
  static constexpr int accesses = 4;
  static constexpr std::span<const DType> dtypes = floats;
  static Shaped result(const Call &call, const Array &x, double alpha) {
    call.require(alpha != 0, "alpha must not be 0");
    return WithNumbers<Celu, double>::result(call, x, alpha);
  }
  static Tile apply(const Tile &x, const Tile &alpha) {
    return where(x > 0, x, alpha * expm1(x * (1 / alpha)));
  }
};

} // namespace

Array celu(const Array &x, double alpha, const Stream &stream,
           std::source_location where) {
  return compute<Celu>(stream, where, x, alpha);
}

void celu_out(const Array &x, const Array &out, double alpha,
              const Stream &stream, std::source_location where) {
  compute_into<Celu>(stream, where, std::tie(out), x, alpha);
}

OpEntry entry_of_celu() {
  return entry_with_numbers<Celu>("x above 0, else alpha * (e^(x / alpha) - 1)",
                                  "activations");
}

} // namespace girih::ops
