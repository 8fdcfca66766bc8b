// SPDX-License-Identifier: Apache-2.0
// Operators of several arrays, element by element. See ops.h for what holds for
// all. Shapes broadcast as in PyTorch, dtypes are promoted; a number stands for
// an array of shape [] and adopts the dtype of the arrays, or f32 where it is a
// fraction beside integers. f16 and bf16 are computed in f32 and rounded once.
#pragma once

#include "girih/ops/value.h"
#include "girih/runtime/stream.h"

#include <cstdint>
#include <optional>
#include <source_location>
#include <string_view>

namespace girih::ops {

/// `out = a - alpha * b`. Integers wrap. alpha is a number, an integer where
/// the result is one. Dtypes: floats and integers.
Array sub(const ArrayOrNumber &a, const ArrayOrNumber &b,
          const ArrayOrNumber &alpha = 1, const Stream &stream = {},
          std::source_location where = std::source_location::current());
/// The same into `out`.
void sub_out(const ArrayOrNumber &a, const ArrayOrNumber &b, const Array &out,
             const ArrayOrNumber &alpha = 1, const Stream &stream = {},
             std::source_location where = std::source_location::current());

/// `out = a * b`. Integers wrap; of bools both must be true.
Array mul(const ArrayOrNumber &a, const ArrayOrNumber &b,
          const Stream &stream = {},
          std::source_location where = std::source_location::current());
/// The same into `out`.
void mul_out(const ArrayOrNumber &a, const ArrayOrNumber &b, const Array &out,
             const Stream &stream = {},
             std::source_location where = std::source_location::current());

/// `out = a / b`; integers and bools give f32. With rounding_mode "trunc"
/// (towards 0) or "floor" (downwards) a whole number, and integers stay
/// integers: by 0 they give 0.
Array div(const ArrayOrNumber &a, const ArrayOrNumber &b,
          std::optional<std::string_view> rounding_mode = {},
          const Stream &stream = {},
          std::source_location where = std::source_location::current());
/// The same into `out`.
void div_out(const ArrayOrNumber &a, const ArrayOrNumber &b, const Array &out,
             std::optional<std::string_view> rounding_mode = {},
             const Stream &stream = {},
             std::source_location where = std::source_location::current());

/// The remainder with the sign of b, as Python's `%`: NaN of a float by 0, and
/// of an integer by 0 the dividend.
Array remainder(const ArrayOrNumber &a, const ArrayOrNumber &b,
                const Stream &stream = {},
                std::source_location where = std::source_location::current());
/// The same into `out`.
void remainder_out(
    const ArrayOrNumber &a, const ArrayOrNumber &b, const Array &out,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// The remainder with the sign of a, as C's `fmod`: NaN of a float by 0, and of
/// an integer by 0 the dividend.
Array fmod(const ArrayOrNumber &a, const ArrayOrNumber &b,
           const Stream &stream = {},
           std::source_location where = std::source_location::current());
/// The same into `out`.
void fmod_out(const ArrayOrNumber &a, const ArrayOrNumber &b, const Array &out,
              const Stream &stream = {},
              std::source_location where = std::source_location::current());

/// `out = a ^ b`. Integers wrap, and of a negative exponent give 0 but for 1
/// and -1; beside integers the number b is not negative. Dtypes: floats and
/// integers.
Array pow(const ArrayOrNumber &a, const ArrayOrNumber &b,
          const Stream &stream = {},
          std::source_location where = std::source_location::current());
/// The same into `out`.
void pow_out(const ArrayOrNumber &a, const ArrayOrNumber &b, const Array &out,
             const Stream &stream = {},
             std::source_location where = std::source_location::current());

/// The larger one; NaN where either is. Dtypes: floats, integers, bool.
Array maximum(const ArrayOrNumber &a, const ArrayOrNumber &b,
              const Stream &stream = {},
              std::source_location where = std::source_location::current());
/// The same into `out`.
void maximum_out(const ArrayOrNumber &a, const ArrayOrNumber &b,
                 const Array &out, const Stream &stream = {},
                 std::source_location where = std::source_location::current());

/// The smaller one; NaN where either is. Dtypes: floats, integers, bool.
Array minimum(const ArrayOrNumber &a, const ArrayOrNumber &b,
              const Stream &stream = {},
              std::source_location where = std::source_location::current());
/// The same into `out`.
void minimum_out(const ArrayOrNumber &a, const ArrayOrNumber &b,
                 const Array &out, const Stream &stream = {},
                 std::source_location where = std::source_location::current());

/// The larger one; where one is NaN, the other. Dtypes: floats, integers, bool.
Array fmax(const ArrayOrNumber &a, const ArrayOrNumber &b,
           const Stream &stream = {},
           std::source_location where = std::source_location::current());
/// The same into `out`.
void fmax_out(const ArrayOrNumber &a, const ArrayOrNumber &b, const Array &out,
              const Stream &stream = {},
              std::source_location where = std::source_location::current());

/// The smaller one; where one is NaN, the other. Dtypes: floats, integers,
/// bool.
Array fmin(const ArrayOrNumber &a, const ArrayOrNumber &b,
           const Stream &stream = {},
           std::source_location where = std::source_location::current());
/// The same into `out`.
void fmin_out(const ArrayOrNumber &a, const ArrayOrNumber &b, const Array &out,
              const Stream &stream = {},
              std::source_location where = std::source_location::current());

/// Whether a is equal to b. Gives bool; NaN is unequal to everything.
Array eq(const ArrayOrNumber &a, const ArrayOrNumber &b,
         const Stream &stream = {},
         std::source_location where = std::source_location::current());
/// The same into `out`.
void eq_out(const ArrayOrNumber &a, const ArrayOrNumber &b, const Array &out,
            const Stream &stream = {},
            std::source_location where = std::source_location::current());

/// Whether a is unequal to b. Gives bool; NaN is unequal to everything.
Array ne(const ArrayOrNumber &a, const ArrayOrNumber &b,
         const Stream &stream = {},
         std::source_location where = std::source_location::current());
/// The same into `out`.
void ne_out(const ArrayOrNumber &a, const ArrayOrNumber &b, const Array &out,
            const Stream &stream = {},
            std::source_location where = std::source_location::current());

/// Whether a is below b. Gives bool; NaN is unequal to everything.
Array lt(const ArrayOrNumber &a, const ArrayOrNumber &b,
         const Stream &stream = {},
         std::source_location where = std::source_location::current());
/// The same into `out`.
void lt_out(const ArrayOrNumber &a, const ArrayOrNumber &b, const Array &out,
            const Stream &stream = {},
            std::source_location where = std::source_location::current());

/// Whether a is below or equal to b. Gives bool; NaN is unequal to everything.
Array le(const ArrayOrNumber &a, const ArrayOrNumber &b,
         const Stream &stream = {},
         std::source_location where = std::source_location::current());
/// The same into `out`.
void le_out(const ArrayOrNumber &a, const ArrayOrNumber &b, const Array &out,
            const Stream &stream = {},
            std::source_location where = std::source_location::current());

/// Whether a is above b. Gives bool; NaN is unequal to everything.
Array gt(const ArrayOrNumber &a, const ArrayOrNumber &b,
         const Stream &stream = {},
         std::source_location where = std::source_location::current());
/// The same into `out`.
void gt_out(const ArrayOrNumber &a, const ArrayOrNumber &b, const Array &out,
            const Stream &stream = {},
            std::source_location where = std::source_location::current());

/// Whether a is above or equal to b. Gives bool; NaN is unequal to everything.
Array ge(const ArrayOrNumber &a, const ArrayOrNumber &b,
         const Stream &stream = {},
         std::source_location where = std::source_location::current());
/// The same into `out`.
void ge_out(const ArrayOrNumber &a, const ArrayOrNumber &b, const Array &out,
            const Stream &stream = {},
            std::source_location where = std::source_location::current());

/// `out = a & b`, bit by bit. Dtypes: integers, bool.
Array bitwise_and(const ArrayOrNumber &a, const ArrayOrNumber &b,
                  const Stream &stream = {},
                  std::source_location where = std::source_location::current());
/// The same into `out`.
void bitwise_and_out(
    const ArrayOrNumber &a, const ArrayOrNumber &b, const Array &out,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// `out = a | b`, bit by bit. Dtypes: integers, bool.
Array bitwise_or(const ArrayOrNumber &a, const ArrayOrNumber &b,
                 const Stream &stream = {},
                 std::source_location where = std::source_location::current());
/// The same into `out`.
void bitwise_or_out(
    const ArrayOrNumber &a, const ArrayOrNumber &b, const Array &out,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// `out = a ^ b`, bit by bit. Dtypes: integers, bool.
Array bitwise_xor(const ArrayOrNumber &a, const ArrayOrNumber &b,
                  const Stream &stream = {},
                  std::source_location where = std::source_location::current());
/// The same into `out`.
void bitwise_xor_out(
    const ArrayOrNumber &a, const ArrayOrNumber &b, const Array &out,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// Whether both are not 0. Gives bool; NaN is not 0.
Array logical_and(const ArrayOrNumber &a, const ArrayOrNumber &b,
                  const Stream &stream = {},
                  std::source_location where = std::source_location::current());
/// The same into `out`.
void logical_and_out(
    const ArrayOrNumber &a, const ArrayOrNumber &b, const Array &out,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// Whether either is not 0. Gives bool; NaN is not 0.
Array logical_or(const ArrayOrNumber &a, const ArrayOrNumber &b,
                 const Stream &stream = {},
                 std::source_location where = std::source_location::current());
/// The same into `out`.
void logical_or_out(
    const ArrayOrNumber &a, const ArrayOrNumber &b, const Array &out,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// Whether exactly one of both is not 0. Gives bool; NaN is not 0.
Array logical_xor(const ArrayOrNumber &a, const ArrayOrNumber &b,
                  const Stream &stream = {},
                  std::source_location where = std::source_location::current());
/// The same into `out`.
void logical_xor_out(
    const ArrayOrNumber &a, const ArrayOrNumber &b, const Array &out,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// `out = condition ? a : b`, element by element, of a bool array; two numbers
/// give bool, i64 or f32. Dtypes of a and b: floats, integers, bool.
Array where(const Array &condition, const ArrayOrNumber &a,
            const ArrayOrNumber &b, const Stream &stream = {},
            std::source_location where = std::source_location::current());
/// The same into `out`.
void where_out(const Array &condition, const ArrayOrNumber &a,
               const ArrayOrNumber &b, const Array &out,
               const Stream &stream = {},
               std::source_location where = std::source_location::current());

/// `out = start + weight * (end - start)`, exact at both ends. Dtypes: floats.
Array lerp(const Array &start, const Array &end, const ArrayOrNumber &weight,
           const Stream &stream = {},
           std::source_location where = std::source_location::current());
/// The same into `out`.
void lerp_out(const Array &start, const Array &end, const ArrayOrNumber &weight,
              const Array &out, const Stream &stream = {},
              std::source_location where = std::source_location::current());

/// `out = x + value * a * b`. Integers wrap, and take an integer as value.
/// Dtypes: floats and integers.
Array addcmul(const Array &x, const Array &a, const Array &b,
              const ArrayOrNumber &value = 1, const Stream &stream = {},
              std::source_location where = std::source_location::current());
/// The same into `out`.
void addcmul_out(const Array &x, const Array &a, const Array &b,
                 const Array &out, const ArrayOrNumber &value = 1,
                 const Stream &stream = {},
                 std::source_location where = std::source_location::current());

/// `out = x + value * (a / b)`. Dtypes: floats.
Array addcdiv(const Array &x, const Array &a, const Array &b,
              const ArrayOrNumber &value = 1, const Stream &stream = {},
              std::source_location where = std::source_location::current());
/// The same into `out`.
void addcdiv_out(const Array &x, const Array &a, const Array &b,
                 const Array &out, const ArrayOrNumber &value = 1,
                 const Stream &stream = {},
                 std::source_location where = std::source_location::current());

} // namespace girih::ops
