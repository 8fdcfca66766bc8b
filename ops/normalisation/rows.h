// SPDX-License-Identifier: Apache-2.0
// Norms of rows: what their kernels and their launches share. A row is what the
// last dimensions of an array hold. One that fits a tile, of one block or
// spread over a cluster, is read once, several short ones in one tile; a longer
// one is read twice, tile by tile, the second time mostly from a cache.
#pragma once

#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

/// How the operands of such a kernel are cut, in its arrangement. Sources have
/// the constant INNER as the number of dimensions of a row, and before them at
/// least one more.
class RowCut {
public:
  /// `out` has all rows; `looped` gives a level to walk.
  RowCut(const Tensor &out, bool looped);
  /// An operand of the shape of `out`: tiles [BM, N], or [1, N] in a level.
  Tensor full(Tensor operand) const;
  /// One of the shape of a row, the same for all rows: tiles [1, N]. Of rank 0
  /// it is a number, or stands for one that is not there.
  Tensor weight(Tensor operand) const;

private:
  Tensor cut(const Tensor &operand, const Size &rows) const;

  bool looped_;
  int inner_, outer_; // dimensions
  Size rows_ = 1, length_ = 1;
  std::vector<Size> grid_; // of the outer dimensions
};

/// The number of elements of a row, as a scalar tile.
Tile row_length(const In &x, DType dtype);
/// Whether an optional operand is there.
inline bool given(const In &operand) { return !operand.shape().empty(); }
/// `y * weight + bias`, of those that are there; of part `k` of long rows.
Tile scaled(Tile y, const In &weight, const In &bias);
Tile scaled(Tile y, const In &weight, const In &bias, const Index &k);

/// The two kernels of a norm; operands alike.
struct RowKernels {
  Kernel whole, looped;
};

/// One operand of a launch.
struct RowOperand {
  enum class Kind { full, weight, number };
  Kind kind;
  Array array;

  static RowOperand full(const Array &array) { return {Kind::full, array}; }
  static RowOperand weight(const std::optional<Array> &array) {
    if (array)
      return {Kind::weight, *array};
    return number(0, f32);
  }
  static RowOperand number(double value, DType dtype) {
    return {Kind::number, Array::scalar(value, dtype)};
  }
};

/// Runs a norm over the rows that begin at dimension `split`. The last operand
/// is an output.
void launch_rows(const Call &call, const RowKernels &kernels, int split,
                 std::span<const RowOperand> operands);

/// The first dimension of a row of `normalized_shape`, which must be how the
/// shape of x ends. [shape]
int check_rows(const Call &call, const Array &x,
               std::span<const std::int64_t> normalized_shape);
/// Checks that a weight or bias has the shape of a row. [shape]
void check_weight(const Call &call, const Argument &weight, const Array &x,
                  int split);

/// Entries of the kernels, and of the one for whole rows spread over clusters:
/// operands are x and outputs [M, N], weights [N] and eps. `kinds` has a letter
/// for each: f, w or e.
std::vector<KernelEntry> rows_entries(const RowKernels &kernels,
                                      std::string_view spread,
                                      std::string_view kinds);

} // namespace girih::ops
