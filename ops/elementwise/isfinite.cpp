// SPDX-License-Identifier: Apache-2.0
// isfinite: out[i...] = whether x[i...] is neither infinite nor NaN
//
// Shapes: any. Dtypes: f64 f32 f16 bf16 i64 i32 i16 i8 u8 bool; the result is
// bool.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.isfinite.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

#include <cmath>

namespace girih::ops {

namespace {

struct Isfinite : Predicate<Isfinite> {
  static constexpr std::string_view signature = "isfinite(x) -> out";
  static Tile apply(const Tile &x) {
    if (is_float(x.dtype()))
      return abs(x) < INFINITY;
    return x == x;
  }
};

} // namespace

Array isfinite(const Array &x, const Stream &stream,
               std::source_location where) {
  return compute<Isfinite>(stream, where, x);
}

void isfinite_out(const Array &x, const Array &out, const Stream &stream,
                  std::source_location where) {
  compute_into<Isfinite>(stream, where, std::tie(out), x);
}

OpEntry entry_of_isfinite() {
  return unary_entry<Isfinite>("whether x is neither infinite nor NaN");
}

} // namespace girih::ops
