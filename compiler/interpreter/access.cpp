// SPDX-License-Identifier: Apache-2.0
// tile.load and tile.store, lane by lane.
#include "girih/compiler/frontend/frontend.h"
#include "girih/compiler/interpreter/interpreter.h"
#include "girih/compiler/interpreter/lanes.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/dsl/values.h"

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
Interpreter::Place Interpreter::place(AccessOp op, AffineArguments &at) {
  const Memory &memory = memories[op.getView()];
  Place place;
  std::int64_t offset = 0;
  for (auto [expr, size, stride] : llvm::zip_equal(
           op.getMap().getResults(), memory.sizes, memory.strides)) {
    std::int64_t index = evaluateAffine(expr, at);
    if (checker)
      ensure(index >= 0 && index < size, "a lane in bounds is not");
    place.index.push_back(index);
    offset += index * stride;
  }
  place.address =
      memory.data + offset * op.getView().getType().getElementBytes();
  return place;
}

/// Indices into levels; see levelsAttr.
template <typename AccessOp>
void Interpreter::checkLevels(AccessOp op, const AffineArguments &at) {
  auto levels = checker && checker->watchesBounds()
                    ? op->template getAttrOfType<ArrayAttr>(levelsAttr)
                    : ArrayAttr();
  if (!levels)
    return;
  for (AffineMap map : levels.template getAsValueRange<AffineMapAttr>()) {
    SmallVector<std::int64_t> numbers;
    for (AffineExpr each : map.getResults())
      numbers.push_back(evaluateAffine(each, at));
    std::int64_t index = numbers[1], size = numbers[2];
    if ((index >= 0 && index < size) ||
        llvm::is_contained(ArrayRef(numbers).drop_front(3), nowhere))
      continue;
    unsigned operand = cast<BlockArgument>(op.getView()).getArgNumber();
    checker->outOfRange("the level of " + checker->operandName(operand),
                        static_cast<std::size_t>(numbers[0]), index, size);
  }
}

void Interpreter::note(Checker::Access kind, Value view, const Place &place,
                       std::int64_t lane, const Scalar &value) {
  if (checker)
    checker->access(kind, cast<BlockArgument>(view).getArgNumber(), place.index,
                    lane, value);
}

void Interpreter::run(tile::LoadOp op) {
  RankedTensorType type = op.getResult().getType();
  Type element = type.getElementType();
  Scalar other = otherOf(op.getOther(), element);
  AffineArguments at = scalarsOf(op.getScalars());
  checkLevels(op, at);
  TileValue result(type.getNumElements());
  forEachLane(type.getShape(), [&](std::int64_t number, const auto &lane) {
    at.dims = lane;
    result[number] = other;
    if (!inBounds(op, at))
      return;
    Place from = place(op, at);
    note(Checker::Access::read, op.getView(), from, number);
    result[number] = readElement(element, from.address);
  });
  values[op.getResult()] = std::move(result);
}

void Interpreter::run(tile::StoreOp op) {
  RankedTensorType type = op.getValue().getType();
  AffineArguments at = scalarsOf(op.getScalars());
  checkLevels(op, at);
  const TileValue &value = values[op.getValue()];
  forEachLane(type.getShape(), [&](std::int64_t number, const auto &lane) {
    at.dims = lane;
    if (!inBounds(op, at))
      return;
    Place to = place(op, at);
    note(Checker::Access::write, op.getView(), to, number, value[number]);
    writeElement(type.getElementType(), to.address, value[number]);
  });
}

} // namespace girih::compiler
