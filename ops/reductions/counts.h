// SPDX-License-Identifier: Apache-2.0
// How a GPU counts many elements of few values.
#pragma once

#include "girih/ops/arguments.h"

namespace girih::ops {

/// out[b] = how many of x[N] are b, of N elements from 0 on and below side^2,
/// by products of matrices [side, side]; out is an i64 of at most side^2.
/// `side` is 16, 32 or 64.
void count_by_digits(const Call &call, const Array &x, int side,
                     const Array &out);

} // namespace girih::ops
