// SPDX-License-Identifier: Apache-2.0
// cast: out[i...] = x[i...] as another dtype
//
// Shapes: any. Dtypes: f64 f32 f16 bf16 e4m3 e5m2 i64 i32 i16 i8 u8 bool, from
// each to each. Floats round to nearest even, fp8 saturates; floats to integers
// lose their fraction and saturate, NaN gives 0; integers to narrower ones
// wrap; what is not 0 is true. Errors: [device] [dtype] [shape] [overlap].
// Source: torch.Tensor.to.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

constexpr DType castable[] = {bf16, f32, f16, f64, e4m3, e5m2,
                              i64,  i32, i16, i8,  u8,   b1};

struct Cast {
  static constexpr std::string_view signature = "cast(x, dtype: dtype) -> out";

  static Shaped result(const Call &call, const Array &x, DType dtype) {
    call.check_same_device({{"x", x}});
    call.check_dtype({"x", x}, castable);
    if (std::ranges::find(castable, dtype) == std::end(castable))
      call.fail(ErrorId::dtype,
                "x cannot be cast to " + std::string(name(dtype)), {{"x", x}},
                "give a dtype whose elements take whole bytes");
    return {dims_of(x.shape()), dtype};
  }
  static const Kernel &kernel() {
    static const Kernel made{make_source(
        "cast",
        [](Tensor x, Tensor out) { return arrange::elementwise(x, out); },
        [](In x, Out out) { out = cast(x, out.dtype()); }, {"x", "out"})};
    return made;
  }
  static void launch(const Call &call, const Array &x, DType,
                     const Array &out) {
    launch_elementwise(call, kernel(), {x}, out);
  }
};

} // namespace

Array cast(const Array &x, DType dtype, const Stream &stream,
           std::source_location where) {
  return compute<Cast>(stream, where, x, dtype);
}

void cast_out(const Array &x, const Array &out, const Stream &stream,
              std::source_location where) {
  compute_into<Cast>(stream, where, std::tie(out), x, out.dtype());
}

OpEntry entry_of_cast() {
  // In the entry's operands a float becomes f32, f32 becomes bf16.
  constexpr auto result = [](DType x) { return x == f32 ? bf16 : f32; };
  return op_entry<Cast>(
      {"elementwise",
       "x as another dtype",
       {std::begin(castable), std::end(castable)},
       {elementwise_entry(Cast::kernel(), castable, 1, result)}});
}

} // namespace girih::ops
