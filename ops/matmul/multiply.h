// SPDX-License-Identifier: Apache-2.0
// Products of matrices and nothing else, by the way that suits their shapes.
#pragma once

#include "girih/ops/matmul/product.h"

namespace girih::ops {

inline constexpr DType factor_dtypes[] = {bf16, f64, f32, f16, i8,
                                          i32,  i64, i16, u8};

/// The result of i8 is i32, which its matrix units give; other integers wrap.
inline DType product_dtype(DType dtype) { return dtype == i8 ? i32 : dtype; }

/// Checks devices, dtypes and that all are there, before shapes. [device]
/// [dtype]
void check_factors(const Call &call, const Argument &a, const Argument &b,
                   std::span<const DType> dtypes = factor_dtypes);
/// Checks that the inner sizes agree. [shape]
void check_inner(const Call &call, const Argument &a, const Argument &b,
                 std::int64_t of_a, std::int64_t of_b);

/// out[..., M, N] = a[..., M, K] b[..., K, N]: the same leading dimensions.
void multiply(const Call &call, Array a, const Array &b, Array out, bool tf32);

std::vector<KernelEntry> multiply_entries();

} // namespace girih::ops
