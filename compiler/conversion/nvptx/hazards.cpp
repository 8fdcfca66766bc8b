// SPDX-License-Identifier: Apache-2.0
// Accesses of one operand from different threads of a program. An element that
// is scattered by one thread can be gathered by another: there has to be a
// barrier in between. Where no access is at indices that are data, each tile is
// read before it is written, through layouts that say who does.
#include "girih/compiler/analysis/written.h"
#include "girih/compiler/conversion/nvptx/emitter.h"

using namespace mlir;

namespace girih::compiler {

static Value viewOf(Operation *op) {
  if (auto load = dyn_cast<tile::LoadOp>(op))
    return load.getView();
  if (auto copy = dyn_cast<tile::CopyAsyncOp>(op))
    return copy.getView();
  if (auto gather = dyn_cast<tile::GatherOp>(op))
    return gather.getView();
  return writtenView(op);
}

static bool isIndirect(Operation *op) {
  return isa<tile::GatherOp, tile::ScatterOp, tile::AtomicOp, tile::ArriveOp>(
      op);
}

static bool reads(Operation *op) {
  return isa<tile::LoadOp, tile::CopyAsyncOp, tile::GatherOp>(op);
}

/// Whether the order of two accesses can be seen. That of two atomics is open
/// in any case.
static bool collide(Operation *a, Operation *b) {
  return viewOf(a) == viewOf(b) && (isIndirect(a) || isIndirect(b)) &&
         !(reads(a) && reads(b)) &&
         !(isa<tile::AtomicOp, tile::ArriveOp>(a) &&
           isa<tile::AtomicOp, tile::ArriveOp>(b));
}

void Emitter::findIndirect() {
  kernel.walk([&](Operation *op) { hasIndirect |= isIndirect(op); });
}

void Emitter::separate(Operation *access) {
  if (!hasIndirect || !viewOf(access))
    return;
  if (llvm::any_of(unseparated, [&](Operation *earlier) {
        return collide(earlier, access);
      }))
    barrier();
  unseparated.push_back(access);
}

void Emitter::mayFollow(Region &body) {
  if (hasIndirect)
    body.walk([&](Operation *op) {
      if (viewOf(op))
        unseparated.push_back(op);
    });
}

} // namespace girih::compiler
