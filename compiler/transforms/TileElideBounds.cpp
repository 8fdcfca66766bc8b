// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/Passes.h"

#include "girih/compiler/analysis/access.h"
#include "girih/compiler/analysis/proof.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

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

/// The same for the lanes in bounds as the kernel asks for them, which compares
/// with 0 what is not negative there. What stays is compared in as many bits as
/// indices have.
void elide(arith::CmpIOp compare, bool narrow) {
  auto coordinate = compare.getLhs().getDefiningOp<tile::CoordinateOp>();
  if (!coordinate || compare.getPredicate() != arith::CmpIPredicate::sge ||
      !matchPattern(compare.getRhs(), m_Zero()))
    return;
  RankedTensorType type = coordinate.getType();
  BoundsProver prover(coordinate, coordinate.getScalars(),
                      laneFacts(type.getShape()));
  OpBuilder builder(compare);
  auto filled = [&](RankedTensorType type, int64_t value) {
    return arith::ConstantOp::create(
        builder, compare.getLoc(),
        DenseElementsAttr::get(
            type, builder.getIntegerAttr(type.getElementType(), value)));
  };
  if (prover.neverNegative(coordinate.getMap().getResult(0))) {
    compare.replaceAllUsesWith(
        filled(cast<RankedTensorType>(compare.getType()), 1).getResult());
    compare.erase();
    return;
  }
  if (!narrow || type.getElementTypeBitWidth() <= 32)
    return;
  RankedTensorType words =
      RankedTensorType::get(type.getShape(), builder.getI32Type());
  compare.getLhsMutable().assign(
      tile::CoordinateOp::create(builder, coordinate.getLoc(), words,
                                 coordinate.getScalars(), coordinate.getMap()));
  compare.getRhsMutable().assign(filled(words, 0));
}

bool hasShortIndices(func::FuncOp kernel) {
  auto bits =
      kernel->getAttrOfType<IntegerAttr>(tile::TileDialect::indexBitsAttr);
  return bits && bits.getInt() == 32;
}

struct TileElideBounds : impl::TileElideBoundsBase<TileElideBounds> {
  void runOnOperation() override {
    bool narrow = hasShortIndices(getOperation());
    getOperation().walk([&](Operation *op) {
      if (auto load = dyn_cast<tile::LoadOp>(op))
        elide(load);
      else if (auto store = dyn_cast<tile::StoreOp>(op))
        elide(store);
      else if (auto compare = dyn_cast<arith::CmpIOp>(op))
        elide(compare, narrow);
    });
  }
};

} // namespace

} // namespace girih::compiler
