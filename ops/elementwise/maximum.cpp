// SPDX-License-Identifier: Apache-2.0
// maximum: out[i...] = the larger of a[i...] and b[i...]; NaN where either is
//
// Shapes: any, broadcast together; either may be a number. Dtypes: f64 f32 f16
// bf16 i64 i32 i16 i8 u8 bool, promoted. NaN where either is NaN; -0 is below
// +0.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: torch.maximum.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Maximum : Binary<Maximum> {
  static constexpr std::string_view signature =
      "maximum(a: number, b: number) -> out";
  static constexpr std::span<const DType> dtypes = numbers_and_bool;
  static Tile apply(const Tile &a, const Tile &b) {
    return a.dtype() == b1 ? a | b : max(a, b);
  }
};

} // namespace

Array maximum(const ArrayOrNumber &a, const ArrayOrNumber &b,
              const Stream &stream, std::source_location where) {
  return compute<Maximum>(stream, where, a, b);
}

void maximum_out(const ArrayOrNumber &a, const ArrayOrNumber &b,
                 const Array &out, const Stream &stream,
                 std::source_location where) {
  compute_into<Maximum>(stream, where, std::tie(out), a, b);
}

OpEntry entry_of_maximum() {
  return binary_entry<Maximum>("the larger of a and b; NaN where either is");
}

} // namespace girih::ops
