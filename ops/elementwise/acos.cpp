// SPDX-License-Identifier: Apache-2.0
// acos: out[i...] = acos(x[i...])
//
// Shapes: any. Dtypes: f64 f32 f16 bf16, which stay; i64 i32 i16 i8 u8 and bool
// give f32. f16 and bf16 are computed in f32 and rounded once.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.acos.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Acos : FloatFunction<Acos> {
  static constexpr std::string_view signature = "acos(x) -> out";
  static constexpr int accesses = 2;
  static Tile apply(const Tile &x) { return acos(x); }
};

} // namespace

Array acos(const Array &x, const Stream &stream, std::source_location where) {
  return compute<Acos>(stream, where, x);
}

void acos_out(const Array &x, const Array &out, const Stream &stream,
              std::source_location where) {
  compute_into<Acos>(stream, where, std::tie(out), x);
}

OpEntry entry_of_acos() { return unary_entry<Acos>("acos(x)"); }

} // namespace girih::ops
