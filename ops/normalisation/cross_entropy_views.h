// SPDX-License-Identifier: Apache-2.0
// Arrangements of cross_entropy's kernels: what they share.
#pragma once

#include "girih/dsl/dsl.h"

namespace girih::ops::cross_entropy_kernels {

/// [kept...] in tiles of BM along the last dimension.
Tensor rows(const Tensor &t);
/// [kept..., C] in tiles [BM, BK], a level over k; programs as of rows().
Tensor lanes(Tensor t, int kept);
/// weight[C] in tiles [1, BK], a level over k, the same for every program of
/// `tiles`, which rows() made.
Tensor lanes_of_all(Tensor weight, const Tensor &tiles);

} // namespace girih::ops::cross_entropy_kernels
