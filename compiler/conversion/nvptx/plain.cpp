// SPDX-License-Identifier: Apache-2.0
// Tiles in shared memory in plain order, so that data can say what is read.
#include "girih/compiler/conversion/nvptx/emitter.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace girih::compiler {

PlainTile::PlainTile(ArrayRef<int64_t> shape, int fastest, int64_t pitch,
                     Type element, int64_t base)
    : shape(shape), strides(shape.size(), 1), fastest(fastest),
      element(element), base(base), elementBytes(bytesOf(element)) {
  if (shape.empty())
    return;
  elements = pitch;
  for (int dim = static_cast<int>(shape.size()) - 1; dim >= 0; --dim) {
    if (dim == fastest)
      continue;
    strides[dim] = elements;
    elements *= shape[dim];
  }
}

/// Elements that move at once: neighbours in registers and in memory.
static int64_t vectorOf(const PlainTile &tile, const Layout &layout) {
  if (layout.rank() == 0)
    return 1;
  int64_t vector =
      std::min(layout.registerRun(tile.fastest), 16 / tile.elementBytes);
  for (auto [dim, stride] : llvm::enumerate(tile.strides))
    if (static_cast<int>(dim) != tile.fastest)
      vector = std::min(vector, stride & -stride);
  // A vector starts within the tile and must not leave what is set aside.
  return std::min(vector, tile.elements & -tile.elements);
}

Value Emitter::insideMask(const Layout &layout, ArrayRef<int64_t> shape,
                          ArrayRef<int64_t> constant, ArrayRef<Value> thread) {
  Coords covered = layout.shape();
  Value mask;
  IntegerBuilder integers = words();
  for (int dim = 0; dim < layout.rank(); ++dim)
    if (covered[dim] > shape[dim])
      mask = integers.both(
          mask, integers.greaterEqual(
                    constant32(shape[dim] - 1 - constant[dim]), thread[dim]));
  return mask;
}

Value Emitter::plainAddress(const PlainTile &tile, ArrayRef<Value> thread) {
  return inEntry([&] {
    IntegerBuilder integers = words();
    Value address = sharedBase;
    for (auto [coord, stride] : llvm::zip_equal(thread, tile.strides))
      address = integers.add(
          address, integers.mul(coord, constant32(stride * tile.elementBytes)));
    return address;
  });
}

int64_t Emitter::plainOffset(const PlainTile &tile,
                             ArrayRef<int64_t> constant) {
  int64_t offset = 0;
  for (auto [coord, stride] : llvm::zip_equal(constant, tile.strides))
    offset += coord * stride;
  return tile.base + offset * tile.elementBytes;
}

void Emitter::storePlain(const PlainTile &tile, const Layout &layout,
                         ArrayRef<Value> values) {
  SmallVector<Value> thread = threadCoords(layout);
  Value address = plainAddress(tile, thread);
  Value owner = inEntry([&] { return ownerMask(layout); });
  IntegerBuilder integers = words();
  int64_t vector = vectorOf(tile, layout);
  for (int64_t reg = 0, end = layout.size(Axis::reg); reg < end;
       reg += vector) {
    Coords constant = layout.coordinates(reg, 0, 0);
    Value mask =
        integers.both(owner, insideMask(layout, tile.shape, constant, thread));
    storeShared(address, plainOffset(tile, constant), values.slice(reg, vector),
                tile.element, mask);
  }
}

Registers Emitter::loadPlain(const PlainTile &tile, const Layout &layout) {
  SmallVector<Value> thread = threadCoords(layout);
  Value address = plainAddress(tile, thread);
  int64_t vector = vectorOf(tile, layout);
  Registers values;
  for (int64_t reg = 0, end = layout.size(Axis::reg); reg < end;
       reg += vector) {
    Coords constant = layout.coordinates(reg, 0, 0);
    Value mask = insideMask(layout, tile.shape, constant, thread);
    Value at = address;
    int64_t offset = plainOffset(tile, constant);
    if (mask) // what is past the tile reads the tile's first element
      at = LLVM::SelectOp::create(
          b, loc, mask, address,
          words().add(sharedBase, constant32(tile.base - offset)));
    llvm::append_range(values, loadShared(at, offset, vector, tile.element));
  }
  return values;
}

} // namespace girih::compiler
