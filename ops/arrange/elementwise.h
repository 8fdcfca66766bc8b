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

/// Which operands of a kernel have one element for each row, which all of its
/// columns share: bit i is that of operand i.
inline constexpr const char *shared_columns = "SHARED_COLUMNS";

/// Cuts such an operand, [..., M], as often as `cut`, which has columns.
inline Tensor shared_column(const Tensor &operand, const Tensor &cut) {
  const auto outer = static_cast<std::size_t>(operand.rank() - 1);
  Extents sizes(outer, 1), repeats(outer + 1, keep);
  sizes.push_back(block_size("BM"));
  repeats.push_back(cut.size(-1));
  std::vector<int> dropped(outer);
  std::iota(dropped.begin(), dropped.end(), 0);
  return operand.tile(sizes)
      .unsqueeze(operand.rank())
      .expand(repeats)
      .at(1, girih::squeeze(dropped))
      .at(1, girih::unsqueeze(1));
}

/// All operands have one shape, of rank 1 or more (see ops::collapse), and are
/// cut alike, but for those of rank 0, which every program sees, and for shared
/// columns. The last one is an output.
template <class... Tensors> auto elementwise(const Tensors &...operands) {
  const Tensor all[] = {operands...};
  const Tensor cut = elementwise_operand(all[sizeof...(operands) - 1]);
  const auto shared = constexpr_value<std::int64_t>(shared_columns, 0);
  std::int64_t bit = 1;
  const auto arrange = [&](const Tensor &operand) {
    const bool shares = (shared & bit) != 0;
    bit *= 2;
    return shares ? shared_column(operand, cut) : elementwise_operand(operand);
  };
  Arrangement out;
  (out.operands.push_back(arrange(operands)), ...);
  return out;
}

} // namespace girih::ops::arrange
