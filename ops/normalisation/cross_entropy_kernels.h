// SPDX-License-Identifier: Apache-2.0
// The kernels of cross_entropy, besides those of reductions.
#pragma once

#include "girih/runtime/kernel.h"

namespace girih::ops::cross_entropy_kernels {

/// x[kept..., C], target, largest, total[kept...] -> loss, counted[kept...]:
/// each row's loss, and its weight in the mean. With `weighted` weight[C] comes
/// after total; with `smoothed` classes[kept...], the sums over the classes of
/// weight * x, weights[], the sum of the weights, and the numbers kept and
/// mixed: 1 - s and s / C. The last number is the index that is not counted.
const Kernel &loss(int kept, bool weighted, bool smoothed);

/// x[kept..., C] -> classes[kept...], or x, weight[C] -> classes: the sums over
/// the classes of weight * x.
const Kernel &classes(bool weighted);

/// x, target[kept..., C], with `weighted` weight[C], largest, total[kept...],
/// the numbers own and mixed -> loss[kept...]: the sum over the classes of
/// weight * (own * target + mixed) * -log_softmax(x).
const Kernel &shares(bool weighted);

/// total[], count[] -> out[]: their quotient.
const Kernel &quotient();

/// losses[N], counted[N] -> out[1]: the quotient of their sums, by one program.
const Kernel &mean();

} // namespace girih::ops::cross_entropy_kernels
