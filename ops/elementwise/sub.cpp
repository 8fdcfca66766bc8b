// SPDX-License-Identifier: Apache-2.0
// sub: out[i...] = a[i...] - alpha * b[i...]
//
// Shapes: any, broadcast together; either may be a number. Dtypes: f64 f32 f16
// bf16 i64 i32 i16 i8 u8, promoted; f16 and bf16 are subtracted in f32 and
// rounded once, integers wrap. alpha is a number, an integer where the result
// is one.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: torch.sub.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/scaled_sum.h"

namespace girih::ops {

namespace {

struct Sub : ScaledSum<Sub> {
  static constexpr std::string_view signature =
      "sub(a: number, b: number, *, alpha: number = 1) -> out";
  static Tile apply(const Tile &a, const Tile &b) { return a - b; }
};

} // namespace

Array sub(const ArrayOrNumber &a, const ArrayOrNumber &b,
          const ArrayOrNumber &alpha, const Stream &stream,
          std::source_location where) {
  return compute<Sub>(stream, where, a, b, alpha);
}

void sub_out(const ArrayOrNumber &a, const ArrayOrNumber &b, const Array &out,
             const ArrayOrNumber &alpha, const Stream &stream,
             std::source_location where) {
  compute_into<Sub>(stream, where, std::tie(out), a, b, alpha);
}

OpEntry entry_of_sub() { return binary_entry<Sub>("a - alpha * b"); }

} // namespace girih::ops
