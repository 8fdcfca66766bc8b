// SPDX-License-Identifier: Apache-2.0
// addcmul: out[i...] = x[i...] + value * (a[i...] * b[i...])
//
// Shapes: any, broadcast together; value is a number. Dtypes: f64 f32 f16
// bf16 i64 i32 i16 i8 u8, promoted. Integers wrap, and take an integer as
// value. Errors: [device] [dtype] [shape] [overlap] [argument]. Source:
// torch.addcmul.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/scaled_term.h"

namespace girih::ops {

namespace {

struct Addcmul : ScaledTerm<Addcmul> {
  static constexpr std::string_view signature =
      "addcmul(x, a, b, *, value: number = 1) -> out";
  static constexpr std::span<const DType> dtypes = numbers;
  static Tile term(const Tile &a, const Tile &b) { return a * b; }
};

} // namespace

Array addcmul(const Array &x, const Array &a, const Array &b,
              const ArrayOrNumber &value, const Stream &stream,
              std::source_location where) {
  return compute<Addcmul>(stream, where, x, a, b, value);
}

void addcmul_out(const Array &x, const Array &a, const Array &b,
                 const Array &out, const ArrayOrNumber &value,
                 const Stream &stream, std::source_location where) {
  compute_into<Addcmul>(stream, where, std::tie(out), x, a, b, value);
}

OpEntry entry_of_addcmul() {
  return scaled_term_entry<Addcmul>("x + value * (a * b)");
}

} // namespace girih::ops
