// SPDX-License-Identifier: Apache-2.0
// What scatter_reduce and its relatives share.
//
// The accumulator is the result itself, or scratch in f32 for f16 and bf16 and
// in i32 for narrow integers. It starts from x. What is order-free is done by
// atomics on every device: sums of integers, extrema. Sums of floats, and
// products, go in the order of the index on the host, a program having some
// lanes and going along them; on a GPU they are atomics as well, products
// by compare and exchange, and then the order of floats is not fixed.
#pragma once

#include "girih/ops/movement/indexed.h"

#include <string_view>

namespace girih::ops {

enum class Scattered : std::uint8_t { sum, prod, mean, amax, amin };

/// The reduction of a name. [argument]
Scattered reduction_named(const Call &call, std::string_view name);

/// out = x, and src, or alpha * src for sums, reduced into it at the places of
/// an index with src's shape. src is an array or a number by value.
struct ScatterReduction {
  Array x;
  int dim = 0;
  Array index, src;
  Scattered how = Scattered::sum;
  bool include_self = true;
  ArrayOrNumber alpha = 1;
};
void launch_scatter_reduce(const Call &call, const ScatterReduction &what,
                           const Array &out);

/// Checks src against the index and x: dtype, sizes. Gives a view of the
/// index's shape.
Array checked_src(const Call &call, const Array &x, const Array &index,
                  const Array &src);
Array narrowed_to(const Array &src, const Array &index);

std::vector<KernelEntry> scatter_reduce_entries();

} // namespace girih::ops
