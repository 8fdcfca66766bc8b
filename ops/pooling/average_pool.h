// SPDX-License-Identifier: Apache-2.0
// Averages of windows, and norms of them, which PyTorch makes of averages.
#pragma once

#include "girih/ops/pooling/pooling.h"

namespace girih::ops {

/// What averages are taken of: PyTorch has those of i64, rounded towards 0.
inline constexpr DType averaged[] = {bf16, f32, f16, f64, i64};

/// What a sum is divided by: the constant COUNT.
enum class WindowCount : std::uint8_t {
  given,  // `number`
  padded, // the elements of the window within x and its padding
  inside, // those within x
};

/// Operands: x, sizes, steps, number, out. Constants: COUNT, ADAPTIVE.
const Kernel &avg_pool_kernel(int dims);
const Kernel &adaptive_avg_pool_kernel(); // of two dimensions
/// Operands: x, sizes, steps, the power p, out. Constants: COUNT, POWER (p
/// where it is 1 or 2), LIMIT (the sign of p where it is infinite).
const Kernel &lp_pool_kernel(int dims);

/// Whether every window of such a call lies within x and its padding.
bool complete_windows(const Array &x, const Array &out,
                      const WindowNumbers &windows);

template <int Dims> struct AvgPool {
  static Shaped result(const Call &call, const Array &x,
                       const Numbers &kernel_size,
                       const std::optional<Numbers> &stride,
                       const Numbers &padding, bool ceil_mode, bool,
                       const std::optional<std::int64_t> &divisor_override) {
    call.require(!divisor_override || *divisor_override != 0,
                 "divisor_override must not be 0");
    return pool_result(call, x,
                       pool_windows(call, x, Dims, kernel_size, stride, padding,
                                    {1}, averaged),
                       ceil_mode);
  }
  static void launch(const Call &call, const Array &x,
                     const Numbers &kernel_size,
                     const std::optional<Numbers> &stride,
                     const Numbers &padding, bool, bool count_include_pad,
                     const std::optional<std::int64_t> &divisor_override,
                     const Array &out);
};

/// avg_pool1d, which PyTorch gives no divisor_override.
struct AvgPoolLine {
  static Shaped result(const Call &call, const Array &x,
                       const Numbers &kernel_size,
                       const std::optional<Numbers> &stride,
                       const Numbers &padding, bool ceil_mode,
                       bool count_include_pad) {
    return AvgPool<1>::result(call, x, kernel_size, stride, padding, ceil_mode,
                              count_include_pad, {});
  }
  static void launch(const Call &call, const Array &x,
                     const Numbers &kernel_size,
                     const std::optional<Numbers> &stride,
                     const Numbers &padding, bool ceil_mode,
                     bool count_include_pad, const Array &out) {
    AvgPool<1>::launch(call, x, kernel_size, stride, padding, ceil_mode,
                       count_include_pad, {}, out);
  }
};

template <int Dims> struct LpPool {
  static Shaped result(const Call &call, const Array &x, double norm_type,
                       const Numbers &kernel_size,
                       const std::optional<Numbers> &stride, bool ceil_mode) {
    call.require(norm_type != 0, "norm_type must not be 0");
    return pool_result(
        call, x, pool_windows(call, x, Dims, kernel_size, stride, {0}, {1}),
        ceil_mode);
  }
  static void launch(const Call &call, const Array &x, double norm_type,
                     const Numbers &kernel_size,
                     const std::optional<Numbers> &stride, bool,
                     const Array &out);
};

} // namespace girih::ops
