// SPDX-License-Identifier: Apache-2.0
// Random numbers: Philox, the same on every executor. See ops.h for what holds
// for all operators.
//
// There is no state. Element i of a result, in row-major order, depends on
// `seed`, `offset` and i alone: its bits are a word or two of the four of
// random_bits(seed, offset + i / 4), the tile operation, or of f64 those of
// random_bits(seed, offset + i). So offsets that differ by the number of
// elements give numbers that have nothing in common, and equal ones the same
// numbers again, whatever the strides, the blocks or the device. Both are
// integers, or arrays of rank 0 that kernels read: a captured graph then draws
// anew at each replay where something else counts them up. What is made of the
// bits stands in each operator's file.
#pragma once

#include "girih/ops/value.h"
#include "girih/runtime/stream.h"

#include <optional>
#include <source_location>
#include <vector>

namespace girih::ops {

/// `out = numbers in [0, 1)`, evenly distributed, in f32 unless `dtype` names
/// another float, on `device`, by default that of `stream` or the default one.
Array rand(const std::vector<std::int64_t> &shape, const ArrayOrNumber &seed,
           const ArrayOrNumber &offset = 0, std::optional<DType> dtype = {},
           std::optional<Device> device = {}, const Stream &stream = {},
           std::source_location where = std::source_location::current());
/// The same into `out`, in its shape and dtype.
void rand_out(const Array &out, const ArrayOrNumber &seed,
              const ArrayOrNumber &offset = 0, const Stream &stream = {},
              std::source_location where = std::source_location::current());

/// `out = standard normal numbers`; otherwise as rand().
Array randn(const std::vector<std::int64_t> &shape, const ArrayOrNumber &seed,
            const ArrayOrNumber &offset = 0, std::optional<DType> dtype = {},
            std::optional<Device> device = {}, const Stream &stream = {},
            std::source_location where = std::source_location::current());
/// The same into `out`, in its shape and dtype.
void randn_out(const Array &out, const ArrayOrNumber &seed,
               const ArrayOrNumber &offset = 0, const Stream &stream = {},
               std::source_location where = std::source_location::current());

/// `out = numbers in [low, high)`, evenly distributed; otherwise as rand().
Array uniform(const std::vector<std::int64_t> &shape, double low, double high,
              const ArrayOrNumber &seed, const ArrayOrNumber &offset = 0,
              std::optional<DType> dtype = {},
              std::optional<Device> device = {}, const Stream &stream = {},
              std::source_location where = std::source_location::current());
/// The same into `out`, in its shape and dtype.
void uniform_out(const Array &out, double low, double high,
                 const ArrayOrNumber &seed, const ArrayOrNumber &offset = 0,
                 const Stream &stream = {},
                 std::source_location where = std::source_location::current());

/// `out = normal numbers` of that mean and standard deviation; otherwise as
/// rand().
Array normal(const std::vector<std::int64_t> &shape, double mean, double std,
             const ArrayOrNumber &seed, const ArrayOrNumber &offset = 0,
             std::optional<DType> dtype = {}, std::optional<Device> device = {},
             const Stream &stream = {},
             std::source_location where = std::source_location::current());
/// The same into `out`, in its shape and dtype.
void normal_out(const Array &out, double mean, double std,
                const ArrayOrNumber &seed, const ArrayOrNumber &offset = 0,
                const Stream &stream = {},
                std::source_location where = std::source_location::current());

/// `out = exponentially distributed numbers` of a rate, never 0; otherwise as
/// rand().
Array exponential(const std::vector<std::int64_t> &shape, double rate,
                  const ArrayOrNumber &seed, const ArrayOrNumber &offset = 0,
                  std::optional<DType> dtype = {},
                  std::optional<Device> device = {}, const Stream &stream = {},
                  std::source_location where = std::source_location::current());
/// The same into `out`, in its shape and dtype.
void exponential_out(
    const Array &out, double rate, const ArrayOrNumber &seed,
    const ArrayOrNumber &offset = 0, const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// `out = 1 with probability p, else 0`, in the dtype of p unless `dtype` names
/// another.
Array bernoulli(const Array &p, const ArrayOrNumber &seed,
                const ArrayOrNumber &offset = 0,
                std::optional<DType> dtype = {}, const Stream &stream = {},
                std::source_location where = std::source_location::current());
/// The same into `out`, in its dtype.
void bernoulli_out(
    const Array &p, const Array &out, const ArrayOrNumber &seed,
    const ArrayOrNumber &offset = 0, const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// `out = x / (1 - p), or 0 with probability p`.
Array dropout(const Array &x, double p, const ArrayOrNumber &seed,
              const ArrayOrNumber &offset = 0, const Stream &stream = {},
              std::source_location where = std::source_location::current());
/// The same into `out`.
void dropout_out(const Array &x, const Array &out, double p,
                 const ArrayOrNumber &seed, const ArrayOrNumber &offset = 0,
                 const Stream &stream = {},
                 std::source_location where = std::source_location::current());

/// As dropout(), but what is dropped becomes the least value of selu, and mean
/// and variance are kept: `out = a * x + b`, see alpha_dropout.cpp.
Array alpha_dropout(
    const Array &x, double p, const ArrayOrNumber &seed,
    const ArrayOrNumber &offset = 0, const Stream &stream = {},
    std::source_location where = std::source_location::current());
/// The same into `out`.
void alpha_dropout_out(
    const Array &x, const Array &out, double p, const ArrayOrNumber &seed,
    const ArrayOrNumber &offset = 0, const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// `out[b, j] = a class, drawn by weights[b, ...]` (i64), n of each row; each
/// class at most once without `replacement`. weights[N] gives out[n].
Array multinomial(const Array &weights, std::int64_t n,
                  const ArrayOrNumber &seed, bool replacement = false,
                  const ArrayOrNumber &offset = 0, const Stream &stream = {},
                  std::source_location where = std::source_location::current());
/// The same into `out`.
void multinomial_out(
    const Array &weights, const Array &out, std::int64_t n,
    const ArrayOrNumber &seed, bool replacement = false,
    const ArrayOrNumber &offset = 0, const Stream &stream = {},
    std::source_location where = std::source_location::current());

} // namespace girih::ops
