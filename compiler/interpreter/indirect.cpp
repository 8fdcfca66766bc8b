// SPDX-License-Identifier: Apache-2.0
// Operands at indices that are data. Lanes come one after the other, so that
// every access is atomic.
#include "girih/compiler/interpreter/interpreter.h"

using namespace mlir;

namespace girih::compiler {

Scalar Interpreter::otherOf(Attribute other, Type type) {
  if (auto real = dyn_cast<FloatAttr>(other))
    return Scalar::real(real.getValueAsDouble());
  return roundTo(type, Scalar::integer(cast<IntegerAttr>(other).getInt()),
                 rounding);
}

/// The element at lane `number` of the index tiles; null out of range.
template <typename IndirectOp>
char *Interpreter::elementAt(IndirectOp op, std::size_t number) {
  const Memory &memory = memories[op.getView()];
  std::int64_t offset = 0;
  for (auto [dim, indices] : llvm::enumerate(op.getIndices())) {
    std::int64_t index = values[indices][number].whole;
    if (index < 0 || index >= memory.sizes[dim])
      return nullptr;
    offset += index * memory.strides[dim];
  }
  return memory.data + offset * op.getView().getType().getElementBytes();
}

void Interpreter::run(tile::GatherOp op) {
  Type type = op.getType().getElementType();
  TileValue result(op.getType().getNumElements(), otherOf(op.getOther(), type));
  for (std::size_t i = 0; i < result.size(); ++i)
    if (const char *element = elementAt(op, i))
      result[i] = readElement(type, element);
  values[op.getResult()] = std::move(result);
}

void Interpreter::run(tile::ScatterOp op) {
  Type type = op.getValue().getType().getElementType();
  std::size_t count = values[op.getValue()].size();
  for (std::size_t i = 0; i < count; ++i)
    if (char *element = elementAt(op, i))
      writeElement(type, element, values[op.getValue()][i]);
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
  TileValue result(op.getType().getNumElements(), otherOf(op.getOther(), type));
  for (std::size_t i = 0; i < result.size(); ++i) {
    char *element = elementAt(op, i);
    if (!element)
      continue;
    Scalar old = result[i] = readElement(type, element);
    if (op.getExpected() && elementBits(type, old) !=
                                elementBits(type, values[op.getExpected()][i]))
      continue;
    Scalar next = combined(op.getKind(), old, values[op.getValue()][i]);
    writeElement(type, element, next);
  }
  values[op.getResult()] = std::move(result);
}

} // namespace girih::compiler
