// SPDX-License-Identifier: Apache-2.0
// Integers in the order of values: what sorts and selections compare.
#pragma once

#include "girih/dsl/dsl.h"

namespace girih::ops::order {

/// The dtype of the key of values of a dtype.
DType key_dtype(DType dtype);
/// The largest key of a dtype, a scalar: NaN's, and that of lanes outside.
Tile last_key(DType dtype);
/// Integers in the order of the values: NaN last, both zeros equal; all bits
/// turned for a descending order.
Tile key_of(const Tile &x, bool descending);

/// The same order as non-negative numbers of the dtype's width, in the low bits
/// of i32 or i64; of that width the sign of i32 or i64 is one more bit.
Tile unsigned_key(const Tile &x);
/// A value that has this unsigned key.
Tile value_of(const Tile &key, DType dtype);

/// Digits of 8 bits that keys of a dtype have.
std::int64_t digits_of(DType dtype);
/// The digit, 0 to 255 (i32), of x's key at bit `shift` (a scalar, i32): by
/// digits_of of them, the last at most weight first, values are in order as by
/// key_of.
Tile digit_of(const Tile &x, bool descending, const Tile &shift);
/// A value, a scalar, that comes after all others but those equal to it.
Tile last_value(DType dtype, bool descending);

/// Low bits of the keys of a dtype that say nothing: those that f32 has and the
/// dtype has not. A search by bisection does without them.
int idle_bits(DType dtype);

} // namespace girih::ops::order
