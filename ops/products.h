// SPDX-License-Identifier: Apache-2.0
// Matrix products. See ops.h for what holds for all operators.
#pragma once

#include "girih/runtime/array.h"
#include "girih/runtime/stream.h"

#include <optional>
#include <source_location>
#include <string_view>

namespace girih::ops {

// Sums are kept in f32, in f64 for f64, and rounded once to the result's dtype,
// that of the operands. Integers wrap; of i8 the result is i32. An inner size
// of 0 gives zeros. `precision` is "ieee" or "tf32": the latter allows f32
// operands to be rounded to tf32, which GPUs multiply faster.

/// Matrix product, `out[..., m, n] = sum over k of a[..., m, k] * b[..., k,
/// n]`. Leading dimensions broadcast. One or both operands may be vectors: [K]
/// with [K, N] gives [N], [M, K] with [K] gives [M], [K] with [K] gives a
/// scalar of shape []. Dtypes, equal for both: floats and integers.
Array matmul(const Array &a, const Array &b,
             std::string_view precision = "ieee", const Stream &stream = {},
             std::source_location where = std::source_location::current());
/// The same into `out`.
void matmul_out(const Array &a, const Array &b, const Array &out,
                std::string_view precision = "ieee", const Stream &stream = {},
                std::source_location where = std::source_location::current());

/// matmul() of two matrices, a[M, K] and b[K, N].
Array mm(const Array &a, const Array &b, std::string_view precision = "ieee",
         const Stream &stream = {},
         std::source_location where = std::source_location::current());
void mm_out(const Array &a, const Array &b, const Array &out,
            std::string_view precision = "ieee", const Stream &stream = {},
            std::source_location where = std::source_location::current());

/// matmul() of batches of matrices, a[B, M, K] and b[B, K, N].
Array bmm(const Array &a, const Array &b, std::string_view precision = "ieee",
          const Stream &stream = {},
          std::source_location where = std::source_location::current());
void bmm_out(const Array &a, const Array &b, const Array &out,
             std::string_view precision = "ieee", const Stream &stream = {},
             std::source_location where = std::source_location::current());

/// matmul() of a matrix a[M, K] and a vector x[K].
Array mv(const Array &a, const Array &x, const Stream &stream = {},
         std::source_location where = std::source_location::current());
void mv_out(const Array &a, const Array &x, const Array &out,
            const Stream &stream = {},
            std::source_location where = std::source_location::current());

/// `beta * input + alpha * a b` of matrices a[M, K] and b[K, N]; input
/// broadcasts to [M, N], and with beta 0 is not read. Dtypes, equal for a and
/// b: floats, and integers with integers, whose alpha and beta are whole.
Array addmm(const Array &input, const Array &a, const Array &b, double beta = 1,
            double alpha = 1, std::string_view precision = "ieee",
            const Stream &stream = {},
            std::source_location where = std::source_location::current());
void addmm_out(const Array &input, const Array &a, const Array &b,
               const Array &out, double beta = 1, double alpha = 1,
               std::string_view precision = "ieee", const Stream &stream = {},
               std::source_location where = std::source_location::current());

/// addmm() of batches of matrices, a[B, M, K] and b[B, K, N].
Array baddbmm(const Array &input, const Array &a, const Array &b,
              double beta = 1, double alpha = 1,
              std::string_view precision = "ieee", const Stream &stream = {},
              std::source_location where = std::source_location::current());
void baddbmm_out(const Array &input, const Array &a, const Array &b,
                 const Array &out, double beta = 1, double alpha = 1,
                 std::string_view precision = "ieee", const Stream &stream = {},
                 std::source_location where = std::source_location::current());

/// addmm() of a matrix a[M, K] and a vector x[K]; input broadcasts to [M].
Array addmv(const Array &input, const Array &a, const Array &x, double beta = 1,
            double alpha = 1, std::string_view precision = "ieee",
            const Stream &stream = {},
            std::source_location where = std::source_location::current());
void addmv_out(const Array &input, const Array &a, const Array &x,
               const Array &out, double beta = 1, double alpha = 1,
               std::string_view precision = "ieee", const Stream &stream = {},
               std::source_location where = std::source_location::current());

/// `f(x weight^T + bias)` for x[..., K], weight[N, K] and bias[N], or none.
/// `activation`, the f, is "none", "relu", "gelu", "gelu_tanh" or "silu",
/// applied before the one rounding. Dtypes: f64 f32 f16 bf16, equal for x and
/// weight. Few rows of x are as fast as weight can be read. Of weight[K] and
/// bias[] the result has the shape of x without its last dimension.
Array linear(const Array &x, const Array &weight,
             const std::optional<Array> &bias = {},
             std::string_view activation = "none",
             std::string_view precision = "ieee", const Stream &stream = {},
             std::source_location where = std::source_location::current());
void linear_out(const Array &x, const Array &weight, const Array &out,
                const std::optional<Array> &bias = {},
                std::string_view activation = "none",
                std::string_view precision = "ieee", const Stream &stream = {},
                std::source_location where = std::source_location::current());

/// `silu(x gate^T) * (x up^T)` for x[..., K] and gate_up_weight[2 N, K], whose
/// first N rows are the gate: one launch, one rounding. Dtypes: f64 f32 f16
/// bf16, equal for both.
Array linear_swiglu(
    const Array &x, const Array &gate_up_weight, const Stream &stream = {},
    std::source_location where = std::source_location::current());
void linear_swiglu_out(
    const Array &x, const Array &gate_up_weight, const Array &out,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// linear() of rms_norm(x): `x * rsqrt(mean(x^2) + eps) * norm_weight`, the
/// mean over the last dimension of x[..., K], norm_weight[K]. Few rows on a GPU
/// are normed on their way, in one launch and without a rounding; others
/// before, rounded to their dtype.
Array rms_norm_linear(
    const Array &x, const Array &norm_weight, const Array &weight,
    const std::optional<Array> &bias = {}, double eps = 1e-6,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());
void rms_norm_linear_out(
    const Array &x, const Array &norm_weight, const Array &weight,
    const Array &out, const std::optional<Array> &bias = {}, double eps = 1e-6,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// linear_swiglu() of the same.
Array rms_norm_linear_swiglu(
    const Array &x, const Array &norm_weight, const Array &gate_up_weight,
    double eps = 1e-6, const Stream &stream = {},
    std::source_location where = std::source_location::current());
void rms_norm_linear_swiglu_out(
    const Array &x, const Array &norm_weight, const Array &gate_up_weight,
    const Array &out, double eps = 1e-6, const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// Products of groups of rows, each with a matrix of its own: `out[t] = a[t]
/// b[e]` for a[T, K], b[E, K, N] and offs[E], i32 or i64, where each group of
/// rows ends; e is the first with t < offs[e]. Rows behind the last group are
/// 0. Dtypes: f64 f32 f16 bf16, equal for a and b.
Array grouped_mm(const Array &a, const Array &b, const Array &offs,
                 const Stream &stream = {},
                 std::source_location where = std::source_location::current());
void grouped_mm_out(
    const Array &a, const Array &b, const Array &offs, const Array &out,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

} // namespace girih::ops
