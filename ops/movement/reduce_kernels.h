// SPDX-License-Identifier: Apache-2.0
// The kernels of reduce_into.h, for kept dimensions as of indexed.h. src is an
// array, or a number where `number` says so.
#pragma once

#include "girih/runtime/kernel.h"

namespace girih::ops {

/// index, src[kept..., L], alpha[], out[kept..., N]: out[index] += alpha * src.
const Kernel &atomic_sum_kernel(int kept);
/// index, src, out: the extremum of both.
const Kernel &atomic_extremum_kernel(int kept, bool largest);
/// index, src, out, which is seen as bits: the product of both.
const Kernel &atomic_product_kernel(int kept);
/// index, src, alpha, out: sums or products in the order of the index.
const Kernel &ordered_kernel(int kept, bool product, bool number);
/// total, count -> out: the mean of what was summed and counted.
const Kernel &mean_kernel();

} // namespace girih::ops
