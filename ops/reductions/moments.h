// SPDX-License-Identifier: Apache-2.0
// Variance: count, mean and sum of squared distances, by Welford's method in
// each lane and Chan's between lanes.
#pragma once

#include "girih/ops/reductions/dims_reduction.h"

namespace girih::ops::moments {

/// The variance, or its square root. The number is the correction.
Reduction spread(std::string name, bool root);

/// var and std: (x, dim, correction, keepdim).
template <class Op> struct Spread {
  static Shaped result(const Call &call, const Array &x, const DimList &dim,
                       double, bool keepdim) {
    call.check_same_device({{"x", x}});
    call.check_dtype({"x", x}, floats);
    return {reduced_shape(x, call.check_dims({"x", x}, dim), keepdim),
            x.dtype()};
  }
  static void launch(const Call &call, const Array &x, const DimList &dim,
                     double correction, bool keepdim, const Array &out) {
    const Array number = Array::scalar(correction, accumulator(x.dtype()));
    launch_reduction(call, Op::kernels(), x, call.check_dims({"x", x}, dim),
                     keepdim, {&number, 1}, {&out, 1});
  }
};

} // namespace girih::ops::moments
