// SPDX-License-Identifier: Apache-2.0
// Normalisation, softmax and losses. See ops.h for what holds for all
// operators.
#pragma once

#include "girih/ops/value.h"
#include "girih/runtime/stream.h"

#include <optional>
#include <source_location>
#include <string_view>

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
/// mixes in s times the mean of all classes. No probabilities are stored.
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

} // namespace girih::ops
