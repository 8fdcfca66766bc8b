// SPDX-License-Identifier: Apache-2.0
// Tiles in scratch memory.
#include "girih/compiler/conversion/host/memory.h"

namespace girih::compiler::host {

Reg Emission::allocate(int64_t bytes) {
  Reg pointer = ir.advance(scratch, ir.index(scratchUsed), 1);
  scratchUsed += static_cast<int64_t>(llvm::alignTo(bytes, 64));
  return pointer;
}

Buffer Emission::allocateBuffer(mlir::RankedTensorType type, unsigned unit,
                                bool asRegisters, int64_t pitch) {
  Buffer buffer;
  buffer.element = type.getElementType();
  buffer.asRegisters = asRegisters;
  buffer.unit = unit;
  unsigned bytes =
      asRegisters
          ? registerType(ir, buffer.element)->getPrimitiveSizeInBits() / 8
          : elementBytes(buffer.element);
  bytes = std::max(bytes, 1u);
  // A chunk may be wider than a vector register; its last one stays inside.
  pitch = std::max<int64_t>(pitch, llvm::alignTo(type.getDimSize(unit), 64));
  buffer.strides.assign(type.getRank(), 1);
  int64_t stride = pitch;
  for (int64_t dim = type.getRank() - 1; dim >= 0; --dim)
    if (dim != unit) {
      buffer.strides[dim] = stride;
      stride *= type.getDimSize(dim);
    }
  buffer.pointer = allocate(stride * bytes);
  return buffer;
}

static Reg bufferAddress(Builder &ir, const Buffer &buffer, const Chunk &chunk,
                         unsigned bytes) {
  Reg pointer = buffer.pointer;
  for (auto [coordinate, stride] : llvm::zip(chunk.lane, buffer.strides))
    pointer = ir.advance(pointer, ir.mul(coordinate, ir.index(stride)), bytes);
  return pointer;
}

/// Pointers of a chunk whose lanes are not neighbours in the buffer.
static Reg bufferAddresses(Builder &ir, const Buffer &buffer,
                           const Chunk &chunk, unsigned bytes) {
  Reg pointer = bufferAddress(ir, buffer, chunk, bytes);
  Reg offsets = nullptr;
  if (chunk.isScattered()) {
    Chunk uniform = chunk;
    llvm::Type *ints = widened(ir.getInt32Ty(), chunk.width);
    offsets = llvm::Constant::getNullValue(ints);
    for (auto [dim, own] : llvm::enumerate(chunk.scattered)) {
      if (!own)
        continue;
      uniform.lane[dim] = ir.index(0);
      auto stride = static_cast<uint64_t>(buffer.strides[dim]);
      offsets = ir.add(
          offsets,
          stride == 1 ? own : ir.CreateMul(own, ir.splatInt(stride, ints)));
    }
    pointer = bufferAddress(ir, buffer, uniform, bytes);
  } else {
    offsets = ir.CreateMul(
        ir.iota(ir.getInt32Ty(), chunk.width),
        ir.splat(ir.getInt32(static_cast<uint32_t>(buffer.strides[chunk.unit])),
                 chunk.width));
  }
  return ir.CreateGEP(ir.getIntNTy(bytes * 8), pointer, offsets);
}

static llvm::Type *bufferType(Builder &ir, const Buffer &buffer) {
  return buffer.asRegisters ? registerType(ir, buffer.element)
                            : memoryType(ir, buffer.element);
}

/// Whether a chunk is one piece of the buffer.
static bool isNeighbours(const Buffer &buffer, const Chunk &chunk) {
  return chunk.width == 0 ||
         (!chunk.isScattered() && chunk.unit == buffer.unit);
}

Reg loadBuffer(Emission &emission, const Buffer &buffer, const Chunk &chunk) {
  Builder &ir = emission.ir;
  llvm::Type *scalar = bufferType(ir, buffer);
  llvm::Type *type = widened(scalar, chunk.width);
  unsigned bytes = scalar->getScalarSizeInBits() / 8;
  Reg value = nullptr;
  if (isNeighbours(buffer, chunk))
    value = ir.CreateAlignedLoad(type, bufferAddress(ir, buffer, chunk, bytes),
                                 llvm::Align(bytes));
  else
    value = ir.CreateMaskedGather(
        type, bufferAddresses(ir, buffer, chunk, bytes), llvm::Align(bytes),
        firstLanes(ir, emission.machine, ir.index(chunk.valid), chunk.width),
        llvm::Constant::getNullValue(type));
  if (chunk.evenFirst)
    return decodeEvenFirst(ir, value);
  return buffer.asRegisters ? value : decode(ir, buffer.element, value);
}

void storeBuffer(Emission &emission, const Buffer &buffer, const Chunk &chunk,
                 Reg value) {
  Builder &ir = emission.ir;
  unsigned bytes = bufferType(ir, buffer)->getScalarSizeInBits() / 8;
  Reg memory = value;
  if (chunk.evenFirst)
    memory = encodeEvenFirst(ir, value);
  else if (!buffer.asRegisters)
    memory = encode(ir, buffer.element, value);
  if (isNeighbours(buffer, chunk))
    ir.store(memory, bufferAddress(ir, buffer, chunk, bytes),
             llvm::Align(bytes));
  else
    ir.CreateMaskedScatter(
        memory, bufferAddresses(ir, buffer, chunk, bytes), llvm::Align(bytes),
        firstLanes(ir, emission.machine, ir.index(chunk.valid), chunk.width));
}

} // namespace girih::compiler::host
