// SPDX-License-Identifier: Apache-2.0
// The arrangement of products of batches of matrices: that of matmul.h with
// any number of leading dimensions, a program to a tile of one matrix.
#pragma once

#include "girih/dsl/dsl.h"

#include <numeric>
#include <vector>

namespace girih::ops::arrange {

class BatchedProduct {
public:
  /// `columns`: of a tile, unless a Config says otherwise; 0: a default.
  explicit BatchedProduct(const Tensor &out, std::int64_t columns = 0)
      : BN(block_size("BN", columns)), leading_(out.rank() - 2),
        out_(tiles(out, BM, BN)) {}

  const Tensor &out() const { return out_; }
  /// a[..., M, K]: a level over k.
  Tensor left(const Tensor &a) const {
    Extents walk(static_cast<std::size_t>(leading_ + 1), 1), repeat = kept();
    walk.push_back(whole);
    repeat.back() = out_.size(-1);
    return tiles(a, BM, BK).tile(walk).expand(repeat).at(
        1, girih::squeeze(first(leading_ + 1)));
  }
  /// b[..., K, N]
  Tensor right(const Tensor &b) const {
    Extents walk(static_cast<std::size_t>(leading_), 1), repeat = kept();
    walk.push_back(whole);
    walk.push_back(1);
    repeat[static_cast<std::size_t>(leading_)] = out_.size(leading_);
    std::vector<int> dropped = first(leading_);
    dropped.push_back(leading_ + 1);
    return tiles(b, BK, BN).tile(walk).expand(repeat).at(
        1, girih::squeeze(dropped));
  }
  /// What is added: of the shape of out, [N], or a number.
  Tensor added(const Tensor &c) const {
    if (c.rank() == 0)
      return c;
    if (c.rank() > 1)
      return tiles(c, BM, BN);
    Tensor row = c.tile({BN});
    Extents repeat;
    for (int dim = 0; dim <= leading_; ++dim) {
      row = row.unsqueeze(0);
      repeat.emplace_back(out_.size(dim));
    }
    repeat.emplace_back(keep);
    return row.expand(repeat);
  }

private:
  static std::vector<int> first(int count) {
    std::vector<int> dims(static_cast<std::size_t>(count));
    std::iota(dims.begin(), dims.end(), 0);
    return dims;
  }
  Extents kept() const {
    Extents all;
    for (int dim = 0; dim < leading_ + 2; ++dim)
      all.emplace_back(keep);
    return all;
  }
  Tensor tiles(const Tensor &t, const Size &rows, const Size &columns) const {
    Extents sizes(static_cast<std::size_t>(leading_), 1);
    sizes.push_back(rows);
    sizes.push_back(columns);
    Tensor cut = t.tile(sizes);
    return leading_ == 0 ? cut : squeezed(cut);
  }
  Tensor squeezed(const Tensor &cut) const {
    return cut.at(1, girih::squeeze(first(leading_)));
  }

  Size BM = block_size("BM"), BN, BK = block_size("BK");
  int leading_;
  Tensor out_;
};

} // namespace girih::ops::arrange
