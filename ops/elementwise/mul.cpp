// SPDX-License-Identifier: Apache-2.0
// mul: out[i...] = a[i...] * b[i...]
//
// Shapes: any, broadcast together; either may be a number. Dtypes: f64 f32 f16
// bf16 i64 i32 i16 i8 u8 bool, promoted. Integers wrap; of bools both must be
// true.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: torch.mul.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Mul : Binary<Mul> {
  static constexpr std::string_view signature =
      "mul(a: number, b: number) -> out";
  static constexpr std::span<const DType> dtypes = numbers_and_bool;
  static DType number_dtype(DType promoted) { return computed(promoted); }
  static Tile apply(const Tile &a, const Tile &b) { return times(a, b); }
};

} // namespace

Array mul(const ArrayOrNumber &a, const ArrayOrNumber &b, const Stream &stream,
          std::source_location where) {
  return compute<Mul>(stream, where, a, b);
}

void mul_out(const ArrayOrNumber &a, const ArrayOrNumber &b, const Array &out,
             const Stream &stream, std::source_location where) {
  compute_into<Mul>(stream, where, std::tie(out), a, b);
}

OpEntry entry_of_mul() { return binary_entry<Mul>("a * b"); }

} // namespace girih::ops
