// SPDX-License-Identifier: Apache-2.0
// dequantize: out[i...] = x[i...] * scale[i...]
//
// Shapes: scale broadcasts to x: [] is one for all, [M, 1] one for each row,
// [K] one for each column; or it is a number. Dtypes: x i8 e4m3 e5m2, scale
// f32; out bf16, unless dtype says f16 or f32. Computed in f32, rounded once.
// Errors: [device] [dtype] [shape] [overlap].
// Source: the inverse of quantize_static, quantize_per_row,
// quantize_per_tensor.
#include "girih/ops/quantised.h"
#include "girih/ops/quantised/quantise.h"

namespace girih::ops {

namespace {

const Kernel &kernel() {
  static const Kernel made{make_source(
      "dequantize",
      [](Tensor x, Tensor scale, Tensor out) {
        return arrange::elementwise(x, scale, out);
      },
      [](In x, In scale, Out out) { out = cast(x, f32) * cast(scale, f32); },
      {"x", "scale", "out"})};
  return made;
}

struct Dequantize {
  static constexpr std::string_view signature =
      "dequantize(x, scale: number, *, dtype: dtype? = None) -> out";
  static Shaped result(const Call &call, const Array &x,
                       const ArrayOrNumber &scale,
                       const std::optional<DType> &dtype) {
    call.check_same_device({{"x", x}});
    call.check_dtype({"x", x}, narrow_dtypes);
    check_scale(call, x, scale);
    check_widened(call, {"x", x}, dtype.value_or(bf16));
    return {dims_of(x.shape()), dtype.value_or(bf16)};
  }
  static void launch(const Call &call, const Array &x,
                     const ArrayOrNumber &scale, const std::optional<DType> &,
                     const Array &out) {
    launch_elementwise(call, kernel(), {x, scale.as(f32)}, out);
  }
};

} // namespace

Array dequantize(const Array &x, const ArrayOrNumber &scale,
                 std::optional<DType> dtype, const Stream &stream,
                 std::source_location where) {
  return compute<Dequantize>(stream, where, x, scale, dtype);
}

void dequantize_out(const Array &x, const ArrayOrNumber &scale,
                    const Array &out, const Stream &stream,
                    std::source_location where) {
  const std::optional<DType> dtype = out.dtype();
  compute_into<Dequantize>(stream, where, std::tie(out), x, scale, dtype);
}

OpEntry entry_of_dequantize() {
  return op_entry<Dequantize>(
      {"quantised",
       "x * scale",
       {std::begin(narrow_dtypes), std::end(narrow_dtypes)},
       {{.name = "dequantize",
         .kernel = kernel(),
         .dtypes = {std::begin(narrow_dtypes), std::end(narrow_dtypes)},
         .size_names = {"N"},
         .sizes = {1 << 24},
         .picture_sizes = {5},
         .operands = [](DType dtype, std::span<const std::int64_t> sizes) {
           return std::vector<OperandShape>{{dtype, {sizes[0]}, {}},
                                            {f32, {}, {}, true},
                                            {bf16, {sizes[0]}, {}}};
         }}}});
}

} // namespace girih::ops
