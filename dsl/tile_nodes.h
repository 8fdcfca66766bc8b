// SPDX-License-Identifier: Apache-2.0
// The rules of the operations that move or combine whole tiles. Not public.
#pragma once

#include "girih/dsl/program.h"

#include <optional>
#include <string_view>

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

/// Whether print(), device_assert() or inline_ptx() can have this text.
bool is_text(std::string_view text);

/// Whether a PTX register holds a dtype.
bool in_ptx(DType dtype);

/// What is wrong with the text of an inline_ptx() of so many inputs, if
/// anything.
std::optional<std::string> wrong_in_ptx(std::string_view text,
                                        std::size_t inputs);

} // namespace girih
