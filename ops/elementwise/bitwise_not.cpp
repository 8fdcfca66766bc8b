// SPDX-License-Identifier: Apache-2.0
// bitwise_not: out[i...] = ~x[i...]
//
// Shapes: any. Dtypes: i64 i32 i16 i8 u8 bool.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.bitwise_not.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct BitwiseNot : Unary<BitwiseNot> {
  static constexpr std::string_view signature = "bitwise_not(x) -> out";
  static constexpr std::span<const DType> dtypes = integers_and_bool;
  static Tile apply(const Tile &x) { return ~x; }
};

} // namespace

Array bitwise_not(const Array &x, const Stream &stream,
                  std::source_location where) {
  return compute<BitwiseNot>(stream, where, x);
}

void bitwise_not_out(const Array &x, const Array &out, const Stream &stream,
                     std::source_location where) {
  compute_into<BitwiseNot>(stream, where, std::tie(out), x);
}

OpEntry entry_of_bitwise_not() { return unary_entry<BitwiseNot>("~x"); }

} // namespace girih::ops
