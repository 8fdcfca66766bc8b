// SPDX-License-Identifier: Apache-2.0
// addcdiv: out[i...] = x[i...] + value * (a[i...] / b[i...])
//
// Shapes: any, broadcast together; value is a number. Dtypes: f64 f32 f16
// bf16, promoted. f16 and bf16 are computed in f32.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: torch.addcdiv.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/scaled_term.h"

namespace girih::ops {

namespace {

struct Addcdiv : ScaledTerm<Addcdiv> {
  static constexpr std::string_view signature =
      "addcdiv(x, a, b, *, value: number = 1) -> out";
  static constexpr std::span<const DType> dtypes = floats;
  static Tile term(const Tile &a, const Tile &b) { return a / b; }
};

} // namespace

Array addcdiv(const Array &x, const Array &a, const Array &b,
              const ArrayOrNumber &value, const Stream &stream,
              std::source_location where) {
  return compute<Addcdiv>(stream, where, x, a, b, value);
}

void addcdiv_out(const Array &x, const Array &a, const Array &b,
                 const Array &out, const ArrayOrNumber &value,
                 const Stream &stream, std::source_location where) {
  compute_into<Addcdiv>(stream, where, std::tie(out), x, a, b, value);
}

OpEntry entry_of_addcdiv() {
  return scaled_term_entry<Addcdiv>("x + value * (a / b)");
}

} // namespace girih::ops
