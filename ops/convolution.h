// SPDX-License-Identifier: Apache-2.0
// Convolutions. See ops.h for what holds for all operators. x is [N, C, ...],
// or [C, ...] and then so is out; channels may be last in memory. Numbers for
// each dimension may be one number for all. Where channels are not contiguous
// and many, x and weight are copied to scratch memory first.
#pragma once

#include "girih/ops/value.h"
#include "girih/runtime/stream.h"

#include <concepts>
#include <initializer_list>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

namespace girih::ops {

/// Padding of a convolution: numbers, or "same" or "valid".
class ConvPadding {
public:
  ConvPadding(std::vector<std::int64_t> numbers) // NOLINT: implicit by design
      : numbers_(std::move(numbers)) {}
  ConvPadding(std::initializer_list<std::int64_t> numbers)
      : numbers_(numbers) {}
  template <std::integral T>
  ConvPadding(T number) // NOLINT: implicit by design
      : numbers_{static_cast<std::int64_t>(number)} {}
  ConvPadding(std::string text) : text_(std::move(text)) {} // NOLINT: implicit
  ConvPadding(const char *text) : text_(text) {}            // NOLINT: implicit

  const std::vector<std::int64_t> &numbers() const { return numbers_; }
  /// Empty where numbers were given.
  const std::string &text() const { return text_; }

private:
  std::vector<std::int64_t> numbers_;
  std::string text_;
};

/// `out[n, k, p...] = bias[k] + sum over c, r... of x[n, c, p * stride + r *
/// dilation - padding...] * weight[k, c, r...]` for x[N, C, H] and weight[K,
/// C / groups, R]; outside of itself x is 0. Floats; bias of any of them.
/// Summed in f32 (f64 for f64). `padding` "same" keeps the sizes of x.
Array conv1d(const Array &x, const Array &weight,
             const std::optional<Array> &bias = {},
             const std::vector<std::int64_t> &stride = {1},
             const ConvPadding &padding = 0,
             const std::vector<std::int64_t> &dilation = {1},
             std::int64_t groups = 1, std::string_view precision = "ieee",
             const Stream &stream = {},
             std::source_location where = std::source_location::current());
/// The same into `out`.
void conv1d_out(const Array &x, const Array &weight, const Array &out,
                const std::optional<Array> &bias = {},
                const std::vector<std::int64_t> &stride = {1},
                const ConvPadding &padding = 0,
                const std::vector<std::int64_t> &dilation = {1},
                std::int64_t groups = 1, std::string_view precision = "ieee",
                const Stream &stream = {},
                std::source_location where = std::source_location::current());

/// `out[n, k, p, q] = bias[k] + sum over c, r, s of x[n, c, p * stride + r *
/// dilation - padding, q * ...] * weight[k, c, r, s]` for weight[K, C / groups,
/// R, S]; otherwise as conv1d().
Array conv2d(const Array &x, const Array &weight,
             const std::optional<Array> &bias = {},
             const std::vector<std::int64_t> &stride = {1},
             const ConvPadding &padding = 0,
             const std::vector<std::int64_t> &dilation = {1},
             std::int64_t groups = 1, std::string_view precision = "ieee",
             const Stream &stream = {},
             std::source_location where = std::source_location::current());
/// The same into `out`.
void conv2d_out(const Array &x, const Array &weight, const Array &out,
                const std::optional<Array> &bias = {},
                const std::vector<std::int64_t> &stride = {1},
                const ConvPadding &padding = 0,
                const std::vector<std::int64_t> &dilation = {1},
                std::int64_t groups = 1, std::string_view precision = "ieee",
                const Stream &stream = {},
                std::source_location where = std::source_location::current());

/// Three dimensions: x[N, C, D, H, W], weight[K, C / groups, T, R, S];
/// otherwise as conv1d().
Array conv3d(const Array &x, const Array &weight,
             const std::optional<Array> &bias = {},
             const std::vector<std::int64_t> &stride = {1},
             const ConvPadding &padding = 0,
             const std::vector<std::int64_t> &dilation = {1},
             std::int64_t groups = 1, std::string_view precision = "ieee",
             const Stream &stream = {},
             std::source_location where = std::source_location::current());
/// The same into `out`.
void conv3d_out(const Array &x, const Array &weight, const Array &out,
                const std::optional<Array> &bias = {},
                const std::vector<std::int64_t> &stride = {1},
                const ConvPadding &padding = 0,
                const std::vector<std::int64_t> &dilation = {1},
                std::int64_t groups = 1, std::string_view precision = "ieee",
                const Stream &stream = {},
                std::source_location where = std::source_location::current());

/// What conv1d() with the same numbers would have been given to make x: `out[n,
/// k, p] = bias[k] + sum of x[n, c, h] * weight[c, k, r]` over all c, h and r
/// with `h * stride + r * dilation = p + padding`, for weight[C, K / groups,
/// R]. out has (H - 1) * stride - 2 * padding + dilation * (R - 1) +
/// output_padding
/// + 1 positions. No product with a zero between elements is made.
Array conv_transpose1d(
    const Array &x, const Array &weight, const std::optional<Array> &bias = {},
    const std::vector<std::int64_t> &stride = {1},
    const std::vector<std::int64_t> &padding = {0},
    const std::vector<std::int64_t> &output_padding = {0},
    std::int64_t groups = 1, const std::vector<std::int64_t> &dilation = {1},
    std::string_view precision = "ieee", const Stream &stream = {},
    std::source_location where = std::source_location::current());
/// The same into `out`.
void conv_transpose1d_out(
    const Array &x, const Array &weight, const Array &out,
    const std::optional<Array> &bias = {},
    const std::vector<std::int64_t> &stride = {1},
    const std::vector<std::int64_t> &padding = {0},
    const std::vector<std::int64_t> &output_padding = {0},
    std::int64_t groups = 1, const std::vector<std::int64_t> &dilation = {1},
    std::string_view precision = "ieee", const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// Two dimensions, weight[C, K / groups, R, S]; otherwise as
/// conv_transpose1d().
Array conv_transpose2d(
    const Array &x, const Array &weight, const std::optional<Array> &bias = {},
    const std::vector<std::int64_t> &stride = {1},
    const std::vector<std::int64_t> &padding = {0},
    const std::vector<std::int64_t> &output_padding = {0},
    std::int64_t groups = 1, const std::vector<std::int64_t> &dilation = {1},
    std::string_view precision = "ieee", const Stream &stream = {},
    std::source_location where = std::source_location::current());
/// The same into `out`.
void conv_transpose2d_out(
    const Array &x, const Array &weight, const Array &out,
    const std::optional<Array> &bias = {},
    const std::vector<std::int64_t> &stride = {1},
    const std::vector<std::int64_t> &padding = {0},
    const std::vector<std::int64_t> &output_padding = {0},
    std::int64_t groups = 1, const std::vector<std::int64_t> &dilation = {1},
    std::string_view precision = "ieee", const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// Three dimensions, weight[C, K / groups, T, R, S]; otherwise as
/// conv_transpose1d().
Array conv_transpose3d(
    const Array &x, const Array &weight, const std::optional<Array> &bias = {},
    const std::vector<std::int64_t> &stride = {1},
    const std::vector<std::int64_t> &padding = {0},
    const std::vector<std::int64_t> &output_padding = {0},
    std::int64_t groups = 1, const std::vector<std::int64_t> &dilation = {1},
    std::string_view precision = "ieee", const Stream &stream = {},
    std::source_location where = std::source_location::current());
/// The same into `out`.
void conv_transpose3d_out(
    const Array &x, const Array &weight, const Array &out,
    const std::optional<Array> &bias = {},
    const std::vector<std::int64_t> &stride = {1},
    const std::vector<std::int64_t> &padding = {0},
    const std::vector<std::int64_t> &output_padding = {0},
    std::int64_t groups = 1, const std::vector<std::int64_t> &dilation = {1},
    std::string_view precision = "ieee", const Stream &stream = {},
    std::source_location where = std::source_location::current());

} // namespace girih::ops
