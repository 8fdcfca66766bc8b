// SPDX-License-Identifier: Apache-2.0
// remainder: out[i...] = the remainder of a[i...] / b[i...] with the sign of
// b[i...]
//
// Shapes: any, broadcast together; either may be a number. Dtypes: f64 f32 f16
// bf16 i64 i32 i16 i8 u8, promoted. Exact. A float by 0 gives NaN, an integer
// by 0 itself, without a trap.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: torch.remainder.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Remainder : Binary<Remainder> {
  static constexpr std::string_view signature =
      "remainder(a: number, b: number) -> out";
  static constexpr int accesses = 2;
  static Tile apply(const Tile &a, const Tile &b) { return a % b; }
};

} // namespace

Array remainder(const ArrayOrNumber &a, const ArrayOrNumber &b,
                const Stream &stream, std::source_location where) {
  return compute<Remainder>(stream, where, a, b);
}

void remainder_out(const ArrayOrNumber &a, const ArrayOrNumber &b,
                   const Array &out, const Stream &stream,
                   std::source_location where) {
  compute_into<Remainder>(stream, where, std::tie(out), a, b);
}

OpEntry entry_of_remainder() {
  return binary_entry<Remainder>("the remainder of a / b with the sign of b");
}

} // namespace girih::ops
