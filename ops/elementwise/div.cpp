// SPDX-License-Identifier: Apache-2.0
// div: out[i...] = a[i...] / b[i...], as it is, or rounded towards 0 or
// downwards
//
// Shapes: any, broadcast together; either may be a number. Dtypes: f64 f32 f16
// bf16 i64 i32 i16 i8 u8 bool, promoted. Without rounding_mode integers and
// bools give f32; with it they stay integers, and an integer by 0 is 0, without
// a trap. "floor" of floats is never a whole number too large, and NaN of
// infinities.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: torch.div.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/elementwise/truncated_quotient.h"

namespace girih::ops {

namespace {

template <class Op> struct Quotient : Binary<Op> {
  static DType number_dtype(DType promoted) { return computed(promoted); }
};

struct DivTrue : Quotient<DivTrue> {
  static constexpr std::string_view signature =
      "div(a: number, b: number) -> out";
  static constexpr std::span<const DType> dtypes = numbers_and_bool;
  static DType result_dtype(DType promoted) { return floating(promoted); }
  // No dtype of integers holds each number that may divide them.
  static DType number_dtype(DType promoted) {
    return computed(floating(promoted));
  }
  static Tile apply(const Tile &a, const Tile &b) {
    if (a.dtype() == b1)
      return cast(a, f32) / cast(b, f32);
    return a / b;
  }
};

struct DivTrunc : Quotient<DivTrunc> {
  static constexpr std::string_view signature =
      "div_trunc(a: number, b: number) -> out";
  static Tile apply(const Tile &a, const Tile &b) {
    if (is_float(a.dtype()))
      return trunc(a / b);
    return truncated_quotient(a, b);
  }
};

struct DivFloor : Quotient<DivFloor> {
  static constexpr std::string_view signature =
      "div_floor(a: number, b: number) -> out";
  static constexpr int accesses = 2;
  static Tile apply(const Tile &a, const Tile &b) {
    if (!is_float(a.dtype()))
      return floor_divide(a, b);
    // Rounding may make the quotient a whole number too large: then what that
    // leaves has the other sign than b, rounded or not.
    const double whole =
        a.dtype() == f64 ? 0x1p53 : 0x1p24; // all, from here on
    Tile quotient = floor(a / b);
    Tile rest = where(quotient == 0, a, fma(-quotient, b, a));
    Tile above = ((rest < 0) ^ (b < 0)) & (rest != 0) & (abs(quotient) < whole);
    quotient = where(above, quotient - 1, quotient);
    // Of infinities by anything but 0 there is no remainder, and no quotient.
    return where((rest != rest) & (b != 0), rest, quotient);
  }
};

struct Div {
  static constexpr std::string_view signature =
      "div(a: number, b: number, *, rounding_mode: str? = None) -> out";
  using Mode = std::optional<std::string_view>;

  static Shaped result(const Call &call, const ArrayOrNumber &a,
                       const ArrayOrNumber &b, Mode mode) {
    call.require(!mode || *mode == "trunc" || *mode == "floor",
                 "rounding_mode must be \"trunc\", \"floor\" or none",
                 {{"a", a}, {"b", b}});
    return mode ? DivFloor::result(call, a, b) : DivTrue::result(call, a, b);
  }
  static void launch(const Call &call, const ArrayOrNumber &a,
                     const ArrayOrNumber &b, Mode mode, const Array &out) {
    if (!mode)
      DivTrue::launch(call, a, b, out);
    else if (*mode == "trunc")
      DivTrunc::launch(call, a, b, out);
    else
      DivFloor::launch(call, a, b, out);
  }
};

template <class Op> KernelEntry kernel_entry() {
  return elementwise_entry(Op::kernel(), Op::dtypes, 2, &Op::result_dtype);
}

} // namespace

Array div(const ArrayOrNumber &a, const ArrayOrNumber &b,
          std::optional<std::string_view> rounding_mode, const Stream &stream,
          std::source_location where) {
  return compute<Div>(stream, where, a, b, rounding_mode);
}

void div_out(const ArrayOrNumber &a, const ArrayOrNumber &b, const Array &out,
             std::optional<std::string_view> rounding_mode,
             const Stream &stream, std::source_location where) {
  compute_into<Div>(stream, where, std::tie(out), a, b, rounding_mode);
}

OpEntry entry_of_div() {
  return op_entry<Div>(
      {"elementwise",
       "a / b; with rounding_mode trunc or floor a whole number",
       {std::begin(numbers_and_bool), std::end(numbers_and_bool)},
       {kernel_entry<DivTrue>(), kernel_entry<DivTrunc>(),
        kernel_entry<DivFloor>()}});
}

} // namespace girih::ops
