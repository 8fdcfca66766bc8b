// SPDX-License-Identifier: Apache-2.0
// Checks of products that are added to something.
#pragma once

#include "girih/ops/matmul/few_rows.h"
#include "girih/ops/matmul/multiply.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

namespace girih::ops {

/// What a product is added with.
struct Factors {
  double beta, alpha;
};

/// Devices, dtypes, the precision and, of integers, that both factors are
/// numbers of the type that sums are kept in. [device] [dtype] [argument]
inline void check_added(const Call &call, const Argument &input,
                        const Argument &a, const Argument &b,
                        const Factors &factors, std::string_view precision) {
  check_factors(call, a, b);
  call.check_same_device({input, a, b});
  const bool real = is_float(a.array->dtype());
  call.check_dtype(input, real ? std::span<const DType>(floats) : integers);
  allows_tf32(call, precision);
  const double limit = accumulator(a.array->dtype()) == i64 ? 0x1p63 : 0x1p31;
  for (const double factor : {factors.beta, factors.alpha})
    call.require(real || (factor == std::trunc(factor) && factor >= -limit &&
                          factor < limit),
                 fmt::format("beta and alpha must be integers of {} beside {}",
                             name(accumulator(a.array->dtype())),
                             name(a.array->dtype())),
                 {a, b});
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

/// Whether b is a transposed weight that few rows of a are multiplied by, and
/// `input` as large as the result.
inline bool adds_to_few_rows(const Array &input, const Array &a, const Array &b,
                             const Array &out) {
  return out.rank() == 2 && is_float(out.dtype()) &&
         std::ranges::equal(input.shape(), out.shape()) &&
         suits_few_rows(a.size(0), b.transpose(0, 1));
}

/// Runs a product of few rows with a transposed weight, bias its addend.
inline void add_to_few_rows(const Call &call, const FewRows &product,
                            double alpha, double beta) {
  if (alpha == 1 && beta == 1)
    launch_few_rows(call, product);
  else
    launch_scaled_few_rows(call, product, alpha, beta);
}

/// How addmm and baddbmm run: their results differ in rank only.
struct AddedProduct {
  static void launch(const Call &call, const Array &input, const Array &a,
                     const Array &b, double beta, double alpha,
                     std::string_view precision, const Array &out) {
    const bool on_host = a.device().kind == Device::Kind::host;
    if (((alpha == 1 && beta == 1) || !on_host) &&
        adds_to_few_rows(input, a, b, out))
      return add_to_few_rows(
          call,
          {.x = a, .weight = b.transpose(0, 1), .out = out, .bias = input},
          alpha, beta);
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
