// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/Passes.h"

#include "girih/compiler/dialect/Tile.h"

#include "mlir/IR/PatternMatch.h"

#define DEBUG_TYPE "tile-fold-remaps"

using namespace mlir;

namespace girih::compiler {

#define GEN_PASS_DEF_TILEFOLDREMAPS
#include "compiler/transforms/Passes.h.inc"

namespace {

/// Whether lanes stay in rows: coordinates are scaled and shifted only.
bool isStraight(AffineMap map) {
  return llvm::all_of(map.getResults(), [](AffineExpr expr) {
    bool straight = true;
    expr.walk([&](AffineExpr each) {
      AffineExprKind kind = each.getKind();
      straight &= kind != AffineExprKind::Mod &&
                  kind != AffineExprKind::FloorDiv &&
                  kind != AffineExprKind::CeilDiv;
    });
    return straight;
  });
}

/// Whether remaps are all that reads the load, and no lane is read twice.
bool isForRemaps(tile::LoadOp load) {
  int64_t lanes = 0;
  for (Operation *user : load->getUsers()) {
    auto remap = dyn_cast<tile::RemapOp>(user);
    if (!remap || !isStraight(remap.getMap()))
      return false;
    lanes += remap.getType().getNumElements();
  }
  return lanes > 0 && lanes <= load.getType().getNumElements();
}

void fold(tile::LoadOp load) {
  OpBuilder builder(load);
  for (Operation *user : llvm::make_early_inc_range(load->getUsers())) {
    auto remap = cast<tile::RemapOp>(user);
    AffineMap lanes = remap.getMap();
    AffineMap map = load.getMap();
    SmallVector<AffineExpr> symbols;
    for (unsigned i = 0; i < map.getNumSymbols(); ++i)
      symbols.push_back(builder.getAffineSymbolExpr(i));
    IntegerSetAttr bounds = load.getBoundsAttr();
    if (bounds)
      bounds = IntegerSetAttr::get(bounds.getValue().replaceDimsAndSymbols(
          lanes.getResults(), symbols, lanes.getNumDims(),
          map.getNumSymbols()));
    AffineMap composed = map.replaceDimsAndSymbols(
        lanes.getResults(), symbols, lanes.getNumDims(), map.getNumSymbols());
    auto straight = tile::LoadOp::create(
        builder, load.getLoc(), remap.getType(), load.getView(),
        load.getScalars(), AffineMapAttr::get(composed), bounds,
        load.getOtherAttr());
    remap.getResult().replaceAllUsesWith(straight.getResult());
    remap.erase();
  }
  load.erase();
}

struct TileFoldRemaps : impl::TileFoldRemapsBase<TileFoldRemaps> {
  void runOnOperation() override {
    SmallVector<tile::LoadOp> loads;
    getOperation().walk([&](tile::LoadOp load) { loads.push_back(load); });
    for (tile::LoadOp load : loads)
      if (isForRemaps(load))
        fold(load);
  }
};

} // namespace

} // namespace girih::compiler
