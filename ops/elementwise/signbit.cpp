// SPDX-License-Identifier: Apache-2.0
// signbit: out[i...] = whether x[i...] has the sign bit set
//
// Shapes: any. Dtypes: f64 f32 f16 bf16 i64 i32 i16 i8 u8 bool; the result is
// bool. The sign bit is that of memory: -0 has it, and so may NaN.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.signbit.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Signbit : Predicate<Signbit> {
  static constexpr std::string_view signature = "signbit(x) -> out";
  static Tile apply(const Tile &x) {
    if (is_float(x.dtype()))
      return bitcast(x, x.dtype() == f64 ? i64 : i32) < 0;
    return x < 0;
  }
};

} // namespace

Array signbit(const Array &x, const Stream &stream,
              std::source_location where) {
  return compute<Signbit>(stream, where, x);
}

void signbit_out(const Array &x, const Array &out, const Stream &stream,
                 std::source_location where) {
  compute_into<Signbit>(stream, where, std::tie(out), x);
}

OpEntry entry_of_signbit() {
  return unary_entry<Signbit>("whether x has the sign bit set");
}

} // namespace girih::ops
