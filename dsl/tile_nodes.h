// SPDX-License-Identifier: Apache-2.0
// The rules of the operations that move or combine whole tiles. Not public.
#pragma once

#include "girih/dsl/program.h"

namespace girih {

/// Whether an operation can stand in a block of lanes: it works element by
/// element and needs no place.
bool is_lane_op(Op op);

/// Checks inputs, attributes and results of an operation from Op::arange on,
/// but for its blocks. Throws InternalError.
void verify_tile_node(const Program &program, const Node &node,
                      const std::vector<ValueType> &in,
                      const std::vector<ValueType> &out);

/// Type of `type` without dimension `dim`; a negative one keeps all.
ValueType without_dim(ValueType type, int dim);

/// The dtypes that `function` can combine in memory at once.
bool is_atomic(Function function, DType dtype);

} // namespace girih
