// SPDX-License-Identifier: Apache-2.0
// Max pooling: with values alone, and with where they are.
#pragma once

#include "girih/ops/pooling/pooling.h"

namespace girih::ops {

/// Operands: x, sizes, steps, a number that is not read, out.
const Kernel &max_pool_kernel(int dims);
const Kernel &adaptive_max_pool_kernel(); // of two dimensions
/// The same, and the index of each value in its plane, [H...] row by row.
const Kernel &max_pool_indices_kernel(int dims);
const Kernel &adaptive_max_pool_indices_kernel();
/// One of these for x of a dtype: constant LOWEST.
Kernel of_dtype(const Kernel &kernel, DType dtype);

/// max_poolNd and max_poolNd_with_indices.
template <int Dims, bool Indices> struct MaxPool {
  using Result = std::conditional_t<Indices, std::array<Shaped, 2>, Shaped>;

  static Result result(const Call &call, const Array &x,
                       const Numbers &kernel_size,
                       const std::optional<Numbers> &stride,
                       const Numbers &padding, const Numbers &dilation,
                       bool ceil_mode) {
    const Shaped out =
        pool_result(call, x,
                    pool_windows(call, x, Dims, kernel_size, stride, padding,
                                 dilation, numbers),
                    ceil_mode);
    if constexpr (Indices)
      return {out, Shaped{out.shape, i64}};
    else
      return out;
  }

  static void run(const Call &call, const Array &x, const Numbers &kernel_size,
                  const std::optional<Numbers> &stride, const Numbers &padding,
                  const Numbers &dilation, std::span<const Array> outs) {
    const WindowNumbers windows = pool_windows(
        call, x, Dims, kernel_size, stride, padding, dilation, numbers);
    launch_pool(call,
                {of_dtype(Indices ? max_pool_indices_kernel(Dims)
                                  : max_pool_kernel(Dims),
                          x.dtype()),
                 windows},
                x, outs);
  }
};

template <int Dims> struct MaxPoolValues : MaxPool<Dims, false> {
  static void launch(const Call &call, const Array &x,
                     const Numbers &kernel_size,
                     const std::optional<Numbers> &stride,
                     const Numbers &padding, const Numbers &dilation, bool,
                     const Array &out) {
    MaxPool<Dims, false>::run(call, x, kernel_size, stride, padding, dilation,
                              {&out, 1});
  }
};

template <int Dims> struct MaxPoolIndices : MaxPool<Dims, true> {
  static void launch(const Call &call, const Array &x,
                     const Numbers &kernel_size,
                     const std::optional<Numbers> &stride,
                     const Numbers &padding, const Numbers &dilation, bool,
                     const Array &out, const Array &indices) {
    const std::array outs{out, indices};
    MaxPool<Dims, true>::run(call, x, kernel_size, stride, padding, dilation,
                             outs);
  }
};

} // namespace girih::ops
