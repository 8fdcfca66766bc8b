// SPDX-License-Identifier: Apache-2.0
// The operators: names and semantics are PyTorch's where PyTorch has the op.
//
// What holds for all of them:
// - Arrays may have any strides; nothing is copied to make them contiguous.
//   All arrays of a call are on one device, and the op runs there: on the host
//   it returns when done, on a GPU when submitted to `stream`.
// - A form that returns an Array allocates it, row major, in `stream`'s order.
//   The `_out` form writes into `out`, which must have the right shape and
//   dtype and must not share memory with an input.
// - Empty results return at once, without a launch.
// - Bad arguments throw RuntimeError. Its text names the op, the argument and
//   the shapes: `add: a and b cannot be broadcast together: a is f32[3, 4] on
//   host, b is f32[5] on host`. The last parameter is the line of the call, for
//   errors; leave it to its default.
#pragma once

#include "girih/ops/activations.h"
#include "girih/ops/attention.h"
#include "girih/ops/convolution.h"
#include "girih/ops/elementwise.h"
#include "girih/ops/experts.h"
#include "girih/ops/movement.h"
#include "girih/ops/normalisation.h"
#include "girih/ops/ordering.h"
#include "girih/ops/pooling.h"
#include "girih/ops/products.h"
#include "girih/ops/quantised.h"
#include "girih/ops/random.h"
#include "girih/ops/reductions.h"
#include "girih/ops/sampling.h"
#include "girih/ops/shaping.h"
