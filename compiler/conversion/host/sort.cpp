// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/conversion/host/sort.h"

#include "girih/compiler/host_runtime.h"

#include "llvm/IR/Module.h"

using llvm::SmallVector;

namespace girih::compiler::host {

namespace {

/// What the runtime's function has to know of the keys.
SortKey keyOf(tile::SortOp op) {
  mlir::Type element = tileType(op.getInputs()[0]).getElementType();
  SortKey key;
  key.bytes = elementBytes(element);
  key.descending = op.getDescending();
  if (llvm::isa<mlir::Float8E4M3FNType>(element))
    key.infinity = 0x7e; // there is none: the largest number
  else if (auto type = llvm::dyn_cast<mlir::FloatType>(element))
    key.infinity =
        static_cast<int64_t>(llvm::APFloat::getInf(type.getFloatSemantics())
                                 .bitcastToAPInt()
                                 .getZExtValue());
  else
    key.isUnsigned = op.getIsUnsigned() || element.isInteger(1);
  return key;
}

} // namespace

void emitSort(Emission &emission, tile::SortOp op) {
  Builder &ir = emission.ir;
  unsigned dim = op.getDim();
  auto shape = tileType(op.getInputs()[0]).getShape();
  size_t tiles = op.getInputs().size();
  SmallVector<Buffer> buffers;
  Reg rows = emission.allocate(static_cast<int64_t>(8 * tiles));
  Reg sizes = emission.allocate(static_cast<int64_t>(8 * tiles));
  auto slot = [&](Reg base, size_t number) {
    return ir.advance(base, ir.index(static_cast<int64_t>(number)), 8);
  };
  for (auto [number, input] : llvm::enumerate(op.getInputs())) {
    buffers.push_back(emission.allocateBuffer(tileType(input), dim, false));
    emitInto(emission, input, buffers.back());
    ir.CreateStore(ir.index(elementBytes(tileType(input).getElementType())),
                   slot(sizes, number));
  }
  Reg work = emission.allocate(sortWorkBytes(shape[dim]));
  llvm::Type *pointer = ir.getPtrTy(), *index = ir.getInt64Ty();
  llvm::FunctionCallee callee =
      ir.GetInsertBlock()->getModule()->getOrInsertFunction(
          "girih_sort_row",
          llvm::FunctionType::get(
              ir.getVoidTy(),
              {index, index, index, index, pointer, pointer, pointer}, false));
  SortKey key = keyOf(op);
  int64_t flags =
      (key.descending ? 1 : 0) | (key.isUnsigned ? 2 : 0) | key.bytes << 8;
  SmallVector<Reg, 4> lane(shape.size(), ir.index(0));
  emitLoops(ir, shape, otherDims(shape.size(), dim), lane, [&] {
    for (auto [number, buffer] : llvm::enumerate(buffers)) {
      Reg offset = ir.index(0);
      for (auto [coordinate, stride] : llvm::zip(lane, buffer.strides))
        offset = ir.add(offset, ir.mul(coordinate, ir.index(stride)));
      ir.CreateStore(
          ir.advance(buffer.pointer, offset, elementBytes(buffer.element)),
          slot(rows, number));
    }
    ir.CreateCall(
        callee, {ir.index(shape[dim]), ir.index(flags), ir.index(key.infinity),
                 ir.index(static_cast<int64_t>(tiles)), rows, sizes, work});
  });
  for (auto [result, buffer] : llvm::zip(op.getResults(), buffers))
    emission.buffers[result] = buffer;
}

} // namespace girih::compiler::host
