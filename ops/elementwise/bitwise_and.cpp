// SPDX-License-Identifier: Apache-2.0
// bitwise_and: out[i...] = a[i...] & b[i...]
//
// Shapes: any, broadcast together; either may be an integer. Dtypes: i64 i32
// i16 i8 u8 bool, promoted.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: torch.bitwise_and.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/comparison.h"

namespace girih::ops {

namespace {

struct BitwiseAnd : Bitwise<BitwiseAnd> {
  static constexpr std::string_view signature =
      "bitwise_and(a: number, b: number) -> out";
  static Tile apply(const Tile &a, const Tile &b) { return a & b; }
};

} // namespace

Array bitwise_and(const ArrayOrNumber &a, const ArrayOrNumber &b,
                  const Stream &stream, std::source_location where) {
  return compute<BitwiseAnd>(stream, where, a, b);
}

void bitwise_and_out(const ArrayOrNumber &a, const ArrayOrNumber &b,
                     const Array &out, const Stream &stream,
                     std::source_location where) {
  compute_into<BitwiseAnd>(stream, where, std::tie(out), a, b);
}

OpEntry entry_of_bitwise_and() {
  return binary_entry<BitwiseAnd>("a and b, bit by bit");
}

} // namespace girih::ops
