// SPDX-License-Identifier: Apache-2.0
// Norms: a kernel for each p whose powers are simple, and one for all others.
#pragma once

#include "girih/ops/reductions/dims_reduction.h"

namespace girih::ops::norms {

/// The kernels of the norm p. The first number stands for the dtype that
/// elements are converted to, the second is p.
const ReductionKernels &kernels(double p);

} // namespace girih::ops::norms
