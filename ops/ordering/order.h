// SPDX-License-Identifier: Apache-2.0
// Orders: sort, argsort, topk and what is made of them.
//
// What is compared is a key, an integer in the order of the values (NaN last,
// zeros equal, all bits turned for a descending order), and with it goes the
// element's place. A lane that fits a tile is sorted there. Longer ones:
//
//   the k first, a small share: select.h.
//   the k first, up to half a tile: each program keeps the k first of its tile,
//     until what is left of a lane fits one tile.
//   all: digit_sort.h.
//
// All of it is stable: of equal elements the first comes first.
#pragma once

#include "girih/ops/op.h"
#include "girih/ops/reductions/lane_views.h"

namespace girih::ops::order {

/// The first k of x along a dimension, in order, and where they come from
/// (i64): arrays of x's shape with size k along it.
void launch(const Call &call, const Array &x, int dim, bool descending,
            const Array &values, const Array &indices);

/// Checks x and dim, and gives the two results for `k` elements along it; -1
/// for all.
std::array<Shaped, 2> results(const Call &call, const Array &x,
                              std::int64_t dim, std::int64_t k);

/// The dtypes that have an order.
inline constexpr DType ordered[] = {bf16, f32, f16, f64, i64,
                                    i32,  i16, i8,  u8,  b1};

std::vector<KernelEntry> entries();

} // namespace girih::ops::order
