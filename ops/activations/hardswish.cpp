// SPDX-License-Identifier: Apache-2.0
// hardswish: out[i...] = x[i...] * min(max(x[i...] + 3, 0), 6) / 6
//
// Shapes: any. Dtypes: f64 f32 f16 bf16; f16 and bf16 are computed in f32 and
// rounded once.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.nn.functional.hardswish.
#include "girih/ops/activations.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Hardswish : Unary<Hardswish> {
  static constexpr std::string_view signature = "hardswish(x) -> out";
  static constexpr std::span<const DType> dtypes = floats;
  static Tile apply(const Tile &x) { return x * (min(max(x + 3, 0), 6) / 6); }
};

} // namespace

Array hardswish(const Array &x, const Stream &stream,
                std::source_location where) {
  return compute<Hardswish>(stream, where, x);
}

void hardswish_out(const Array &x, const Array &out, const Stream &stream,
                   std::source_location where) {
  compute_into<Hardswish>(stream, where, std::tie(out), x);
}

OpEntry entry_of_hardswish() {
  return unary_entry<Hardswish>("x * min(max(x + 3, 0), 6) / 6", "activations");
}

} // namespace girih::ops
