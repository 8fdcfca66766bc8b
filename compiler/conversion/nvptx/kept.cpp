// SPDX-License-Identifier: Apache-2.0
// Tiles that wait in shared memory. Each thread writes what it holds and reads
// the same again: nobody waits for others.
#include "girih/compiler/conversion/nvptx/emitter.h"

#include <algorithm>

using namespace mlir;

namespace girih::compiler {

namespace {

/// Where a thread's elements of one tile are, as many as 16 bytes hold at a
/// time where registers run along the last dimension.
struct KeptPlace {
  SharedPlace place;
  int64_t vector;

  KeptPlace(Emitter &emitter, Value origin, tile::SharedType memory,
            int64_t base, ArrayRef<Value> coords, Value slot,
            const Layout &layout)
      : place(emitter, memory.getLayout().getLayout(),
              bytesOf(memory.getElement()), origin, base, coords,
              threadMasks(layout)) {
    place.setStage(slot);
    int last = layout.rank() - 1;
    vector =
        std::min(layout.registerRun(last), 16 / bytesOf(memory.getElement()));
    // Rows of any other length begin anywhere.
    while (memory.getShape()[last] % vector != 0)
      vector /= 2;
  }
};

} // namespace

void Emitter::emitAccess(tile::KeepOp keep) {
  tile::SharedType memory = keep.getTarget().getType();
  Layout layout = layoutOf(keep.getSource());
  KeptPlace kept(*this, sharedBase, memory,
                 sharedOffset[keep.getTarget().getDefiningOp()],
                 threadCoords(layout), scalar(keep.getSlot()), layout);
  Registers &values = registers(keep.getSource());
  for (int64_t reg = 0, end = layout.size(Axis::reg); reg < end;
       reg += kept.vector) {
    auto [address, added] = kept.place.at(layout.coordinates(reg, 0, 0));
    storeShared(address, added, ArrayRef(values).slice(reg, kept.vector),
                memory.getElement(), {});
  }
}

void Emitter::emitAccess(tile::KeptOp kept) {
  tile::SharedType memory = kept.getSource().getType();
  Layout layout = layoutOf(kept.getResult());
  KeptPlace from(*this, sharedBase, memory,
                 sharedOffset[kept.getSource().getDefiningOp()],
                 threadCoords(layout), scalar(kept.getSlot()), layout);
  Registers values;
  for (int64_t reg = 0, end = layout.size(Axis::reg); reg < end;
       reg += from.vector) {
    auto [address, added] = from.place.at(layout.coordinates(reg, 0, 0));
    llvm::append_range(
        values, loadShared(address, added, from.vector, memory.getElement()));
  }
  tiles[kept] = std::move(values);
}

} // namespace girih::compiler
