// SPDX-License-Identifier: Apache-2.0
// fmax: out[i...] = the larger of a[i...] and b[i...]; the other where one is
// NaN
//
// Shapes: any, broadcast together; either may be a number. Dtypes: f64 f32 f16
// bf16 i64 i32 i16 i8 u8 bool, promoted. Where one is NaN the other; NaN where
// both are.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: torch.fmax.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Fmax : Binary<Fmax> {
  static constexpr std::string_view signature =
      "fmax(a: number, b: number) -> out";
  static constexpr std::span<const DType> dtypes = numbers_and_bool;
  static Tile apply(const Tile &a, const Tile &b) {
    if (a.dtype() == b1)
      return a | b;
    Tile chosen = max(a, b);
    if (!is_float(a.dtype()))
      return chosen;
    return where(isnan(a), b, where(isnan(b), a, chosen));
  }
};

} // namespace

Array fmax(const ArrayOrNumber &a, const ArrayOrNumber &b, const Stream &stream,
           std::source_location where) {
  return compute<Fmax>(stream, where, a, b);
}

void fmax_out(const ArrayOrNumber &a, const ArrayOrNumber &b, const Array &out,
              const Stream &stream, std::source_location where) {
  compute_into<Fmax>(stream, where, std::tie(out), a, b);
}

OpEntry entry_of_fmax() {
  return binary_entry<Fmax>(
      "the larger of a and b; the other where one is NaN");
}

} // namespace girih::ops
