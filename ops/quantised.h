// SPDX-License-Identifier: Apache-2.0
// Quantised operators. See ops.h for what holds for all operators.
#pragma once

#include "girih/ops/value.h"
#include "girih/runtime/array.h"
#include "girih/runtime/stream.h"

#include <array>
#include <cstdint>
#include <optional>
#include <source_location>
#include <string_view>

namespace girih::ops {

// A scale is what an element is divided by, f32. Elements are rounded to
// nearest even: i8 to whole numbers from -127 to 127 (-128 where a scale that
// is given asks for it), e4m3 and e5m2 as cast() does. Everything is computed
// in f32. What shares a scale with a NaN has the scale NaN, what shares one
// with an infinity an infinite one.

/// Blocks of `block_size` along the last dimension, 32, 64, 128 or 256, the
/// last perhaps short: `scale = max(the largest |x|, 1e-4) / 448`, `out = x /
/// scale` as e4m3. Gives {out, scales}: x of [..., K] has scales [..., ceil(K /
/// block_size)]. `scale_fmt` "ue8m0" rounds them up to powers of two. Dtypes:
/// floats, f64 rounded to f32.
std::array<Array, 2>
act_quant(const Array &x, std::int64_t block_size = 128,
          std::optional<std::string_view> scale_fmt = {},
          const Stream &stream = {},
          std::source_location where = std::source_location::current());
void act_quant_out(
    const Array &x, const Array &out, const Array &scales,
    std::int64_t block_size = 128,
    std::optional<std::string_view> scale_fmt = {}, const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// Rows along the last dimension: `scale = max(the largest |x|, 1e-8) / L`,
/// `out = x / scale`, for `dtype` i8 (L = 127), e4m3 (448) or e5m2 (57344).
/// Gives {out, scales}, scales without the last dimension. Dtypes: floats,
/// f64 rounded to f32.
std::array<Array, 2>
quantize_per_row(const Array &x, DType dtype, const Stream &stream = {},
                 std::source_location where = std::source_location::current());
void quantize_per_row_out(
    const Array &x, const Array &out, const Array &scales,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// quantize_per_row() with one scale, of shape [], for all of x.
std::array<Array, 2> quantize_per_tensor(
    const Array &x, DType dtype, const Stream &stream = {},
    std::source_location where = std::source_location::current());
void quantize_per_tensor_out(
    const Array &x, const Array &out, const Array &scale,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// `x / scale` as i8, e4m3 or e5m2, saturated. `scale` is a number, or f32 and
/// broadcasts to x: [] is one for all, [M, 1] one for each row, [K] one for
/// each column. Dtypes: floats, f64 rounded to f32.
Array quantize_static(
    const Array &x, const ArrayOrNumber &scale, DType dtype,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());
void quantize_static_out(
    const Array &x, const ArrayOrNumber &scale, const Array &out,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// `x * scale` as bf16, or as `dtype`, f16 or f32; `scale` as in
/// quantize_static(). Dtypes: i8 e4m3 e5m2.
Array dequantize(const Array &x, const ArrayOrNumber &scale,
                 std::optional<DType> dtype = {}, const Stream &stream = {},
                 std::source_location where = std::source_location::current());
void dequantize_out(
    const Array &x, const ArrayOrNumber &scale, const Array &out,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// `x[m, n] * scales[m / 128, n / 128]` as bf16, or as `dtype`, f16 or f32, of
/// a matrix or of one for each expert: x[M, N] or [E, M, N] with scales
/// [ceil(M / 128), ceil(N / 128)] or one such for each. Dtypes: e4m3 e5m2 i8.
Array weight_dequant(
    const Array &x, const Array &scales, std::optional<DType> dtype = {},
    const Stream &stream = {},
    std::source_location where = std::source_location::current());
void weight_dequant_out(
    const Array &x, const Array &scales, const Array &out,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// `a b^T` of e4m3 a[..., K] and b[N, K] with a scale for each 128 elements of
/// a row of a, a_scales[..., ceil(K / 128)], and for each 128 x 128 of b,
/// b_scales[ceil(N / 128), ceil(K / 128)]. Blocks of K are summed in f32. Gives
/// bf16, or `dtype`, f16 or f32.
Array fp8_gemm(const Array &a, const Array &a_scales, const Array &b,
               const Array &b_scales, std::optional<DType> dtype = {},
               const Stream &stream = {},
               std::source_location where = std::source_location::current());
void fp8_gemm_out(const Array &a, const Array &a_scales, const Array &b,
                  const Array &b_scales, const Array &out,
                  const Stream &stream = {},
                  std::source_location where = std::source_location::current());

/// fp8_gemm() of groups of rows, each with a matrix of its own: a[T, K] with
/// a_scales[T, ceil(K / 128)], b[E, N, K] with b_scales[E, ceil(N / 128),
/// ceil(K / 128)]. offs[E] is where each group of rows ends, as for
/// grouped_mm(). Rows behind the last group are 0.
Array grouped_fp8_gemm(
    const Array &a, const Array &a_scales, const Array &b,
    const Array &b_scales, const Array &offs, std::optional<DType> dtype = {},
    const Stream &stream = {},
    std::source_location where = std::source_location::current());
void grouped_fp8_gemm_out(
    const Array &a, const Array &a_scales, const Array &b,
    const Array &b_scales, const Array &offs, const Array &out,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// `(x weight^T) * x_scales * weight_scales + bias` of i8 x[..., K] and
/// weight[N, K], summed in i32. x_scales[...] is for each row of x,
/// weight_scales[N] for each row of weight; either may have shape [], one for
/// all. bias[N], bf16 f16 or f32, or none. Gives bf16, or `dtype`, f16 or f32.
Array int8_linear(const Array &x, const Array &x_scales, const Array &weight,
                  const Array &weight_scales,
                  const std::optional<Array> &bias = {},
                  std::optional<DType> dtype = {}, const Stream &stream = {},
                  std::source_location where = std::source_location::current());
void int8_linear_out(
    const Array &x, const Array &x_scales, const Array &weight,
    const Array &weight_scales, const Array &out,
    const std::optional<Array> &bias = {}, const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// int8_linear() of x and weight that are both e4m3 or both e5m2, summed in
/// f32. With `fast_accumulation` the matrix units of sm_90 sum up all of K, in
/// 13 bits or so: quicker, and each sum is off by up to 2^-13 times K times its
/// largest part.
Array fp8_linear(const Array &x, const Array &x_scales, const Array &weight,
                 const Array &weight_scales,
                 const std::optional<Array> &bias = {},
                 std::optional<DType> dtype = {},
                 bool fast_accumulation = false, const Stream &stream = {},
                 std::source_location where = std::source_location::current());
void fp8_linear_out(
    const Array &x, const Array &x_scales, const Array &weight,
    const Array &weight_scales, const Array &out,
    const std::optional<Array> &bias = {}, bool fast_accumulation = false,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

} // namespace girih::ops
