// SPDX-License-Identifier: Apache-2.0
// fmod: out[i...] = the remainder of a[i...] / b[i...] with the sign of a[i...]
//
// Shapes: any, broadcast together; either may be a number. Dtypes: f64 f32 f16
// bf16 i64 i32 i16 i8 u8, promoted. Exact. A float by 0 gives NaN, an integer
// by 0 itself, without a trap.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: torch.fmod.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Fmod : Binary<Fmod> {
  static constexpr std::string_view signature =
      "fmod(a: number, b: number) -> out";
  static constexpr int accesses = 2;
  static Tile apply(const Tile &a, const Tile &b) {
    if (is_float(a.dtype()))
      return fmod(a, b);
    // The remainder of floor division is one divisor too far where signs
    // differ.
    Tile rest = a % b;
    return where((rest != 0) & ((a < 0) ^ (b < 0)), rest - b, rest);
  }
};

} // namespace

Array fmod(const ArrayOrNumber &a, const ArrayOrNumber &b, const Stream &stream,
           std::source_location where) {
  return compute<Fmod>(stream, where, a, b);
}

void fmod_out(const ArrayOrNumber &a, const ArrayOrNumber &b, const Array &out,
              const Stream &stream, std::source_location where) {
  compute_into<Fmod>(stream, where, std::tie(out), a, b);
}

OpEntry entry_of_fmod() {
  return binary_entry<Fmod>("the remainder of a / b with the sign of a");
}

} // namespace girih::ops
