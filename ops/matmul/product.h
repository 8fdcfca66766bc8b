// SPDX-License-Identifier: Apache-2.0
// Matrix products with what is done to their result before it is rounded:
// out = f(alpha * a b + beta * c), of matrices and of batches of them.
#pragma once

#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/matmul/activation.h"

namespace girih::ops {

/// The type that a product is summed in. Integers wrap.
inline DType accumulator(DType dtype) {
  return is_float(dtype) ? computed(dtype) : dtype == i64 ? i64 : i32;
}

/// Whether it is f16 or bf16, as matrix units take them.
inline bool is_half(DType dtype) {
  return is_float(dtype) && bits(dtype) == 16;
}

/// a[..., M, K], b[..., K, N] and out[..., M, N] have the same leading
/// dimensions, repeated ones with stride 0. `c` broadcasts to out; one
/// of shape [N] is cheapest.
struct Product {
  Array a, b, out;
  std::optional<Array> c;
  double alpha = 1, beta = 1;
  Activation activation = Activation::none;
  bool tf32 = false;
};

void launch_product(const Call &call, const Product &product);

/// Of f32 sums on CUDA cores: narrower than the default, whose registers hold
/// no more than the sums.
Config config_of_f32(std::int64_t rows);

/// Whether a[M, K] b[K, N] has so few rows that warp groups, which multiply 64,
/// would have most empty, and lies in memory along K, so that the transposed
/// product is theirs.
bool has_few_rows(const Array &a, const Array &b, const Array &out);

/// Whether it is launched as the product of the transposed matrices: few rows,
/// of which warp groups, which multiply 64, would have most empty.
bool suits_transposed(const Product &product);

/// Whether precision, 'ieee' or 'tf32', allows tf32. [argument]
bool allows_tf32(const Call &call, std::string_view precision);

/// Joins the leading dimensions of a and out where they lie in memory as one,
/// so that a batch of short matrices with one b is one tall matrix. Both have
/// two dimensions or more; gives whether it could.
bool join_rows(Array &a, Array &out);

std::vector<KernelEntry> product_entries();
std::vector<KernelEntry> split_product_entries();

} // namespace girih::ops
