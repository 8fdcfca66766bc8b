// SPDX-License-Identifier: Apache-2.0
// minimum: out[i...] = the smaller of a[i...] and b[i...]; NaN where either is
//
// Shapes: any, broadcast together; either may be a number. Dtypes: f64 f32 f16
// bf16 i64 i32 i16 i8 u8 bool, promoted. NaN where either is NaN; -0 is below
// +0.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: torch.minimum.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Minimum : Binary<Minimum> {
  static constexpr std::string_view signature =
      "minimum(a: number, b: number) -> out";
  static constexpr std::span<const DType> dtypes = numbers_and_bool;
  static Tile apply(const Tile &a, const Tile &b) {
    return a.dtype() == b1 ? a & b : min(a, b);
  }
};

} // namespace

Array minimum(const ArrayOrNumber &a, const ArrayOrNumber &b,
              const Stream &stream, std::source_location where) {
  return compute<Minimum>(stream, where, a, b);
}

void minimum_out(const ArrayOrNumber &a, const ArrayOrNumber &b,
                 const Array &out, const Stream &stream,
                 std::source_location where) {
  compute_into<Minimum>(stream, where, std::tie(out), a, b);
}

OpEntry entry_of_minimum() {
  return binary_entry<Minimum>("the smaller of a and b; NaN where either is");
}

} // namespace girih::ops
