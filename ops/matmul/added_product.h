// SPDX-License-Identifier: Apache-2.0
// Checks of products that are added to something.
#pragma once

#include "girih/ops/matmul/multiply.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace girih::ops {

/// Devices, dtypes and the precision. [device] [dtype] [argument]
inline void check_added(const Call &call, const Argument &input,
                        const Argument &a, const Argument &b,
                        std::string_view precision) {
  call.check_same_device({input, a, b});
  call.check_dtype(a, floats);
  call.check_same_dtype(a, b);
  call.check_dtype(input, floats);
  allows_tf32(call, precision);
}

/// That `input` broadcasts to the result. [shape]
inline void check_spread(const Call &call, const Argument &input,
                         std::span<const std::int64_t> shape) {
  const auto wide = broadcast_shapes(input.array->shape(), shape);
  if (!wide || !std::ranges::equal(std::span<const std::int64_t>(*wide), shape))
    call.fail(ErrorId::shape,
              fmt::format("{} does not broadcast to the result, [{}]",
                          input.name, fmt::join(shape, ", ")),
              {input});
}

/// How addmm and baddbmm run: their results differ in rank only.
struct AddedProduct {
  static void launch(const Call &call, const Array &input, const Array &a,
                     const Array &b, double beta, double alpha,
                     std::string_view precision, const Array &out) {
    launch_product(call,
                   {.a = a,
                    .b = b,
                    .out = out,
                    .c = input,
                    .alpha = alpha,
                    .beta = beta,
                    .tf32 = a.dtype() == f32 && allows_tf32(call, precision)});
  }
};

} // namespace girih::ops
