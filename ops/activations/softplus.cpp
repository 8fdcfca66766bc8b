// SPDX-License-Identifier: Apache-2.0
// softplus: out[i...] = ln(1 + e^(beta * x[i...])) / beta; x[i...] where beta *
// x[i...] is above threshold
//
// Shapes: any. Dtypes: f64 f32 f16 bf16; f16 and bf16 are computed in f32 and
// rounded once.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.nn.functional.softplus.
#include "girih/ops/activations.h"
#include "girih/ops/elementwise/with_numbers.h"

namespace girih::ops {

namespace {

struct Softplus : WithNumbers<Softplus, double, double> {
  static constexpr std::string_view signature =
      "softplus(x, beta: float = 1.0, threshold: float = 20.0) -> out";
  static constexpr int accesses = 2;
  static constexpr std::span<const DType> dtypes = floats;
  static Tile apply(const Tile &x, const Tile &beta, const Tile &threshold) {
    Tile scaled = x * beta;
    return where(scaled > threshold, x, log1p(exp(scaled)) / beta);
  }
};

} // namespace

Array softplus(const Array &x, double beta, double threshold,
               const Stream &stream, std::source_location where) {
  return compute<Softplus>(stream, where, x, beta, threshold);
}

void softplus_out(const Array &x, const Array &out, double beta,
                  double threshold, const Stream &stream,
                  std::source_location where) {
  compute_into<Softplus>(stream, where, std::tie(out), x, beta, threshold);
}

OpEntry entry_of_softplus() {
  return entry_with_numbers<Softplus>(
      "ln(1 + e^(beta * x)) / beta; x where beta * x is above threshold",
      "activations");
}

} // namespace girih::ops
