// SPDX-License-Identifier: Apache-2.0
// round: out[i...] = x[i...] to the nearest number of `decimals` decimal places
//
// Shapes: any. Dtypes: f64 f32 f16 bf16 i64 i32 i16 i8 u8. Halves go to even.
// Integers stay as they are and take no decimals. With decimals it is
// round(x * 10^decimals) / 10^decimals, in f32 for f16 and bf16; negative ones
// divide first.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: torch.round.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/with_numbers.h"

#include <cmath>

namespace girih::ops {

namespace {

struct Whole : Unary<Whole> {
  static constexpr std::string_view signature = "round(x) -> out";
  static Tile apply(const Tile &x) { return round(x); }
};

struct Places : WithNumbers<Places, double> {
  static constexpr std::string_view signature =
      "round_decimals(x, scale: float) -> out";
  static constexpr std::span<const DType> dtypes = floats;
  static Tile apply(const Tile &x, const Tile &scale) {
    return round(x * scale) / scale;
  }
};

struct Tens : WithNumbers<Tens, double> {
  static constexpr std::string_view signature =
      "round_tens(x, scale: float) -> out";
  static constexpr std::span<const DType> dtypes = floats;
  static Tile apply(const Tile &x, const Tile &scale) {
    return round(x / scale) * scale;
  }
};

struct Round {
  static constexpr std::string_view signature =
      "round(x, *, decimals: int = 0) -> out";

  static Shaped result(const Call &call, const Array &x,
                       std::int64_t decimals) {
    const Shaped shaped = Whole::result(call, x);
    call.require(decimals == 0 || is_float(x.dtype()),
                 "decimals must be 0 for integers", {{"x", x}});
    call.require(std::abs(decimals) <= 300,
                 "decimals must be between -300 and 300", {{"x", x}});
    return shaped;
  }
  static void launch(const Call &call, const Array &x, std::int64_t decimals,
                     const Array &out) {
    const double scale =
        std::pow(10.0, static_cast<double>(std::abs(decimals)));
    if (decimals == 0)
      Whole::launch(call, x, out);
    else if (decimals > 0)
      Places::launch(call, x, scale, out);
    else
      Tens::launch(call, x, scale, out);
  }
};

template <class Op> KernelEntry kernel_entry(int scales) {
  return elementwise_entry(Op::kernel(), Op::dtypes, 1, &Op::result_dtype,
                           scales);
}

} // namespace

Array round(const Array &x, std::int64_t decimals, const Stream &stream,
            std::source_location where) {
  return compute<Round>(stream, where, x, decimals);
}

void round_out(const Array &x, const Array &out, std::int64_t decimals,
               const Stream &stream, std::source_location where) {
  compute_into<Round>(stream, where, std::tie(out), x, decimals);
}

OpEntry entry_of_round() {
  return op_entry<Round>(
      {"elementwise",
       "x to the nearest number of `decimals` decimal places, halves to even",
       {std::begin(numbers), std::end(numbers)},
       {kernel_entry<Whole>(0), kernel_entry<Places>(1),
        kernel_entry<Tens>(1)}});
}

} // namespace girih::ops
