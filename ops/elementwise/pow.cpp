// SPDX-License-Identifier: Apache-2.0
// pow: out[i...] = a[i...] ^ b[i...]
//
// Shapes: any, broadcast together; either may be a number. Dtypes: f64 f32 f16
// bf16 i64 i32 i16 i8 u8, promoted. Integers wrap; of a negative exponent they
// give what is left of 1 / a^|b| towards 0. The numbers 2, 3, 0.5, -0.5, -1 and
// -2 as exponents are products, roots and reciprocals, so that these powers
// are bound by memory as a product is.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: torch.pow.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

#include <array>

namespace girih::ops {

namespace {

// By squaring: one round for each bit of the exponent.
Tile integer_power(const Tile &a, const Tile &b) {
  const DType type = a.dtype();
  Tile none = (a - a) + (b - b); // both may be numbers, of shape []
  Tile base = a + none, left = b + none, result = none + 1;
  for (Index bit : range(bits(type) - is_signed(type))) {
    result = where((left & 1) != 0, result * base, result);
    base = base * base;
    left = left >> 1;
  }
  if (!is_signed(type))
    return result;
  Tile odd = (b & 1) != 0;
  Tile unit = where(odd, a, none + 1); // of -1 and 1
  return where(b >= 0, result, where((a == 1) | (a == -1), unit, 0));
}

struct Pow : Binary<Pow> {
  static constexpr std::string_view signature =
      "pow(a: number, b: number) -> out";
  static constexpr int accesses = 2;

  static Tile apply(const Tile &a, const Tile &b) {
    return is_float(a.dtype()) ? girih::pow(a, b) : integer_power(a, b);
  }
  static Shaped result(const Call &call, const ArrayOrNumber &a,
                       const ArrayOrNumber &b) {
    const Shaped shaped = Binary::result(call, a, b);
    call.require(is_float(shaped.dtype) || b.is_array() || b.number() >= 0,
                 "b must not be a negative number beside integers", {{"a", a}});
    return shaped;
  }
  static void launch(const Call &call, const ArrayOrNumber &a,
                     const ArrayOrNumber &b, const Array &out);
};

// A power whose exponent is part of the kernel.
struct Special {
  double exponent;
  const char *name;
  bool for_integers;
  Tile (*apply)(const Tile &x);
};
constexpr Special specials[] = {
    {2, "pow_square", true, [](const Tile &x) { return x * x; }},
    {3, "pow_cube", true, [](const Tile &x) { return x * x * x; }},
    {0.5, "pow_root", false, [](const Tile &x) { return sqrt(x); }},
    {-0.5, "pow_inverse_root", false, [](const Tile &x) { return rsqrt(x); }},
    {-1, "pow_inverse", false, [](const Tile &x) { return 1 / x; }},
    {-2, "pow_inverse_square", false,
     [](const Tile &x) { return 1 / (x * x); }},
};

Kernel make_special(const Special &special) {
  return Kernel{make_source(
      special.name,
      [](Tensor a, Tensor out) { return arrange::elementwise(a, out); },
      [apply = special.apply](In a, Out out) {
        out = apply(cast(a, computed(out.dtype())));
      },
      {"a", "out"})};
}

const Kernel *special_kernel(double exponent, bool is_real) {
  static const auto kernels = [] {
    std::vector<Kernel> made;
    for (const Special &each : specials)
      made.push_back(make_special(each));
    return made;
  }();
  for (std::size_t i = 0; i < std::size(specials); ++i)
    if (specials[i].exponent == exponent &&
        (is_real || specials[i].for_integers))
      return &kernels[i];
  return nullptr;
}

void Pow::launch(const Call &call, const ArrayOrNumber &a,
                 const ArrayOrNumber &b, const Array &out) {
  const Kernel *special =
      b.is_array() ? nullptr
                   : special_kernel(b.number(), is_float(out.dtype()));
  if (special)
    return launch_elementwise(call, *special, {a.as(out.dtype())}, out);
  Binary::launch(call, a, b, out);
}

} // namespace

Array pow(const ArrayOrNumber &a, const ArrayOrNumber &b, const Stream &stream,
          std::source_location where) {
  return compute<Pow>(stream, where, a, b);
}

void pow_out(const ArrayOrNumber &a, const ArrayOrNumber &b, const Array &out,
             const Stream &stream, std::source_location where) {
  compute_into<Pow>(stream, where, std::tie(out), a, b);
}

OpEntry entry_of_pow() {
  OpEntry entry = binary_entry<Pow>("a ^ b");
  for (const Special &each : specials) {
    const bool whole = each.for_integers;
    entry.kernels.push_back(
        elementwise_entry(*special_kernel(each.exponent, true),
                          whole ? std::span<const DType>(numbers) : floats, 1,
                          &Pow::result_dtype));
  }
  return entry;
}

} // namespace girih::ops
