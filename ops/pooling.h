// SPDX-License-Identifier: Apache-2.0
// Pooling. See ops.h for what holds for all operators. x is [N, C, ...], or
// [C, ...]; channels may be last in memory. Numbers for each dimension may be
// one number for all; without `stride` it is kernel_size. Windows lie `stride`
// apart, the first one `padding` before x; their number is (size + 2 * padding
// - dilation * (kernel_size - 1) - 1) / stride + 1, rounded down, or up with
// ceil_mode: then the last ones may reach past the end, but each begins within
// x or the padding before it. Padding is at most half of kernel_size. Dtypes:
// floats; the largest of integers, too, and averages of i64, rounded towards
// 0.
#pragma once

#include "girih/ops/value.h"
#include "girih/runtime/stream.h"

#include <array>
#include <optional>
#include <source_location>
#include <vector>

namespace girih::ops {

/// `out = the largest of each window` of one dimension; NaN where any is.
Array max_pool1d(const Array &x, const std::vector<std::int64_t> &kernel_size,
                 const std::vector<std::int64_t> &stride = {},
                 const std::vector<std::int64_t> &padding = {0},
                 const std::vector<std::int64_t> &dilation = {1},
                 bool ceil_mode = false, const Stream &stream = {},
                 std::source_location where = std::source_location::current());
/// The same into `out`.
void max_pool1d_out(
    const Array &x, const std::vector<std::int64_t> &kernel_size,
    const Array &out, const std::vector<std::int64_t> &stride = {},
    const std::vector<std::int64_t> &padding = {0},
    const std::vector<std::int64_t> &dilation = {1}, bool ceil_mode = false,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// `out = the largest of each window` of two dimensions; NaN where any is.
Array max_pool2d(const Array &x, const std::vector<std::int64_t> &kernel_size,
                 const std::vector<std::int64_t> &stride = {},
                 const std::vector<std::int64_t> &padding = {0},
                 const std::vector<std::int64_t> &dilation = {1},
                 bool ceil_mode = false, const Stream &stream = {},
                 std::source_location where = std::source_location::current());
/// The same into `out`.
void max_pool2d_out(
    const Array &x, const std::vector<std::int64_t> &kernel_size,
    const Array &out, const std::vector<std::int64_t> &stride = {},
    const std::vector<std::int64_t> &padding = {0},
    const std::vector<std::int64_t> &dilation = {1}, bool ceil_mode = false,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// `out = the largest of each window` of three dimensions; NaN where any is.
Array max_pool3d(const Array &x, const std::vector<std::int64_t> &kernel_size,
                 const std::vector<std::int64_t> &stride = {},
                 const std::vector<std::int64_t> &padding = {0},
                 const std::vector<std::int64_t> &dilation = {1},
                 bool ceil_mode = false, const Stream &stream = {},
                 std::source_location where = std::source_location::current());
/// The same into `out`.
void max_pool3d_out(
    const Array &x, const std::vector<std::int64_t> &kernel_size,
    const Array &out, const std::vector<std::int64_t> &stride = {},
    const std::vector<std::int64_t> &padding = {0},
    const std::vector<std::int64_t> &dilation = {1}, bool ceil_mode = false,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// max_pool1d() and, i64, the place of each value in its x[n, c], counted row
/// by row: of equal ones the first, of NaNs the last.
std::array<Array, 2> max_pool1d_with_indices(
    const Array &x, const std::vector<std::int64_t> &kernel_size,
    const std::vector<std::int64_t> &stride = {},
    const std::vector<std::int64_t> &padding = {0},
    const std::vector<std::int64_t> &dilation = {1}, bool ceil_mode = false,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());
/// The same into `out` and `indices`.
void max_pool1d_with_indices_out(
    const Array &x, const std::vector<std::int64_t> &kernel_size,
    const Array &out, const Array &indices,
    const std::vector<std::int64_t> &stride = {},
    const std::vector<std::int64_t> &padding = {0},
    const std::vector<std::int64_t> &dilation = {1}, bool ceil_mode = false,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// max_pool2d() and, i64, the place of each value in its x[n, c], counted row
/// by row: of equal ones the first, of NaNs the last.
std::array<Array, 2> max_pool2d_with_indices(
    const Array &x, const std::vector<std::int64_t> &kernel_size,
    const std::vector<std::int64_t> &stride = {},
    const std::vector<std::int64_t> &padding = {0},
    const std::vector<std::int64_t> &dilation = {1}, bool ceil_mode = false,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());
/// The same into `out` and `indices`.
void max_pool2d_with_indices_out(
    const Array &x, const std::vector<std::int64_t> &kernel_size,
    const Array &out, const Array &indices,
    const std::vector<std::int64_t> &stride = {},
    const std::vector<std::int64_t> &padding = {0},
    const std::vector<std::int64_t> &dilation = {1}, bool ceil_mode = false,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// max_pool3d() and, i64, the place of each value in its x[n, c], counted row
/// by row: of equal ones the first, of NaNs the last.
std::array<Array, 2> max_pool3d_with_indices(
    const Array &x, const std::vector<std::int64_t> &kernel_size,
    const std::vector<std::int64_t> &stride = {},
    const std::vector<std::int64_t> &padding = {0},
    const std::vector<std::int64_t> &dilation = {1}, bool ceil_mode = false,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());
/// The same into `out` and `indices`.
void max_pool3d_with_indices_out(
    const Array &x, const std::vector<std::int64_t> &kernel_size,
    const Array &out, const Array &indices,
    const std::vector<std::int64_t> &stride = {},
    const std::vector<std::int64_t> &padding = {0},
    const std::vector<std::int64_t> &dilation = {1}, bool ceil_mode = false,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// `out = the mean of each window`, padding counted as zeros unless
/// count_include_pad is false; what lies past the padding is not counted.
Array avg_pool1d(const Array &x, const std::vector<std::int64_t> &kernel_size,
                 const std::vector<std::int64_t> &stride = {},
                 const std::vector<std::int64_t> &padding = {0},
                 bool ceil_mode = false, bool count_include_pad = true,
                 const Stream &stream = {},
                 std::source_location where = std::source_location::current());
/// The same into `out`.
void avg_pool1d_out(
    const Array &x, const std::vector<std::int64_t> &kernel_size,
    const Array &out, const std::vector<std::int64_t> &stride = {},
    const std::vector<std::int64_t> &padding = {0}, bool ceil_mode = false,
    bool count_include_pad = true, const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// Two dimensions; the sum is divided by divisor_override where it is given.
/// Otherwise as avg_pool1d().
Array avg_pool2d(const Array &x, const std::vector<std::int64_t> &kernel_size,
                 const std::vector<std::int64_t> &stride = {},
                 const std::vector<std::int64_t> &padding = {0},
                 bool ceil_mode = false, bool count_include_pad = true,
                 std::optional<std::int64_t> divisor_override = {},
                 const Stream &stream = {},
                 std::source_location where = std::source_location::current());
/// The same into `out`.
void avg_pool2d_out(
    const Array &x, const std::vector<std::int64_t> &kernel_size,
    const Array &out, const std::vector<std::int64_t> &stride = {},
    const std::vector<std::int64_t> &padding = {0}, bool ceil_mode = false,
    bool count_include_pad = true,
    std::optional<std::int64_t> divisor_override = {},
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// Three dimensions; the sum is divided by divisor_override where it is given.
/// Otherwise as avg_pool1d().
Array avg_pool3d(const Array &x, const std::vector<std::int64_t> &kernel_size,
                 const std::vector<std::int64_t> &stride = {},
                 const std::vector<std::int64_t> &padding = {0},
                 bool ceil_mode = false, bool count_include_pad = true,
                 std::optional<std::int64_t> divisor_override = {},
                 const Stream &stream = {},
                 std::source_location where = std::source_location::current());
/// The same into `out`.
void avg_pool3d_out(
    const Array &x, const std::vector<std::int64_t> &kernel_size,
    const Array &out, const std::vector<std::int64_t> &stride = {},
    const std::vector<std::int64_t> &padding = {0}, bool ceil_mode = false,
    bool count_include_pad = true,
    std::optional<std::int64_t> divisor_override = {},
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// `out = (the sum of x^norm_type over each window)^(1 / norm_type)`. With
/// ceil_mode the sum over a window that reaches past x is scaled up to a whole
/// one, as in PyTorch. norm_type = inf, -inf: the largest, the smallest |x|.
Array lp_pool1d(const Array &x, double norm_type,
                const std::vector<std::int64_t> &kernel_size,
                const std::vector<std::int64_t> &stride = {},
                bool ceil_mode = false, const Stream &stream = {},
                std::source_location where = std::source_location::current());
/// The same into `out`.
void lp_pool1d_out(
    const Array &x, double norm_type,
    const std::vector<std::int64_t> &kernel_size, const Array &out,
    const std::vector<std::int64_t> &stride = {}, bool ceil_mode = false,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// Two dimensions; otherwise as lp_pool1d().
Array lp_pool2d(const Array &x, double norm_type,
                const std::vector<std::int64_t> &kernel_size,
                const std::vector<std::int64_t> &stride = {},
                bool ceil_mode = false, const Stream &stream = {},
                std::source_location where = std::source_location::current());
/// The same into `out`.
void lp_pool2d_out(
    const Array &x, double norm_type,
    const std::vector<std::int64_t> &kernel_size, const Array &out,
    const std::vector<std::int64_t> &stride = {}, bool ceil_mode = false,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// Three dimensions; otherwise as lp_pool1d().
Array lp_pool3d(const Array &x, double norm_type,
                const std::vector<std::int64_t> &kernel_size,
                const std::vector<std::int64_t> &stride = {},
                bool ceil_mode = false, const Stream &stream = {},
                std::source_location where = std::source_location::current());
/// The same into `out`.
void lp_pool3d_out(
    const Array &x, double norm_type,
    const std::vector<std::int64_t> &kernel_size, const Array &out,
    const std::vector<std::int64_t> &stride = {}, bool ceil_mode = false,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// `out = the mean of each window` where output_size says how many there are:
/// window p of P is h from p * H / P, rounded down, up to (p + 1) * H / P,
/// rounded up.
Array adaptive_avg_pool2d(
    const Array &x, const std::vector<std::int64_t> &output_size,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());
/// The same into `out`.
void adaptive_avg_pool2d_out(
    const Array &x, const std::vector<std::int64_t> &output_size,
    const Array &out, const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// `out = the largest of each window`; otherwise as adaptive_avg_pool2d().
Array adaptive_max_pool2d(
    const Array &x, const std::vector<std::int64_t> &output_size,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());
/// The same into `out`.
void adaptive_max_pool2d_out(
    const Array &x, const std::vector<std::int64_t> &output_size,
    const Array &out, const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// adaptive_max_pool2d() and places as those of max_pool2d_with_indices().
std::array<Array, 2> adaptive_max_pool2d_with_indices(
    const Array &x, const std::vector<std::int64_t> &output_size,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());
/// The same into `out` and `indices`.
void adaptive_max_pool2d_with_indices_out(
    const Array &x, const std::vector<std::int64_t> &output_size,
    const Array &out, const Array &indices, const Stream &stream = {},
    std::source_location where = std::source_location::current());

} // namespace girih::ops
