// SPDX-License-Identifier: Apache-2.0
// The operators: names and semantics are PyTorch's where PyTorch has the op.
//
// What holds for all of them:
// - Arrays may have any strides; nothing is copied to make them contiguous.
//   All arrays of a call are on one device, and the op runs there: on the host
//   it returns when done, on a GPU when submitted to `stream`.
// - A form that returns an Array allocates it, row major, in `stream`'s order.
//   The `_out` form writes into `out`, which must have the right shape and
//   dtype and must not share memory with an input.
// - Empty results return at once, without a launch.
// - Bad arguments throw RuntimeError. Its text names the op, the argument and
//   the shapes: `add: a and b cannot be broadcast together: a is f32[3, 4] on
//   host, b is f32[5] on host`. The last parameter is the line of the call, for
//   errors; leave it to its default.
#pragma once

#include "girih/runtime/array.h"
#include "girih/runtime/stream.h"

#include <source_location>

namespace girih::ops {

/// Elementwise sum, `out[i...] = a[i...] + b[i...]`. Shapes broadcast as in
/// PyTorch; the result's dtype is promote(a, b). Integers wrap. Dtypes: f64 f32
/// f16 bf16 i64 i32 i16 i8 u8.
Array add(const Array &a, const Array &b, const Stream &stream = {},
          std::source_location where = std::source_location::current());
/// The same into `out`.
void add_out(const Array &a, const Array &b, const Array &out,
             const Stream &stream = {},
             std::source_location where = std::source_location::current());

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
