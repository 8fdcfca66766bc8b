// SPDX-License-Identifier: Apache-2.0
// Reads and writes of global memory, a vector of up to 16 bytes at a time.
#include "girih/compiler/analysis/streamed.h"
#include "girih/compiler/conversion/nvptx/global_access.h"
#include "girih/compiler/conversion/nvptx/pieces.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace girih::compiler {

GlobalAccess::GlobalAccess(Emitter &emitter, const Access &access,
                           const Layout &layout, ArrayRef<int64_t> shape)
    : e(emitter), access(access), layout(layout), shape(shape),
      thread(emitter.widened(emitter.threadCoords(layout))),
      scalars(emitter.scalarsOf(access.scalars())),
      strides(emitter.stridesOf(access.view())) {
  Value view = emitter.operands[access.view()].pointer;
  IntegerBuilder integers = e.indices();
  AccessEmitter emit(access, integers, scalars, strides);
  element = e.memoryType(access.viewType().getElement());
  if (!access.isLinear()) {
    pointer = view;
    return;
  }
  // The thread's part does not change in loops, the base is the same for all
  // threads: kept apart, each is computed where it is cheapest.
  pointer = e.inEntry([&] {
    Value offset = integers.constant(0);
    for (int dim = 0; dim < layout.rank(); ++dim)
      offset = integers.add(offset, integers.mul(thread[dim], emit.step(dim)));
    return at(view, offset);
  });
  base = emit.base();
}

Value GlobalAccess::at(Value from, Value offset) {
  if (IntegerBuilder::asConstant(offset) == 0)
    return from;
  return LLVM::GEPOp::create(e.b, e.loc, from.getType(), element, from,
                             ValueRange(offset));
}

SmallVector<Value> GlobalAccess::lanesAt(const Coords &constant) {
  IntegerBuilder integers = e.indices();
  SmallVector<Value> lanes;
  for (auto [coord, add] : llvm::zip_equal(thread, constant))
    lanes.push_back(integers.add(coord, integers.constant(add)));
  return lanes;
}

Value GlobalAccess::address(const Coords &constant) {
  IntegerBuilder integers = e.indices();
  AccessEmitter emit(access, integers, scalars, strides);
  if (!access.isLinear())
    return at(pointer, emit.offset(lanesAt(constant)));
  Value offset = base;
  for (auto [dim, add] : llvm::enumerate(constant))
    offset = integers.add(offset,
                          integers.mul(integers.constant(add), emit.step(dim)));
  return at(pointer, offset);
}

Value GlobalAccess::mask(const Coords &constant) {
  IntegerBuilder integers = e.indices();
  AccessEmitter emit(access, integers, scalars, strides);
  SmallVector<Value> lanes = lanesAt(constant);
  Value mask = emit.inBounds(lanes);
  // Layouts may reach past the tile.
  Coords covered = layout.shape();
  for (int dim = 0; dim < layout.rank(); ++dim)
    if (covered[dim] > shape[dim])
      mask = integers.both(
          mask,
          integers.greaterEqual(integers.constant(shape[dim] - 1), lanes[dim]));
  return mask;
}

Registers Emitter::toPieces(ArrayRef<Value> values) {
  Type element = values.front().getType();
  int64_t bytes = element.getIntOrFloatBitWidth() / 8 * values.size();
  if (bytes >= 4)
    return pack(values);
  Type i16 = b.getI16Type();
  if (bytes == 1)
    return {LLVM::ZExtOp::create(b, loc, i16, values.front())};
  if (values.size() == 1)
    return {bitcast(values.front(), i16)};
  Value vector = LLVM::UndefOp::create(b, loc, VectorType::get(2, element));
  for (int part : {0, 1})
    vector = LLVM::InsertElementOp::create(b, loc, vector, values[part],
                                           constant32(part));
  return {bitcast(vector, i16)};
}

Registers Emitter::fromPieces(ArrayRef<Value> pieces, int64_t count,
                              Type element) {
  int64_t bytes = element.getIntOrFloatBitWidth() / 8 * count;
  if (bytes >= 4)
    return unpack(pieces, element);
  if (bytes == 1)
    return {LLVM::TruncOp::create(b, loc, element, pieces.front())};
  if (count == 1)
    return {bitcast(pieces.front(), element)};
  Value vector = bitcast(pieces.front(), VectorType::get(2, element));
  Registers result;
  for (int part : {0, 1})
    result.push_back(
        LLVM::ExtractElementOp::create(b, loc, vector, constant32(part)));
  return result;
}

Registers Emitter::loadVector(Value pointer, Value mask, int64_t count,
                              Type element, Attribute other, bool streamed) {
  Type memory = memoryType(element);
  int64_t bytes = memory.getIntOrFloatBitWidth() / 8 * count;
  // Of a shorter piece of a sector the rest may still be read.
  streamed &= bytes == 16;
  Registers values;
  if (!mask && !streamed) {
    // Narrow elements by the word: they are carried so.
    bool narrow = bytes >= 4 && bytes / count < 4;
    Type piece = narrow ? b.getI32Type() : memory;
    int64_t pieceCount = narrow ? bytes / 4 : count;
    Type type =
        pieceCount > 1 ? Type(VectorType::get(pieceCount, piece)) : piece;
    Value loaded = LLVM::LoadOp::create(b, loc, type, pointer, bytes);
    for (int64_t i = 0; i < pieceCount; ++i)
      values.push_back(pieceCount > 1 ? Value(LLVM::ExtractElementOp::create(
                                            b, loc, loaded, constant32(i)))
                                      : loaded);
    if (narrow)
      values = unpack(values, memory);
  } else {
    Pieces pieces(bytes);
    SmallVector<Value> inputs{pointer};
    std::string text, constraints = pieces.results() + ",l";
    if (mask) {
      text = "@$" + std::to_string(pieces.count + 1) + " ";
      constraints += ",b";
      inputs.push_back(mask);
      Value fill = constantOf(other, element);
      if (memory != llvmType(element))
        fill = LLVM::ZExtOp::create(b, loc, memory, fill);
      llvm::append_range(inputs, toPieces(SmallVector<Value>(count, fill)));
      for (int64_t i = 0; i < pieces.count; ++i)
        constraints += "," + std::to_string(i);
    }
    text +=
        llvm::formatv("ld.global{0}.{1} {2}, [${3}];", streamed ? ".cs" : "",
                      pieces.width, operandList(0, pieces.count), pieces.count);
    Value loaded = assembly(structOf(pieces.type(b), pieces.count), text,
                            constraints, inputs, true);
    values = fromPieces(parts(loaded), count, memory);
  }
  if (memory != llvmType(element))
    for (Value &value : values)
      value = LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::ne, value,
                                   zeroOf(memory));
  return values;
}

void Emitter::storeVector(Value pointer, Value mask, ArrayRef<Value> values,
                          Type element) {
  Type memory = memoryType(element);
  SmallVector<Value> stored(values);
  if (memory != llvmType(element))
    for (Value &value : stored)
      value = LLVM::ZExtOp::create(b, loc, memory, value);
  SmallVector<Value> inputs{pointer};
  if (mask)
    inputs.push_back(mask);
  llvm::append_range(inputs, toPieces(stored));
  Pieces pieces(bytesOf(memory) * stored.size());
  AssemblyText store = pieces.store("global", "l", "[$0]", bool(mask));
  assembly({}, store.text, store.constraints, inputs, true);
}

Value Emitter::ownerMask(const Layout &layout) {
  Value mask;
  IntegerBuilder integers = words();
  for (auto [axis, index] :
       {std::pair(Axis::lane, lane), std::pair(Axis::warp, warp)}) {
    int64_t copies = 0, bit = 1;
    for (const Coords &basis : layout.bases(axis)) {
      if (llvm::all_of(basis, [](int64_t value) { return value == 0; }))
        copies |= bit;
      bit *= 2;
    }
    if (copies)
      mask = integers.both(
          mask,
          integers.equal(LLVM::AndOp::create(b, loc, index, constant32(copies)),
                         constant32(0)));
    // Digits beyond the bits.
    int64_t weight = bit;
    for (const Repeat &repeat : layout.repeats()) {
      if (repeat.axis != axis)
        continue;
      if (repeat.dim < 0) {
        Value digit = LLVM::URemOp::create(
            b, loc, LLVM::UDivOp::create(b, loc, index, constant32(weight)),
            constant32(repeat.count));
        mask = integers.both(mask, integers.equal(digit, constant32(0)));
      }
      weight *= repeat.count;
    }
  }
  return mask;
}

/// Elements that one access of this layout moves.
static int64_t vectorOf(const Access &access, const Layout &layout,
                        int &contiguous) {
  contiguous = access.contiguousLane();
  if (contiguous < 0)
    return 1;
  return std::min(layout.registerRun(contiguous),
                  access.vectorWidth(contiguous));
}

void Emitter::emitAccess(tile::LoadOp load) {
  assert(!load.getPieces() && "pieces are for copies");
  Layout layout = layoutOf(load.getResult());
  Access access(load);
  RankedTensorType type = load.getType();
  GlobalAccess memory(*this, access, layout, type.getShape());
  int contiguous;
  int64_t vector = vectorOf(access, layout, contiguous);
  bool streamed = isStreamed(load);
  Registers values;
  for (int64_t reg = 0, end = layout.size(Axis::reg); reg < end;
       reg += vector) {
    Coords constant = layout.coordinates(reg, 0, 0);
    llvm::append_range(values, loadVector(memory.address(constant),
                                          memory.mask(constant), vector,
                                          type.getElementType(),
                                          load.getOther(), streamed));
  }
  tiles[load] = std::move(values);
}

void Emitter::emitAccess(tile::StoreOp store) {
  Layout layout = layoutOf(store.getValue());
  Access access(store);
  auto type = store.getValue().getType();
  GlobalAccess memory(*this, access, layout, type.getShape());
  int contiguous;
  int64_t vector = vectorOf(access, layout, contiguous);
  IntegerBuilder integers = indices();
  Value owner = ownerMask(layout);
  Registers &values = registers(store.getValue());
  for (int64_t reg = 0, end = layout.size(Axis::reg); reg < end;
       reg += vector) {
    Coords constant = layout.coordinates(reg, 0, 0);
    Value mask = integers.both(owner, memory.mask(constant));
    storeVector(memory.address(constant), mask,
                ArrayRef(values).slice(reg, vector), type.getElementType());
  }
}

} // namespace girih::compiler
