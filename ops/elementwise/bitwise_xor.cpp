// SPDX-License-Identifier: Apache-2.0
// bitwise_xor: out[i...] = a[i...] ^ b[i...]
//
// Shapes: any, broadcast together; either may be an integer. Dtypes: i64 i32
// i16 i8 u8 bool, promoted.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: torch.bitwise_xor.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/comparison.h"

namespace girih::ops {

namespace {

struct BitwiseXor : Bitwise<BitwiseXor> {
  static constexpr std::string_view signature =
      "bitwise_xor(a: number, b: number) -> out";
  static Tile apply(const Tile &a, const Tile &b) { return a ^ b; }
};

} // namespace

Array bitwise_xor(const ArrayOrNumber &a, const ArrayOrNumber &b,
                  const Stream &stream, std::source_location where) {
  return compute<BitwiseXor>(stream, where, a, b);
}

void bitwise_xor_out(const ArrayOrNumber &a, const ArrayOrNumber &b,
                     const Array &out, const Stream &stream,
                     std::source_location where) {
  compute_into<BitwiseXor>(stream, where, std::tie(out), a, b);
}

OpEntry entry_of_bitwise_xor() {
  return binary_entry<BitwiseXor>("a xor b, bit by bit");
}

} // namespace girih::ops
