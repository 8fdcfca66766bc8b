// SPDX-License-Identifier: Apache-2.0
// tile.load and tile.store, lane by lane.
#include "girih/compiler/interpreter/interpreter.h"

using namespace mlir;

namespace girih::compiler {

/// Calls `visit` for each lane of `shape` in row-major order.
template <typename Visit>
static void forEachLane(ArrayRef<std::int64_t> shape, Visit visit) {
  std::vector<std::int64_t> lane(shape.size(), 0);
  std::int64_t count = 1;
  for (std::int64_t size : shape)
    count *= size;
  for (std::int64_t number = 0; number < count; ++number) {
    std::int64_t rest = number;
    for (std::size_t dim = shape.size(); dim-- > 0; rest /= shape[dim])
      lane[dim] = rest % shape[dim];
    visit(number, lane);
  }
}

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

void Interpreter::runLoad(tile::LoadOp op) {
  RankedTensorType type = op.getResult().getType();
  Scalar other;
  if (auto real = dyn_cast<FloatAttr>(op.getOther()))
    other = Scalar::real(real.getValueAsDouble());
  else
    other = roundTo(type.getElementType(),
                    Scalar::integer(cast<IntegerAttr>(op.getOther()).getInt()),
                    rounding);
  AffineArguments at;
  for (Value scalar : op.getScalars())
    at.symbols.push_back(index(scalar));
  TileValue result{type.getShape().vec(), {}};
  result.elements.resize(type.getNumElements());
  forEachLane(type.getShape(), [&](std::int64_t number, const auto &lane) {
    at.dims = lane;
    result.elements[number] =
        inBounds(op, at) ? readElement(type.getElementType(), address(op, at))
                         : other;
  });
  values[op.getResult()] = std::move(result);
}

void Interpreter::runStore(tile::StoreOp op) {
  RankedTensorType type = op.getValue().getType();
  AffineArguments at;
  for (Value scalar : op.getScalars())
    at.symbols.push_back(index(scalar));
  const TileValue &value = values[op.getValue()];
  forEachLane(type.getShape(), [&](std::int64_t number, const auto &lane) {
    at.dims = lane;
    if (inBounds(op, at))
      writeElement(type.getElementType(), address(op, at),
                   value.elements[number]);
  });
}

} // namespace girih::compiler
