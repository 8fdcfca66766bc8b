// SPDX-License-Identifier: Apache-2.0
// add: out[i...] = a[i...] + alpha * b[i...]
//
// Shapes: any, broadcast together. Dtypes: f64 f32 f16 bf16 i64 i32 i16 i8 u8
// bool, promoted; f16 and bf16 are added in f32 and rounded once, integers
// wrap, of bools either is enough. alpha is a number, an integer where the
// result is no float.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: torch.add.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/scaled_sum.h"

namespace girih::ops {

namespace {

struct Add : ScaledSum<Add> {
  static constexpr std::string_view signature =
      "add(a: number, b: number, *, alpha: number = 1) -> out";
  static constexpr std::span<const DType> dtypes = numbers_and_bool;
  static Tile apply(const Tile &a, const Tile &b) {
    return a.dtype() == b1 ? a | b : a + b;
  }
};

} // namespace

Array add(const ArrayOrNumber &a, const ArrayOrNumber &b,
          const ArrayOrNumber &alpha, const Stream &stream,
          std::source_location where) {
  return compute<Add>(stream, where, a, b, alpha);
}

void add_out(const ArrayOrNumber &a, const ArrayOrNumber &b, const Array &out,
             const ArrayOrNumber &alpha, const Stream &stream,
             std::source_location where) {
  compute_into<Add>(stream, where, std::tie(out), a, b, alpha);
}

OpEntry entry_of_add() { return binary_entry<Add>("a + alpha * b"); }

} // namespace girih::ops
