// SPDX-License-Identifier: Apache-2.0
// Reads and writes at indices that are data: gather and scatter.
#include "girih/compiler/conversion/nvptx/indirect.h"

using namespace mlir;

namespace girih::compiler {

IndirectAccess::IndirectAccess(Emitter &emitter, Value view, ValueRange indices,
                               const Layout &layout, ArrayRef<int64_t> shape)
    : e(emitter), view(cast<tile::ViewType>(view.getType())),
      operand(emitter.operands[view]), layout(layout), shape(shape),
      thread(emitter.threadCoords(layout)) {
  for (Value index : indices)
    indexTiles.push_back(&e.registers(index));
}

Value IndirectAccess::mask(int64_t reg) {
  Value all =
      e.insideMask(layout, shape, layout.coordinates(reg, 0, 0), thread);
  IntegerBuilder integers = e.indices();
  for (auto [tile, size] : llvm::zip_equal(indexTiles, operand.sizes)) {
    // Before anything is multiplied, and as unsigned: below 0 is beyond all.
    Value index = (*tile)[reg], limit = size;
    Type narrow = index.getType(), wide = limit.getType();
    if (narrow.getIntOrFloatBitWidth() < wide.getIntOrFloatBitWidth())
      index = LLVM::SExtOp::create(e.b, e.loc, wide, index);
    else if (narrow != wide)
      limit = LLVM::ZExtOp::create(e.b, e.loc, narrow, limit);
    all = integers.both(all, e.unsignedLess(index, limit));
  }
  return all;
}

Value IndirectAccess::pointer(int64_t reg) {
  IntegerBuilder integers = e.indices();
  Type type = e.b.getIntegerType(e.indexBits);
  Value offset = integers.constant(0);
  for (auto [dim, tile] : llvm::enumerate(indexTiles)) {
    Value index = (*tile)[reg];
    unsigned bits = index.getType().getIntOrFloatBitWidth();
    // Where the mask holds nothing is lost.
    if (bits > e.indexBits)
      index = LLVM::TruncOp::create(e.b, e.loc, type, index);
    else if (bits < e.indexBits)
      index = LLVM::SExtOp::create(e.b, e.loc, type, index);
    if (static_cast<int64_t>(dim) != view.getUnit())
      index = integers.mul(index, operand.strides[dim]);
    offset = integers.add(offset, index);
  }
  Type element = e.memoryType(view.getElement());
  return LLVM::GEPOp::create(e.b, e.loc, operand.pointer.getType(), element,
                             operand.pointer, ValueRange(offset));
}

LogicalResult Emitter::emitTile(tile::GatherOp gather) {
  Layout layout = layoutOf(gather.getResult());
  RankedTensorType type = gather.getType();
  IndirectAccess access(*this, gather.getView(), gather.getIndices(), layout,
                        type.getShape());
  Registers values;
  for (int64_t reg = 0, end = layout.size(Axis::reg); reg < end; ++reg)
    llvm::append_range(values,
                       loadVector(access.pointer(reg), access.mask(reg), 1,
                                  type.getElementType(), gather.getOther()));
  tiles[gather] = std::move(values);
  return success();
}

LogicalResult Emitter::emitTile(tile::ScatterOp scatter) {
  Layout layout = layoutOf(scatter.getValue());
  auto type = scatter.getValue().getType();
  IndirectAccess access(*this, scatter.getView(), scatter.getIndices(), layout,
                        type.getShape());
  Value owner = inEntry([&] { return ownerMask(layout); });
  IntegerBuilder integers = indices();
  Registers &values = registers(scatter.getValue());
  for (int64_t reg = 0, end = layout.size(Axis::reg); reg < end; ++reg)
    storeVector(access.pointer(reg), integers.both(owner, access.mask(reg)),
                values[reg], type.getElementType());
  return success();
}

} // namespace girih::compiler
