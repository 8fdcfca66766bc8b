// SPDX-License-Identifier: Apache-2.0
// Normalisation, softmax and losses. See ops.h for what holds for all
// operators.
#pragma once

#include "girih/ops/value.h"
#include "girih/runtime/stream.h"

#include <array>
#include <optional>
#include <source_location>
#include <string_view>
#include <vector>

namespace girih::ops {

// Softmax and losses.

/// `out = e^x / the sum of e^x along dim`. x is converted to `dtype` first.
Array softmax(const Array &x, std::int64_t dim, std::optional<DType> dtype = {},
              const Stream &stream = {},
              std::source_location where = std::source_location::current());
/// The same into `out`.
void softmax_out(const Array &x, const Array &out, std::int64_t dim,
                 std::optional<DType> dtype = {}, const Stream &stream = {},
                 std::source_location where = std::source_location::current());

/// `out = x - log of the sum of e^x along dim`. x is converted to `dtype`
/// first.
Array log_softmax(const Array &x, std::int64_t dim,
                  std::optional<DType> dtype = {}, const Stream &stream = {},
                  std::source_location where = std::source_location::current());
/// The same into `out`.
void log_softmax_out(
    const Array &x, const Array &out, std::int64_t dim,
    std::optional<DType> dtype = {}, const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// `-weight[t] * log_softmax(logits)[t]` for each row's class t = target: [N,
/// C] with [N], [N, C, d...] with [N, d...], or [C] with []. Rows whose target
/// is `ignore_index` are 0 and not counted. `reduction`: "none", "sum", or
/// "mean", the sum divided by that of the rows' weights. `label_smoothing` s
/// mixes in s times the mean of all classes. A target of logits' dtype and
/// shape has the share of each class instead: `-sum over c of target[c] *
/// weight[c] * log_softmax(logits)[c]`, of which "mean" is that of the rows. No
/// probabilities are stored.
Array cross_entropy(
    const Array &logits, const Array &target,
    const std::optional<Array> &weight = {}, std::int64_t ignore_index = -100,
    std::string_view reduction = "mean", double label_smoothing = 0,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());
/// The same into `out`.
void cross_entropy_out(
    const Array &logits, const Array &target, const Array &out,
    const std::optional<Array> &weight = {}, std::int64_t ignore_index = -100,
    std::string_view reduction = "mean", double label_smoothing = 0,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

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
void rms_norm_out(const Array &x,
                  const std::vector<std::int64_t> &normalized_shape,
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

/// layer_norm of each of `num_groups` groups of neighbouring channels of each
/// element of the batch: x[N, C, ...], weight[C] and bias[C].
Array group_norm(const Array &x, std::int64_t num_groups,
                 const std::optional<Array> &weight = {},
                 const std::optional<Array> &bias = {}, double eps = 1e-5,
                 const Stream &stream = {},
                 std::source_location where = std::source_location::current());
void group_norm_out(
    const Array &x, std::int64_t num_groups, const Array &out,
    const std::optional<Array> &weight = {},
    const std::optional<Array> &bias = {}, double eps = 1e-5,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// group_norm with a group for each channel.
Array instance_norm(
    const Array &x, const std::optional<Array> &weight = {},
    const std::optional<Array> &bias = {}, double eps = 1e-5,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());
void instance_norm_out(
    const Array &x, const Array &out, const std::optional<Array> &weight = {},
    const std::optional<Array> &bias = {}, double eps = 1e-5,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// `(x - mean) * rsqrt(variance + eps) * weight + bias` of each channel of
/// x[N, C, ...]; everything else is [C]. With `training` mean and variance are
/// those of x, and running_mean and running_var, where given, are updated in
/// place: `(1 - momentum) * running + momentum * new`, the variance divided by
/// the number of elements less one. Without, they are what is used.
Array batch_norm(const Array &x, const std::optional<Array> &running_mean,
                 const std::optional<Array> &running_var,
                 const std::optional<Array> &weight = {},
                 const std::optional<Array> &bias = {}, bool training = false,
                 double momentum = 0.1, double eps = 1e-5,
                 const Stream &stream = {},
                 std::source_location where = std::source_location::current());
void batch_norm_out(
    const Array &x, const Array &out, const std::optional<Array> &running_mean,
    const std::optional<Array> &running_var,
    const std::optional<Array> &weight = {},
    const std::optional<Array> &bias = {}, bool training = false,
    double momentum = 0.1, double eps = 1e-5, const Stream &stream = {},
    std::source_location where = std::source_location::current());

} // namespace girih::ops
