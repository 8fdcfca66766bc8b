// SPDX-License-Identifier: Apache-2.0
// Normalisation, softmax and losses. See ops.h for what holds for all
// operators.
#pragma once

#include "girih/ops/value.h"
#include "girih/runtime/stream.h"

#include <array>
#include <optional>
#include <source_location>
#include <vector>

namespace girih::ops {

// Norms. `weight` and `bias` may be of any float dtype; computed in f32, in f64
// for f64, and rounded once to the dtype of x. Dtypes of x: f64 f32 f16 bf16.

/// `x * rsqrt(mean(x^2) + eps) * weight`, the mean over the last dimensions of
/// x, whose sizes are `normalized_shape` and the shape of `weight`. Without eps
/// it is the distance from 1 to the next number of the dtype of x.
Array rms_norm(const Array &x,
               const std::vector<std::int64_t> &normalized_shape,
               const std::optional<Array> &weight = {},
               std::optional<double> eps = {}, const Stream &stream = {},
               std::source_location where = std::source_location::current());
void rms_norm_out(
    const Array &x, const std::vector<std::int64_t> &normalized_shape,
    const Array &out, const std::optional<Array> &weight = {},
    std::optional<double> eps = {}, const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// {out, new_residual}: `new_residual = x + residual`, rounded to their dtype,
/// and `out = rms_norm(new_residual)` over the last dimension, in one pass.
std::array<Array, 2> fused_add_rms_norm(
    const Array &x, const Array &residual,
    const std::optional<Array> &weight = {}, std::optional<double> eps = {},
    const Stream &stream = {},
    std::source_location where = std::source_location::current());
void fused_add_rms_norm_out(
    const Array &x, const Array &residual, const Array &out,
    const Array &new_residual, const std::optional<Array> &weight = {},
    std::optional<double> eps = {}, const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// `(x - mean) * rsqrt(variance + eps) * weight + bias`, mean and variance
/// (divided by the number of elements) over the last dimensions of x, whose
/// sizes are `normalized_shape` and the shape of `weight` and `bias`.
Array layer_norm(const Array &x,
                 const std::vector<std::int64_t> &normalized_shape,
                 const std::optional<Array> &weight = {},
                 const std::optional<Array> &bias = {}, double eps = 1e-5,
                 const Stream &stream = {},
                 std::source_location where = std::source_location::current());
void layer_norm_out(
    const Array &x, const std::vector<std::int64_t> &normalized_shape,
    const Array &out, const std::optional<Array> &weight = {},
    const std::optional<Array> &bias = {}, double eps = 1e-5,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

} // namespace girih::ops
