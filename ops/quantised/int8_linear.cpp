// SPDX-License-Identifier: Apache-2.0
// int8_linear: out[..., n] = (the sum over k of x[..., k] * weight[n, k])
// * x_scales[...] * weight_scales[n] + bias[n]
//
// Shapes: x of any rank from 1 on, weight[N, K], x_scales of x's shape without
// the last dimension or [], weight_scales[N] or [], bias[N] or none. Dtypes: x
// and weight i8, scales f32, bias bf16 f16 f32; out bf16, unless dtype says f16
// or f32. Products are summed in i32, exactly, by the matrix units of a GPU;
// scales and bias are applied in f32, rounded once.
// Errors: [device] [dtype] [shape] [overlap].
// Source: W8A8 inference: dynamic scales of tokens, one for each output.
#include "girih/ops/quantised.h"
#include "girih/ops/quantised/narrow_product.h"

namespace girih::ops {

namespace {

constexpr DType dtypes[] = {i8};

struct Int8Linear : ScaledLinear {
  static constexpr std::string_view signature =
      "int8_linear(x, x_scales, weight, weight_scales, "
      "bias: array? = None, *, dtype: dtype? = None) -> out";
  static Shaped result(const Call &call, const Array &x, const Array &x_scales,
                       const Array &weight, const Array &weight_scales,
                       const std::optional<Array> &bias,
                       const std::optional<DType> &dtype) {
    return ScaledLinear::result(call, dtypes, x, x_scales, weight,
                                weight_scales, bias, dtype);
  }
};

} // namespace

Array int8_linear(const Array &x, const Array &x_scales, const Array &weight,
                  const Array &weight_scales, const std::optional<Array> &bias,
                  std::optional<DType> dtype, const Stream &stream,
                  std::source_location where) {
  return compute<Int8Linear>(stream, where, x, x_scales, weight, weight_scales,
                             bias, dtype);
}

void int8_linear_out(const Array &x, const Array &x_scales, const Array &weight,
                     const Array &weight_scales, const Array &out,
                     const std::optional<Array> &bias, const Stream &stream,
                     std::source_location where) {
  const std::optional<DType> dtype = out.dtype();
  compute_into<Int8Linear>(stream, where, std::tie(out), x, x_scales, weight,
                           weight_scales, bias, dtype);
}

OpEntry entry_of_int8_linear() {
  return op_entry<Int8Linear>(
      {"quantised",
       "(x weight^T) * x_scales * weight_scales + bias",
       {std::begin(dtypes), std::end(dtypes)},
       {scaled_linear_entry("int8_linear", {i8},
                            "BM=128 BN=128 BK=64 num_warps=4")}});
}

} // namespace girih::ops
