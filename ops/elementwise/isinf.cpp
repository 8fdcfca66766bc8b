// SPDX-License-Identifier: Apache-2.0
// isinf: out[i...] = whether x[i...] is infinite
//
// Shapes: any. Dtypes: f64 f32 f16 bf16 i64 i32 i16 i8 u8 bool; the result is
// bool.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.isinf.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

#include <cmath>

namespace girih::ops {

namespace {

struct Isinf : Predicate<Isinf> {
  static constexpr std::string_view signature = "isinf(x) -> out";
  static Tile apply(const Tile &x) {
    if (is_float(x.dtype()))
      return abs(x) == INFINITY;
    return x != x;
  }
};

} // namespace

Array isinf(const Array &x, const Stream &stream, std::source_location where) {
  return compute<Isinf>(stream, where, x);
}

void isinf_out(const Array &x, const Array &out, const Stream &stream,
               std::source_location where) {
  compute_into<Isinf>(stream, where, std::tie(out), x);
}

OpEntry entry_of_isinf() { return unary_entry<Isinf>("whether x is infinite"); }

} // namespace girih::ops
