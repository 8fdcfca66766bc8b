// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/bounded_load.h"

#include "mlir/IR/IntegerSet.h"

using namespace mlir;

namespace girih::compiler {

tile::LoadOp loadBelow(OpBuilder &builder, tile::LoadOp load,
                       const IRMapping &mapping, Value value, Value limit) {
  SmallVector<Value> scalars;
  for (int64_t piece = 0; piece < load.pieceCount(); ++piece) {
    for (Value scalar : load.pieceScalars(piece))
      scalars.push_back(mapping.lookupOrDefault(scalar));
    scalars.push_back(value);
    scalars.push_back(limit);
  }
  return loadBelow(builder, load, scalars);
}

tile::LoadOp loadBelow(OpBuilder &builder, tile::LoadOp load,
                       ValueRange scalars) {
  AffineMap map = load.getMap();
  unsigned dims = map.getNumDims(), symbols = map.getNumSymbols();
  SmallVector<AffineExpr> constraints;
  SmallVector<bool> equalities;
  if (std::optional<IntegerSet> bounds = load.getBounds()) {
    llvm::append_range(constraints, bounds->getConstraints());
    llvm::append_range(equalities, bounds->getEqFlags());
  }
  MLIRContext *context = builder.getContext();
  constraints.push_back(getAffineSymbolExpr(symbols + 1, context) -
                        getAffineSymbolExpr(symbols, context) - 1);
  equalities.push_back(false);
  symbols += 2;
  map = AffineMap::get(dims, symbols, map.getResults(), context);
  auto bounds = IntegerSet::get(dims, symbols, constraints, equalities);
  return tile::LoadOp::create(builder, load.getLoc(), load.getType(),
                              load.getView(), scalars, AffineMapAttr::get(map),
                              IntegerSetAttr::get(bounds), load.getOtherAttr(),
                              load.getPiecesAttr(), load.getAlongAttr());
}

} // namespace girih::compiler
