// SPDX-License-Identifier: Apache-2.0
// Operators that move elements: gathers, copies, joins. See ops.h for what
// holds for all operators.
#pragma once

#include "girih/ops/value.h"
#include "girih/runtime/stream.h"

#include <source_location>

namespace girih::ops {

/// Rows of a table, `out[i..., d] = weight[ids[i...], d]`, for weight[V, D] and
/// ids (i32 or i64) of any shape. An id out of range, below 0 too, gives zeros;
/// with GIRIH_DEBUG=bounds it is an error. Any dtype of at least 8 bits.
Array embedding(const Array &ids, const Array &weight,
                const Stream &stream = {},
                std::source_location where = std::source_location::current());
void embedding_out(
    const Array &ids, const Array &weight, const Array &out,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

} // namespace girih::ops
