// SPDX-License-Identifier: Apache-2.0
// tril and triu: a triangle of the last two dimensions.
#pragma once

#include "girih/ops/movement/copy.h"

namespace girih::ops {

/// The elements whose column less their row is at most `diagonal` (lower) or at
/// least (upper); zeros elsewhere.
Shaped triangle_result(const Call &call, const Array &x);
void launch_triangle(const Call &call, const Array &x, std::int64_t diagonal,
                     bool lower, const Array &out);
KernelEntry triangle_entry(bool lower);

} // namespace girih::ops
