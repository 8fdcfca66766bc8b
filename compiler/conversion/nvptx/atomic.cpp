// SPDX-License-Identifier: Apache-2.0
// Atomics: one instruction where the device has it, else LLVM's loop of
// compare-and-swap; relaxed, for the whole device.
#include "girih/compiler/conversion/nvptx/indirect.h"

using namespace mlir;

namespace girih::compiler {

static constexpr StringLiteral scope = "device";

static std::optional<LLVM::AtomicBinOp> binaryOf(tile::AtomicKind kind,
                                                 bool isFloat) {
  using Kind = tile::AtomicKind;
  using Op = LLVM::AtomicBinOp;
  switch (kind) {
  case Kind::add:
    return isFloat ? Op::fadd : Op::add;
  case Kind::min:
    return isFloat ? Op::fminimum : Op::min;
  case Kind::max:
    return isFloat ? Op::fmaximum : Op::max;
  case Kind::bit_and:
    return Op::_and;
  case Kind::bit_or:
    return Op::_or;
  case Kind::bit_xor:
    return Op::_xor;
  case Kind::exchange:
    return Op::xchg;
  default:
    return std::nullopt;
  }
}

Value Emitter::atomicValue(tile::AtomicOp atomic, Value pointer, Value value,
                           Value expected) {
  constexpr auto relaxed = LLVM::AtomicOrdering::monotonic;
  tile::AtomicKind kind = atomic.getKind();
  Type type = value.getType();
  if (expected) {
    Value pair = LLVM::AtomicCmpXchgOp::create(b, loc, pointer, expected, value,
                                               relaxed, relaxed, scope);
    return LLVM::ExtractValueOp::create(b, loc, pair, 0);
  }
  bool isFloat = isa<FloatType>(type);
  LLVM::AtomicBinOp operation = *binaryOf(kind, isFloat);
  auto combine = [&]() -> Value {
    return LLVM::AtomicRMWOp::create(b, loc, operation, pointer, value, relaxed,
                                     scope);
  };
  bool larger = kind == tile::AtomicKind::max;
  if (!isFloat || !(larger || kind == tile::AtomicKind::min))
    return combine();
  // A loop of compare-and-swap, which is spared where nothing would change: as
  // a maximum settles that is nearly always.
  unsigned bits = type.getIntOrFloatBitWidth();
  Type word = b.getIntegerType(bits);
  Value now = LLVM::LoadOp::create(b, loc, word, pointer, bits / 8,
                                   /*isVolatile=*/false,
                                   /*isNonTemporal=*/false,
                                   /*isInvariant=*/false,
                                   /*isInvariantGroup=*/false, relaxed, scope);
  Value next = extremum(bitcast(now, type), value, larger);
  Value changes = LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::ne,
                                       bitcast(next, word), now);
  return valueWhere(changes, bitcast(now, type), combine);
}

LogicalResult Emitter::emitTile(tile::AtomicOp atomic) {
  Type element = atomic.getType().getElementType(), type = llvmType(element);
  bool isFloat = isa<FloatType>(element);
  bool known = isFloat ? type == element : type.getIntOrFloatBitWidth() >= 32;
  if (!known || (isFloat && (atomic.getExpected() ||
                             atomic.getKind() == tile::AtomicKind::bit_and ||
                             atomic.getKind() == tile::AtomicKind::bit_or ||
                             atomic.getKind() == tile::AtomicKind::bit_xor)))
    return atomic.emitError("no atomic ")
           << stringifyAtomicKind(atomic.getKind()) << " of " << element;
  Layout layout = layoutOf(atomic.getResult());
  ArrayRef<int64_t> shape = atomic.getType().getShape();
  IndirectAccess access(*this, atomic.getView(), atomic.getIndices(), layout,
                        shape);
  Value owner = inEntry([&] { return ownerMask(layout); });
  Value other = constantOf(atomic.getOther(), element);
  IntegerBuilder integers = indices();
  Registers values;
  for (int64_t reg = 0, end = layout.size(Axis::reg); reg < end; ++reg) {
    Value pointer = access.pointer(reg);
    Value value = registers(atomic.getValue())[reg], expected;
    if (atomic.getExpected())
      expected = registers(atomic.getExpected())[reg];
    values.push_back(
        valueWhere(integers.both(owner, access.mask(reg)), other, [&] {
          return atomicValue(atomic, pointer, value, expected);
        }));
  }
  // Of the threads that hold a lane only one has done it: the others are told.
  if (scratchBytes(atomic)) {
    PlainTile told(shape, static_cast<int>(shape.size()) - 1,
                   shape.empty() ? 1 : shape.back(), element,
                   sharedOffset[atomic]);
    barrier();
    storePlain(told, layout, values);
    barrier();
    values = loadPlain(told, layout);
  }
  tiles[atomic] = std::move(values);
  return success();
}

} // namespace girih::compiler
