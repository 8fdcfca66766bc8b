// SPDX-License-Identifier: Apache-2.0
// Reductions, scans and sorting along a dimension.
#include "girih/compiler/interpreter/interpreter.h"

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace mlir;

namespace girih::compiler {

namespace {

/// A tile's shape around one of its dimensions.
struct Along {
  std::int64_t outer = 1, size = 1, inner = 1;

  Along(Value tile, std::size_t along) {
    auto shape = cast<RankedTensorType>(tile.getType()).getShape();
    for (std::size_t dim = 0; dim < shape.size(); ++dim)
      (dim < along ? outer : dim == along ? size : inner) *= shape[dim];
  }

  std::int64_t width() const { return outer * inner; }

  /// Rows of `width()` elements, one for each step along the dimension.
  TileValue rows(const TileValue &tile) const {
    TileValue result(tile.size());
    visit([&](std::size_t inTile, std::size_t inRows) {
      result[inRows] = tile[inTile];
    });
    return result;
  }
  TileValue tile(const TileValue &rows) const {
    TileValue result(rows.size());
    visit([&](std::size_t inTile, std::size_t inRows) {
      result[inTile] = rows[inRows];
    });
    return result;
  }

private:
  template <typename Move> void visit(Move move) const {
    for (std::int64_t o = 0; o < outer; ++o)
      for (std::int64_t s = 0; s < size; ++s)
        for (std::int64_t i = 0; i < inner; ++i)
          move((o * size + s) * inner + i, (s * outer + o) * inner + i);
  }
};

/// `count` elements from `first` on of each tile.
void appendParts(SmallVectorImpl<TileValue> &to, ArrayRef<TileValue> tiles,
                 std::int64_t first, std::int64_t count) {
  for (const TileValue &tile : tiles)
    to.emplace_back(tile.begin() + first, tile.begin() + first + count);
}

/// Strict order of keys: NaN above all numbers.
bool isBelow(const Scalar &a, const Scalar &b, Type type, bool isUnsigned) {
  if (a.kind == Scalar::Kind::real)
    return std::isnan(b.number) ? !std::isnan(a.number) : a.number < b.number;
  return isUnsigned ? naturalBits(type, a) < naturalBits(type, b)
                    : a.whole < b.whole;
}

} // namespace

LogicalResult Interpreter::run(tile::ReduceOp op) {
  Along along(op.getInputs()[0], op.getDim());
  SmallVector<TileValue> rows;
  for (Value input : op.getInputs())
    rows.push_back(along.rows(values[input]));
  // The second half of the rows onto the first; of an odd number the middle
  // one waits for the next round.
  for (std::int64_t count = along.size; count > 1;) {
    std::int64_t half = (count + 1) / 2;
    std::int64_t elements = (count - half) * along.width();
    SmallVector<TileValue> arguments, combined(rows.size());
    appendParts(arguments, rows, 0, elements);
    appendParts(arguments, rows, half * along.width(), elements);
    if (failed(runLanes(op.getBody(), arguments, elements, combined)))
      return failure();
    for (auto [row, part] : llvm::zip_equal(rows, combined)) {
      llvm::copy(part, row.begin());
      row.resize(half * along.width());
    }
    count = half;
  }
  setAll(op.getResults(), rows);
  return success();
}

LogicalResult Interpreter::run(tile::ScanOp op) {
  Along along(op.getInputs()[0], op.getDim());
  std::int64_t width = along.width();
  SmallVector<TileValue> rows, soFar;
  for (Value input : op.getInputs())
    rows.push_back(along.rows(values[input]));
  for (std::int64_t step = 0; step < along.size; ++step) {
    std::int64_t row = op.getReverse() ? along.size - 1 - step : step;
    if (step == 0) {
      appendParts(soFar, rows, row * width, width);
      continue;
    }
    SmallVector<TileValue> arguments = soFar;
    appendParts(arguments, rows, row * width, width);
    if (failed(runLanes(op.getBody(), arguments, width, soFar)))
      return failure();
    for (auto [all, part] : llvm::zip_equal(rows, soFar))
      llvm::copy(part, all.begin() + row * width);
  }
  for (auto [result, all] : llvm::zip_equal(op.getResults(), rows))
    values[result] = along.tile(all);
  return success();
}

void Interpreter::run(tile::SortOp op) {
  Along along(op.getInputs()[0], op.getDim());
  std::int64_t width = along.width();
  SmallVector<TileValue> rows;
  for (Value input : op.getInputs())
    rows.push_back(along.rows(values[input]));
  SmallVector<TileValue> sorted = rows;
  Type type = getElementTypeOrSelf(op.getInputs()[0].getType());
  for (std::int64_t column = 0; column < width; ++column) {
    std::vector<std::int64_t> order(along.size);
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
      const Scalar &x = rows[0][a * width + column];
      const Scalar &y = rows[0][b * width + column];
      bool below = isBelow(x, y, type, op.getIsUnsigned());
      bool above = isBelow(y, x, type, op.getIsUnsigned());
      if (!below && !above)
        return a < b;
      return op.getDescending() ? above : below;
    });
    for (auto [from, to] : llvm::zip_equal(rows, sorted))
      for (std::int64_t row = 0; row < along.size; ++row)
        to[row * width + column] = from[order[row] * width + column];
  }
  for (auto [result, all] : llvm::zip_equal(op.getResults(), sorted))
    values[result] = along.tile(all);
}

} // namespace girih::compiler
