// SPDX-License-Identifier: Apache-2.0
// Operands at indices that are data. Lanes come one after the other, so that
// every access is atomic.
#include "girih/compiler/interpreter/interpreter.h"

#include "girih/dsl/values.h"

using namespace mlir;

namespace girih::compiler {

Scalar Interpreter::otherOf(Attribute other, Type type) {
  if (auto real = dyn_cast<FloatAttr>(other))
    return Scalar::real(real.getValueAsDouble());
  return roundTo(type, Scalar::integer(cast<IntegerAttr>(other).getInt()),
                 rounding);
}

/// The element at a lane of the index tiles; without an address out of range.
template <typename IndirectOp>
Interpreter::Place Interpreter::placeAt(IndirectOp op, std::size_t lane) {
  const Memory &memory = memories[op.getView()];
  Place place;
  std::int64_t offset = 0;
  const bool isNowhere = llvm::any_of(op.getIndices(), [&](Value indices) {
    return values[indices][lane].whole == nowhere;
  });
  for (auto [dim, indices] : llvm::enumerate(op.getIndices())) {
    std::int64_t index = values[indices][lane].whole;
    std::int64_t size = memory.sizes[dim];
    if (index < 0 || index >= size) {
      if (checker && !isNowhere)
        checker->outOfRange(
            checker->operandName(
                cast<BlockArgument>(op.getView()).getArgNumber()),
            dim, index, size, lane);
      return {};
    }
    place.index.push_back(index);
    offset += index * memory.strides[dim];
  }
  place.address =
      memory.data + offset * op.getView().getType().getElementBytes();
  return place;
}

void Interpreter::run(tile::GatherOp op) {
  Type type = op.getType().getElementType();
  TileValue result(op.getType().getNumElements(), otherOf(op.getOther(), type));
  for (std::size_t lane = 0; lane < result.size(); ++lane) {
    Place from = placeAt(op, lane);
    if (!from.address)
      continue;
    note(Checker::Access::read, op.getView(), from, lane);
    result[lane] = readElement(type, from.address);
  }
  values[op.getResult()] = std::move(result);
}

void Interpreter::run(tile::ScatterOp op) {
  Type type = op.getValue().getType().getElementType();
  const TileValue value = values[op.getValue()];
  for (std::size_t lane = 0; lane < value.size(); ++lane) {
    Place to = placeAt(op, lane);
    if (!to.address)
      continue;
    note(Checker::Access::write, op.getView(), to, lane, value[lane]);
    writeElement(type, to.address, value[lane]);
  }
}

static Scalar combined(tile::AtomicKind kind, Scalar old, Scalar value) {
  using K = tile::AtomicKind;
  bool isReal = old.kind == Scalar::Kind::real;
  switch (kind) {
  case K::add:
    if (isReal)
      return Scalar::real(old.number + value.number);
    return Scalar::integer(
        static_cast<std::int64_t>(static_cast<std::uint64_t>(old.whole) +
                                  static_cast<std::uint64_t>(value.whole)));
  case K::min:
    return isReal ? Scalar::real(minimum(old.number, value.number))
                  : Scalar::integer(std::min(old.whole, value.whole));
  case K::max:
    return isReal ? Scalar::real(-minimum(-old.number, -value.number))
                  : Scalar::integer(std::max(old.whole, value.whole));
  case K::bit_and:
    return Scalar::integer(old.whole & value.whole);
  case K::bit_or:
    return Scalar::integer(old.whole | value.whole);
  case K::bit_xor:
    return Scalar::integer(old.whole ^ value.whole);
  case K::exchange:
  case K::compare_exchange:
    return value;
  }
  return value;
}

void Interpreter::run(tile::AtomicOp op) {
  Type type = op.getType().getElementType();
  const TileValue value = values[op.getValue()];
  TileValue result(value.size(), otherOf(op.getOther(), type));
  for (std::size_t lane = 0; lane < value.size(); ++lane) {
    Place at = placeAt(op, lane);
    if (!at.address)
      continue;
    Scalar old = result[lane] = readElement(type, at.address);
    bool writes = !op.getExpected() ||
                  elementBits(type, old) ==
                      elementBits(type, values[op.getExpected()][lane]);
    Scalar next = writes ? combined(op.getKind(), old, value[lane]) : old;
    if (checker && checker->watchesNaN() && isNaN(next))
      checker->findOrigin(next, {old, value[lane]}, lane);
    note(Checker::Access::atomic, op.getView(), at, lane, next);
    writeElement(type, at.address, next);
  }
  values[op.getResult()] = std::move(result);
}

/// Programs come one after the other, so the last one has the highest number.
void Interpreter::run(tile::ArriveOp op) {
  Place at = placeAt(op, 0);
  bool last = false;
  if (at.address) {
    Type type = op.getView().getType().getElement();
    auto before =
        static_cast<std::uint32_t>(readElement(type, at.address).whole);
    std::uint32_t limit =
        static_cast<std::uint32_t>(values[op.getCount()].front().whole) - 1;
    last = before >= limit;
    Scalar next =
        Scalar::integer(last ? 0 : static_cast<std::int32_t>(before + 1));
    note(Checker::Access::atomic, op.getView(), at, 0, next);
    writeElement(type, at.address, next);
    if (checker)
      checker->arrive(cast<BlockArgument>(op.getView()).getArgNumber(),
                      at.index, last);
  }
  values[op.getResult()] = {Scalar::integer(last)};
}

} // namespace girih::compiler
