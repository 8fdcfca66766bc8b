// SPDX-License-Identifier: Apache-2.0
// Operators of one array, element by element. See ops.h for what holds for all.
// f16 and bf16 are computed in f32 and rounded once, f64 in f64.
#pragma once

#include "girih/runtime/array.h"
#include "girih/runtime/stream.h"

#include <cstdint>
#include <source_location>

namespace girih::ops {

/// The absolute value; of the smallest integer, which has none, itself. Dtypes:
/// floats and integers.
Array abs(const Array &x, const Stream &stream = {},
          std::source_location where = std::source_location::current());
/// The same into `out`.
void abs_out(const Array &x, const Array &out, const Stream &stream = {},
             std::source_location where = std::source_location::current());

/// `out = -x`; integers wrap. Dtypes: floats and integers.
Array neg(const Array &x, const Stream &stream = {},
          std::source_location where = std::source_location::current());
/// The same into `out`.
void neg_out(const Array &x, const Array &out, const Stream &stream = {},
             std::source_location where = std::source_location::current());

/// `out = e^x`. Integers and bools give f32.
Array exp(const Array &x, const Stream &stream = {},
          std::source_location where = std::source_location::current());
/// The same into `out`.
void exp_out(const Array &x, const Array &out, const Stream &stream = {},
             std::source_location where = std::source_location::current());

/// `out = 2^x`. Integers and bools give f32.
Array exp2(const Array &x, const Stream &stream = {},
           std::source_location where = std::source_location::current());
/// The same into `out`.
void exp2_out(const Array &x, const Array &out, const Stream &stream = {},
              std::source_location where = std::source_location::current());

/// `out = e^x - 1`, exact to the last places near 0. Integers and bools give
/// f32.
Array expm1(const Array &x, const Stream &stream = {},
            std::source_location where = std::source_location::current());
/// The same into `out`.
void expm1_out(const Array &x, const Array &out, const Stream &stream = {},
               std::source_location where = std::source_location::current());

/// The natural logarithm: NaN below 0, minus infinity of 0. Integers and bools
/// give f32.
Array log(const Array &x, const Stream &stream = {},
          std::source_location where = std::source_location::current());
/// The same into `out`.
void log_out(const Array &x, const Array &out, const Stream &stream = {},
             std::source_location where = std::source_location::current());

/// The logarithm to base 2: NaN below 0, minus infinity of 0. Integers and
/// bools give f32.
Array log2(const Array &x, const Stream &stream = {},
           std::source_location where = std::source_location::current());
/// The same into `out`.
void log2_out(const Array &x, const Array &out, const Stream &stream = {},
              std::source_location where = std::source_location::current());

/// `out = ln(1 + x)`, exact to the last places near 0. Integers and bools give
/// f32.
Array log1p(const Array &x, const Stream &stream = {},
            std::source_location where = std::source_location::current());
/// The same into `out`.
void log1p_out(const Array &x, const Array &out, const Stream &stream = {},
               std::source_location where = std::source_location::current());

/// The square root, correctly rounded; NaN below 0. Integers and bools give
/// f32.
Array sqrt(const Array &x, const Stream &stream = {},
           std::source_location where = std::source_location::current());
/// The same into `out`.
void sqrt_out(const Array &x, const Array &out, const Stream &stream = {},
              std::source_location where = std::source_location::current());

/// `out = 1 / sqrt(x)`: NaN below 0, infinity of 0. Integers and bools give
/// f32.
Array rsqrt(const Array &x, const Stream &stream = {},
            std::source_location where = std::source_location::current());
/// The same into `out`.
void rsqrt_out(const Array &x, const Array &out, const Stream &stream = {},
               std::source_location where = std::source_location::current());

/// `out = 1 / x`, infinite of 0. Integers and bools give f32.
Array reciprocal(const Array &x, const Stream &stream = {},
                 std::source_location where = std::source_location::current());
/// The same into `out`.
void reciprocal_out(
    const Array &x, const Array &out, const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// The sine of an angle in radians. Integers and bools give f32.
Array sin(const Array &x, const Stream &stream = {},
          std::source_location where = std::source_location::current());
/// The same into `out`.
void sin_out(const Array &x, const Array &out, const Stream &stream = {},
             std::source_location where = std::source_location::current());

/// The cosine of an angle in radians. Integers and bools give f32.
Array cos(const Array &x, const Stream &stream = {},
          std::source_location where = std::source_location::current());
/// The same into `out`.
void cos_out(const Array &x, const Array &out, const Stream &stream = {},
             std::source_location where = std::source_location::current());

/// The tangent of an angle in radians. Integers and bools give f32.
Array tan(const Array &x, const Stream &stream = {},
          std::source_location where = std::source_location::current());
/// The same into `out`.
void tan_out(const Array &x, const Array &out, const Stream &stream = {},
             std::source_location where = std::source_location::current());

/// The hyperbolic sine. Integers and bools give f32.
Array sinh(const Array &x, const Stream &stream = {},
           std::source_location where = std::source_location::current());
/// The same into `out`.
void sinh_out(const Array &x, const Array &out, const Stream &stream = {},
              std::source_location where = std::source_location::current());

/// The hyperbolic cosine. Integers and bools give f32.
Array cosh(const Array &x, const Stream &stream = {},
           std::source_location where = std::source_location::current());
/// The same into `out`.
void cosh_out(const Array &x, const Array &out, const Stream &stream = {},
              std::source_location where = std::source_location::current());

/// The hyperbolic tangent. Integers and bools give f32.
Array tanh(const Array &x, const Stream &stream = {},
           std::source_location where = std::source_location::current());
/// The same into `out`.
void tanh_out(const Array &x, const Array &out, const Stream &stream = {},
              std::source_location where = std::source_location::current());

/// The inverse of the sine, in [-pi/2, pi/2]; NaN beyond [-1, 1]. Integers and
/// bools give f32.
Array asin(const Array &x, const Stream &stream = {},
           std::source_location where = std::source_location::current());
/// The same into `out`.
void asin_out(const Array &x, const Array &out, const Stream &stream = {},
              std::source_location where = std::source_location::current());

/// The inverse of the cosine, in [0, pi]; NaN beyond [-1, 1]. Integers and
/// bools give f32.
Array acos(const Array &x, const Stream &stream = {},
           std::source_location where = std::source_location::current());
/// The same into `out`.
void acos_out(const Array &x, const Array &out, const Stream &stream = {},
              std::source_location where = std::source_location::current());

/// The inverse of the tangent, in [-pi/2, pi/2]. Integers and bools give f32.
Array atan(const Array &x, const Stream &stream = {},
           std::source_location where = std::source_location::current());
/// The same into `out`.
void atan_out(const Array &x, const Array &out, const Stream &stream = {},
              std::source_location where = std::source_location::current());

/// The inverse of the hyperbolic sine. Integers and bools give f32.
Array asinh(const Array &x, const Stream &stream = {},
            std::source_location where = std::source_location::current());
/// The same into `out`.
void asinh_out(const Array &x, const Array &out, const Stream &stream = {},
               std::source_location where = std::source_location::current());

/// The inverse of the hyperbolic cosine; NaN below 1. Integers and bools give
/// f32.
Array acosh(const Array &x, const Stream &stream = {},
            std::source_location where = std::source_location::current());
/// The same into `out`.
void acosh_out(const Array &x, const Array &out, const Stream &stream = {},
               std::source_location where = std::source_location::current());

/// The inverse of the hyperbolic tangent; NaN beyond [-1, 1]. Integers and
/// bools give f32.
Array atanh(const Array &x, const Stream &stream = {},
            std::source_location where = std::source_location::current());
/// The same into `out`.
void atanh_out(const Array &x, const Array &out, const Stream &stream = {},
               std::source_location where = std::source_location::current());

/// The error function, `2 / sqrt(pi)` times the integral of `e^(-t^2)` from 0
/// to x. Integers and bools give f32.
Array erf(const Array &x, const Stream &stream = {},
          std::source_location where = std::source_location::current());
/// The same into `out`.
void erf_out(const Array &x, const Array &out, const Stream &stream = {},
             std::source_location where = std::source_location::current());

/// Rounds to a whole number, downwards. Integers stay as they are.
Array floor(const Array &x, const Stream &stream = {},
            std::source_location where = std::source_location::current());
/// The same into `out`.
void floor_out(const Array &x, const Array &out, const Stream &stream = {},
               std::source_location where = std::source_location::current());

/// Rounds to a whole number, upwards. Integers stay as they are.
Array ceil(const Array &x, const Stream &stream = {},
           std::source_location where = std::source_location::current());
/// The same into `out`.
void ceil_out(const Array &x, const Array &out, const Stream &stream = {},
              std::source_location where = std::source_location::current());

/// Rounds to a whole number, towards 0. Integers stay as they are.
Array trunc(const Array &x, const Stream &stream = {},
            std::source_location where = std::source_location::current());
/// The same into `out`.
void trunc_out(const Array &x, const Array &out, const Stream &stream = {},
               std::source_location where = std::source_location::current());

/// Rounds to the nearest number of `decimals` decimal places, halves to even:
/// 2.345 with one gives 2.3, 25 with -1 gives 20. Integers stay as they are and
/// take no decimals.
Array round(const Array &x, std::int64_t decimals = 0,
            const Stream &stream = {},
            std::source_location where = std::source_location::current());
/// The same into `out`.
void round_out(const Array &x, const Array &out, std::int64_t decimals = 0,
               const Stream &stream = {},
               std::source_location where = std::source_location::current());

/// -1, 0 or 1, the sign of x; 0 of NaN. Dtypes: floats, integers, bool.
Array sign(const Array &x, const Stream &stream = {},
           std::source_location where = std::source_location::current());
/// The same into `out`.
void sign_out(const Array &x, const Array &out, const Stream &stream = {},
              std::source_location where = std::source_location::current());

/// As sign(), which it is for real numbers.
Array sgn(const Array &x, const Stream &stream = {},
          std::source_location where = std::source_location::current());
/// The same into `out`.
void sgn_out(const Array &x, const Array &out, const Stream &stream = {},
             std::source_location where = std::source_location::current());

/// Whether the sign bit is set, as it is in -0 and in some NaN. Gives bool.
Array signbit(const Array &x, const Stream &stream = {},
              std::source_location where = std::source_location::current());
/// The same into `out`.
void signbit_out(const Array &x, const Array &out, const Stream &stream = {},
                 std::source_location where = std::source_location::current());

/// Whether x is NaN. Gives bool; false for integers.
Array isnan(const Array &x, const Stream &stream = {},
            std::source_location where = std::source_location::current());
/// The same into `out`.
void isnan_out(const Array &x, const Array &out, const Stream &stream = {},
               std::source_location where = std::source_location::current());

/// Whether x is plus or minus infinity. Gives bool; false for integers.
Array isinf(const Array &x, const Stream &stream = {},
            std::source_location where = std::source_location::current());
/// The same into `out`.
void isinf_out(const Array &x, const Array &out, const Stream &stream = {},
               std::source_location where = std::source_location::current());

/// Whether x is neither infinite nor NaN. Gives bool; true for integers.
Array isfinite(const Array &x, const Stream &stream = {},
               std::source_location where = std::source_location::current());
/// The same into `out`.
void isfinite_out(const Array &x, const Array &out, const Stream &stream = {},
                  std::source_location where = std::source_location::current());

/// Inverts the bits of integers, and bools. Dtypes: integers, bool.
Array bitwise_not(const Array &x, const Stream &stream = {},
                  std::source_location where = std::source_location::current());
/// The same into `out`.
void bitwise_not_out(
    const Array &x, const Array &out, const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// Whether x is 0. Gives bool.
Array logical_not(const Array &x, const Stream &stream = {},
                  std::source_location where = std::source_location::current());
/// The same into `out`.
void logical_not_out(
    const Array &x, const Array &out, const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// The same numbers in another dtype. Floats round to nearest even, fp8
/// saturates; floats to integers lose their fraction and saturate, NaN gives 0;
/// integers to narrower ones wrap; what is not 0 is true. Dtypes: floats, e4m3,
/// e5m2, integers, bool.
Array cast(const Array &x, DType dtype, const Stream &stream = {},
           std::source_location where = std::source_location::current());
/// The same into `out`, in its dtype.
void cast_out(const Array &x, const Array &out, const Stream &stream = {},
              std::source_location where = std::source_location::current());

} // namespace girih::ops
