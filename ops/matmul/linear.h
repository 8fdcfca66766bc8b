// SPDX-License-Identifier: Apache-2.0
// What layers x weight^T share: checks and views.
#pragma once

#include "girih/ops/matmul/multiply.h"

namespace girih::ops {

/// x[..., K] with a weight[N, K]. [device] [dtype] [shape]
inline void check_linear(const Call &call, const Array &x,
                         const Argument &weight) {
  check_factors(call, {"x", x}, weight, floats);
  call.check_rank({"x", x}, 1, max_rank);
  call.check_shape(weight, {-1, x.size(-1)}, {{"x", x}});
}

/// The weight of a norm of x, of its dtype: [K]. [device] [dtype] [shape]
inline void check_norm_weight(const Call &call, const Array &x,
                              const Argument &norm) {
  call.check_same_device({{"x", x}, norm});
  call.check_same_dtype({"x", x}, norm);
  call.check_shape(norm, {x.size(-1)}, {{"x", x}});
}

/// As many rows for gates as for the values that they scale. [shape]
inline void check_gate_up(const Call &call, const Argument &weight) {
  if (weight.array->size(0) % 2 != 0)
    call.fail(ErrorId::shape,
              std::string(weight.name) +
                  " must have as many rows for gates as for the values that "
                  "they scale",
              {weight});
}

/// The shape of x with another last size.
inline Shaped linear_result(const Array &x, std::int64_t columns) {
  Shaped out{dims_of(x.shape()), x.dtype()};
  out.shape.sizes[static_cast<std::size_t>(x.rank() - 1)] = columns;
  return out;
}

/// x and out as matrices, or as batches of them where rows do not lie evenly.
struct LinearViews {
  LinearViews(const Array &given, const Array &result)
      : x(given.rank() == 1 ? unsqueezed(given, 0) : given),
        out(given.rank() == 1 ? unsqueezed(result, 0) : result),
        joined(join_rows(x, out)) {}

  /// weight^T, repeated for each of the batch.
  Array factor(const Array &weight) const {
    const Array transposed = weight.transpose(0, 1);
    if (x.rank() == 2)
      return transposed;
    Dims shape = dims_of(out.shape());
    shape.sizes[static_cast<std::size_t>(shape.rank - 2)] = x.size(-1);
    return transposed.broadcast_to(shape);
  }

  Array x, out;
  bool joined;
};

} // namespace girih::ops
