// SPDX-License-Identifier: Apache-2.0
// fp8_linear: out[..., n] = (the sum over k of x[..., k] * weight[n, k])
// * x_scales[...] * weight_scales[n] + bias[n]
//
// Shapes: as int8_linear. Dtypes: x and weight both e4m3 or both e5m2, scales
// f32, bias bf16 f16 f32; out bf16, unless dtype says f16 or f32. Products are
// summed in f32, by the matrix units of a GPU; scales and bias are applied
// there, rounded once. With fast_accumulation those of sm_90 sum up all of K,
// in 13 bits or so. Errors: [device] [dtype] [shape] [overlap].
// Source: torch._scaled_mm with row-wise scales.
#include "girih/ops/quantised.h"
#include "girih/ops/quantised/narrow_product.h"

namespace girih::ops {

namespace {

constexpr DType dtypes[] = {e4m3, e5m2};

struct Fp8Linear : ScaledLinear {
  static constexpr std::string_view signature =
      "fp8_linear(x, x_scales, weight, weight_scales, "
      "bias: array? = None, *, dtype: dtype? = None, "
      "fast_accumulation: bool = False) -> out";
  static Shaped result(const Call &call, const Array &x, const Array &x_scales,
                       const Array &weight, const Array &weight_scales,
                       const std::optional<Array> &bias,
                       const std::optional<DType> &dtype, bool) {
    return ScaledLinear::result(call, dtypes, x, x_scales, weight,
                                weight_scales, bias, dtype);
  }
  static void launch(const Call &call, const Array &x, const Array &x_scales,
                     const Array &weight, const Array &weight_scales,
                     const std::optional<Array> &bias,
                     const std::optional<DType> &, bool fast,
                     const Array &out) {
    launch_summed(call, x, x_scales, weight, weight_scales, bias, fast, out);
  }
};

} // namespace

Array fp8_linear(const Array &x, const Array &x_scales, const Array &weight,
                 const Array &weight_scales, const std::optional<Array> &bias,
                 std::optional<DType> dtype, bool fast_accumulation,
                 const Stream &stream, std::source_location where) {
  return compute<Fp8Linear>(stream, where, x, x_scales, weight, weight_scales,
                            bias, dtype, fast_accumulation);
}

void fp8_linear_out(const Array &x, const Array &x_scales, const Array &weight,
                    const Array &weight_scales, const Array &out,
                    const std::optional<Array> &bias, bool fast_accumulation,
                    const Stream &stream, std::source_location where) {
  const std::optional<DType> dtype = out.dtype();
  compute_into<Fp8Linear>(stream, where, std::tie(out), x, x_scales, weight,
                          weight_scales, bias, dtype, fast_accumulation);
}

OpEntry entry_of_fp8_linear() {
  return op_entry<Fp8Linear>(
      {"quantised",
       "(x weight^T) * x_scales * weight_scales + bias",
       {std::begin(dtypes), std::end(dtypes)},
       {scaled_linear_entry("fp8_linear", {e4m3, e5m2},
                            "BM=64 BN=128 BK=128 num_warps=4")}});
}

} // namespace girih::ops
