// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/Passes.h"

#include "girih/compiler/analysis/access.h"

#define DEBUG_TYPE "tile-elide-bounds"

using namespace mlir;

namespace girih::compiler {

#define GEN_PASS_DEF_TILEELIDEBOUNDS
#include "compiler/transforms/Passes.h.inc"

namespace {

template <typename AccessOp> void elide(AccessOp op) {
  std::optional<IntegerSet> bounds = op.getBounds();
  if (!bounds)
    return;
  Access access(op);
  if (access.constraints().size() == bounds->getNumConstraints())
    return;
  if (access.provablyInBounds()) {
    op.removeBoundsAttr();
    return;
  }
  SmallVector<AffineExpr> kept;
  SmallVector<bool> equalities;
  for (const Constraint &constraint : access.constraints()) {
    kept.push_back(constraint.expr);
    equalities.push_back(constraint.equality);
  }
  op.setBoundsAttr(IntegerSetAttr::get(IntegerSet::get(
      bounds->getNumDims(), bounds->getNumSymbols(), kept, equalities)));
}

struct TileElideBounds : impl::TileElideBoundsBase<TileElideBounds> {
  void runOnOperation() override {
    getOperation().walk([](Operation *op) {
      if (auto load = dyn_cast<tile::LoadOp>(op))
        elide(load);
      else if (auto store = dyn_cast<tile::StoreOp>(op))
        elide(store);
    });
  }
};

} // namespace

} // namespace girih::compiler
