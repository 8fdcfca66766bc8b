// SPDX-License-Identifier: Apache-2.0
// Matrix products. See ops.h for what holds for all operators.
#pragma once

#include "girih/runtime/array.h"
#include "girih/runtime/stream.h"

#include <source_location>

namespace girih::ops {

/// Matrix product, `out[m, n] = sum over k of a[m, k] * b[k, n]`. One or both
/// operands may be vectors: [K] with [K, N] gives [N], [M, K] with [K] gives
/// [M], [K] with [K] gives a scalar of shape []. Sums are kept in f32, in f64
/// for f64 and in i32 for i8, and rounded once to the result's dtype: that of
/// the operands, i32 for i8. An inner size of 0 gives zeros. Dtypes, equal for
/// both: f64 f32 f16 bf16 i8.
Array matmul(const Array &a, const Array &b, const Stream &stream = {},
             std::source_location where = std::source_location::current());
/// The same into `out`.
void matmul_out(const Array &a, const Array &b, const Array &out,
                const Stream &stream = {},
                std::source_location where = std::source_location::current());

} // namespace girih::ops
