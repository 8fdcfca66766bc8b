// SPDX-License-Identifier: Apache-2.0
// tile.load and tile.store, lane by lane.
#include "girih/compiler/interpreter/interpreter.h"
#include "girih/compiler/interpreter/lanes.h"

using namespace mlir;

namespace girih::compiler {

template <typename AccessOp>
bool Interpreter::inBounds(AccessOp op, AffineArguments &at) {
  std::optional<IntegerSet> bounds = op.getBounds();
  if (!bounds)
    return true;
  for (auto [constraint, equality] :
       llvm::zip_equal(bounds->getConstraints(), bounds->getEqFlags())) {
    std::int64_t value = evaluateAffine(constraint, at);
    if (equality ? value != 0 : value < 0)
      return false;
  }
  return true;
}

template <typename AccessOp>
char *Interpreter::address(AccessOp op, AffineArguments &at) {
  const Memory &memory = memories[op.getView()];
  std::int64_t offset = 0;
  for (auto [expr, stride] :
       llvm::zip_equal(op.getMap().getResults(), memory.strides))
    offset += evaluateAffine(expr, at) * stride;
  return memory.data + offset * op.getView().getType().getElementBytes();
}

void Interpreter::run(tile::LoadOp op) {
  RankedTensorType type = op.getResult().getType();
  Type element = type.getElementType();
  Scalar other = otherOf(op.getOther(), element);
  AffineArguments at = scalarsOf(op.getScalars());
  TileValue result(type.getNumElements());
  forEachLane(type.getShape(), [&](std::int64_t number, const auto &lane) {
    at.dims = lane;
    result[number] =
        inBounds(op, at) ? readElement(element, address(op, at)) : other;
  });
  values[op.getResult()] = std::move(result);
}

void Interpreter::run(tile::StoreOp op) {
  RankedTensorType type = op.getValue().getType();
  AffineArguments at = scalarsOf(op.getScalars());
  const TileValue &value = values[op.getValue()];
  forEachLane(type.getShape(), [&](std::int64_t number, const auto &lane) {
    at.dims = lane;
    if (inBounds(op, at))
      writeElement(type.getElementType(), address(op, at), value[number]);
  });
}

} // namespace girih::compiler
