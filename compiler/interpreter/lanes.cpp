// SPDX-License-Identifier: Apache-2.0
// Where lanes are, and lanes in other places.
#include "girih/compiler/interpreter/lanes.h"
#include "girih/compiler/interpreter/interpreter.h"

using namespace mlir;

namespace girih::compiler {

AffineArguments Interpreter::scalarsOf(ValueRange scalars) {
  AffineArguments arguments;
  for (Value scalar : scalars)
    arguments.symbols.push_back(index(scalar));
  return arguments;
}

void Interpreter::run(tile::CoordinateOp op) {
  RankedTensorType type = op.getType();
  AffineArguments at = scalarsOf(op.getScalars());
  TileValue result(type.getNumElements());
  forEachLane(type.getShape(), [&](std::int64_t number, const auto &lane) {
    at.dims = lane;
    Scalar value =
        Scalar::integer(evaluateAffine(op.getMap().getResult(0), at));
    result[number] = roundTo(type.getElementType(), value, rounding);
  });
  values[op.getResult()] = std::move(result);
}

void Interpreter::run(tile::RemapOp op) {
  const TileValue &source = values[op.getSource()];
  ArrayRef<std::int64_t> from = op.getSource().getType().getShape();
  AffineArguments at;
  TileValue result(op.getType().getNumElements());
  std::vector<std::int64_t> place(from.size());
  forEachLane(
      op.getType().getShape(), [&](std::int64_t number, const auto &lane) {
        at.dims = lane;
        for (auto [dim, expr] : llvm::enumerate(op.getMap().getResults()))
          place[dim] = evaluateAffine(expr, at);
        result[number] = source[laneNumber(from, place)];
      });
  values[op.getResult()] = std::move(result);
}

void Interpreter::run(tile::TakeOp op) {
  const TileValue &source = values[op.getSource()];
  const TileValue &indices = values[op.getIndex()];
  ArrayRef<std::int64_t> from = op.getSource().getType().getShape();
  std::size_t dim = op.getDim();
  Scalar zero = isa<FloatType>(op.getType().getElementType())
                    ? Scalar::real(0)
                    : Scalar::integer(0);
  TileValue result(indices.size(), zero);
  forEachLane(op.getType().getShape(), [&](std::int64_t number, auto lane) {
    lane[dim] = indices[number].whole;
    if (lane[dim] >= 0 && lane[dim] < from[dim])
      result[number] = source[laneNumber(from, lane)];
    else if (checker)
      checker->outOfRange("a tile", dim, lane[dim], from[dim], number);
  });
  values[op.getResult()] = std::move(result);
}

void Interpreter::run(tile::HistogramOp op) {
  TileValue counts(op.getType().getNumElements(), Scalar::integer(0));
  const auto bins = static_cast<std::int64_t>(counts.size());
  for (const Scalar &lane : values[op.getSource()])
    if (lane.whole >= 0 && lane.whole < bins)
      ++counts[lane.whole].whole;
  values[op.getResult()] = std::move(counts);
}

} // namespace girih::compiler
