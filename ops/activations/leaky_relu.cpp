// SPDX-License-Identifier: Apache-2.0
// leaky_relu: out[i...] = x[i...] above 0, else x[i...] * negative_slope
//
// Shapes: any. Dtypes: f64 f32 f16 bf16; f16 and bf16 are computed in f32 and
// rounded once.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.nn.functional.leaky_relu.
#include "girih/ops/activations.h"
#include "girih/ops/elementwise/with_numbers.h"

namespace girih::ops {

namespace {

struct LeakyRelu : WithNumbers<LeakyRelu, double> {
  static constexpr std::string_view signature =
      "leaky_relu(x, negative_slope: float = 0.01) -> out";
  static constexpr std::span<const DType> dtypes = floats;
  static Tile apply(const Tile &x, const Tile &negative_slope) {
    return where(x > 0, x, x * negative_slope);
  }
};

} // namespace

Array leaky_relu(const Array &x, double negative_slope, const Stream &stream,
                 std::source_location where) {
  return compute<LeakyRelu>(stream, where, x, negative_slope);
}

void leaky_relu_out(const Array &x, const Array &out, double negative_slope,
                    const Stream &stream, std::source_location where) {
  compute_into<LeakyRelu>(stream, where, std::tie(out), x, negative_slope);
}

OpEntry entry_of_leaky_relu() {
  return entry_with_numbers<LeakyRelu>("x above 0, else x * negative_slope",
                                       "activations");
}

} // namespace girih::ops
