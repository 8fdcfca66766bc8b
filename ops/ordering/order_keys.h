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

/// Low bits of the keys of a dtype that say nothing: those that f32 has and the
/// dtype has not. A search by bisection does without them.
int idle_bits(DType dtype);

} // namespace girih::ops::order
