// SPDX-License-Identifier: Apache-2.0
// threshold: out[i...] = x[i...] above threshold, else value
//
// Shapes: any. Dtypes: f64 f32 f16 bf16 i64 i32 i16 i8 u8. NaN stays. For
// integers both numbers lose their fraction.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.nn.functional.threshold.
#include "girih/ops/activations.h"
#include "girih/ops/elementwise/with_numbers.h"

namespace girih::ops {

namespace {

struct Threshold : WithNumbers<Threshold, double, double> {
  static constexpr std::string_view signature =
      "threshold(x, threshold: float, value: float) -> out";
  static Tile apply(const Tile &x, const Tile &threshold, const Tile &value) {
    return where(x <= threshold, value, x);
  }
};

} // namespace

Array threshold(const Array &x, double threshold, double value,
                const Stream &stream, std::source_location where) {
  return compute<Threshold>(stream, where, x, threshold, value);
}

void threshold_out(const Array &x, double threshold, double value,
                   const Array &out, const Stream &stream,
                   std::source_location where) {
  compute_into<Threshold>(stream, where, std::tie(out), x, threshold, value);
}

OpEntry entry_of_threshold() {
  return entry_with_numbers<Threshold>("x above threshold, else value",
                                       "activations");
}

} // namespace girih::ops
