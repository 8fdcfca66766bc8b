// SPDX-License-Identifier: Apache-2.0
// The arrangement of elementwise kernels, for any number of operands.
#pragma once

#include "girih/dsl/dsl.h"

#include <numeric>
#include <vector>

namespace girih::ops::arrange {

/// Cuts one operand: a tile is BLOCK elements of a vector, or BM x BN elements
/// of the last two dimensions, which lets operands with different strides meet
/// in a tile that is wide in both.
inline Tensor elementwise_operand(const Tensor &operand) {
  const int rank = operand.rank();
  if (rank == 0)
    return operand;
  if (rank == 1)
    return operand.tile({block_size("BLOCK")});
  Extents sizes(static_cast<std::size_t>(rank - 2), 1);
  sizes.push_back(block_size("BM"));
  sizes.push_back(block_size("BN"));
  std::vector<int> outer(static_cast<std::size_t>(rank - 2));
  std::iota(outer.begin(), outer.end(), 0);
  return operand.tile(sizes).at(1, girih::squeeze(outer));
}

/// All operands have one shape, of rank 1 or more (see ops::collapse), and are
/// cut alike, but for those of rank 0, which every program sees.
template <class... Tensors> auto elementwise(const Tensors &...operands) {
  return arranged(elementwise_operand(operands)...);
}

} // namespace girih::ops::arrange
