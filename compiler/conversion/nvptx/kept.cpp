// SPDX-License-Identifier: Apache-2.0
// Tiles that wait in shared memory. Each thread writes what it holds and reads
// the same again: nobody waits for others, and only the thread has to know what
// lies where.
#include "girih/compiler/conversion/nvptx/emitter.h"

using namespace mlir;

namespace girih::compiler {

namespace {

/// A thread's elements of a tile: as many at a time as 16 bytes hold, next to
/// those of the next thread.
struct KeptPlace {
  int64_t vector = 1; // in elements
  int64_t stride;     // in bytes, from one to the next
  int64_t tile;       // in bytes, of all threads

  KeptPlace(const Layout &layout, Type element, int64_t threads) {
    const int64_t bytes = bytesOf(element), held = layout.size(Axis::reg);
    while (vector * 2 * bytes <= 16 && held % (vector * 2) == 0)
      vector *= 2;
    stride = threads * vector * bytes;
    tile = held / vector * stride;
  }
};

} // namespace

/// Where this thread's first elements of the tile in `slot` are.
Value Emitter::keptAddress(int64_t stride, int64_t tile, Value slot) {
  IntegerBuilder integers = words();
  const int64_t threads = blockWarps() * 32;
  Value own = inEntry([&] {
    Value thread = intrinsic(i32(), "llvm.nvvm.read.ptx.sreg.tid.x", {});
    return integers.add(sharedBase,
                        integers.mul(thread, constant32(stride / threads)));
  });
  return integers.add(own, integers.mul(narrowed(slot), constant32(tile)));
}

void Emitter::emitAccess(tile::KeepOp keep) {
  Type element = keep.getTarget().getType().getElement();
  Registers &values = registers(keep.getSource());
  KeptPlace place(layoutOf(keep.getSource()), element, blockWarps() * 32);
  const auto held = static_cast<int64_t>(values.size());
  Value address = keptAddress(place.stride, place.tile, scalar(keep.getSlot()));
  int64_t at = sharedOffset[keep.getTarget().getDefiningOp()];
  for (int64_t reg = 0; reg < held; reg += place.vector, at += place.stride)
    storeShared(address, at, ArrayRef(values).slice(reg, place.vector), element,
                {});
}

void Emitter::emitAccess(tile::KeptOp kept) {
  Type element = kept.getSource().getType().getElement();
  Layout layout = layoutOf(kept.getResult());
  KeptPlace place(layout, element, blockWarps() * 32);
  const int64_t held = layout.size(Axis::reg);
  Value address = keptAddress(place.stride, place.tile, scalar(kept.getSlot()));
  int64_t at = sharedOffset[kept.getSource().getDefiningOp()];
  Registers values;
  for (int64_t reg = 0; reg < held; reg += place.vector, at += place.stride)
    llvm::append_range(values, loadShared(address, at, place.vector, element));
  tiles[kept] = std::move(values);
}

} // namespace girih::compiler
