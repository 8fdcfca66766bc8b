// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/Passes.h"

#include "girih/compiler/clusters.h"
#include "girih/compiler/dialect/Tile.h"
#include "girih/compiler/layout/moves.h"
#include "girih/compiler/transforms/layout_assignment.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace girih::compiler {

#define GEN_PASS_DEF_TILESPREADWARPS
#include "compiler/transforms/Passes.h.inc"

namespace {

bool hasDims(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getRank() > 0;
}

/// Whether threads have all lanes of the result already.
bool renames(Operation *op) {
  auto layoutOf = [](Value value) {
    auto type = cast<RankedTensorType>(value.getType());
    return dyn_cast_or_null<tile::LayoutAttr>(type.getEncoding());
  };
  Value source = op->getOperand(0), result = op->getResult(0);
  tile::LayoutAttr from = layoutOf(source), to = layoutOf(result);
  if (!from || !to)
    return false;
  auto remap = dyn_cast<tile::RemapOp>(op);
  auto shapeOf = [](Value value) {
    return cast<RankedTensorType>(value.getType()).getShape();
  };
  AffineMap map = remap ? remap.getMap()
                        : AffineMap::getMultiDimIdentityMap(
                              static_cast<unsigned>(shapeOf(result).size()),
                              op->getContext());
  return findRenaming(from.getLayout(), to.getLayout(),
                      {map, shapeOf(source), shapeOf(result)})
      .has_value();
}

/// Whether no thread needs what another one has, but for reductions.
bool staysInThreads(Operation *op) {
  if (isa<tile::RemapOp, tile::ConvertLayoutOp>(op))
    return renames(op);
  if (isa<tensor::ExtractOp, tensor::FromElementsOp>(op))
    return !hasDims(op->getOperand(0));
  return OpTrait::hasElementwiseMappableTraits(op) || isLaneByLane(op) ||
         isa<arith::ConstantOp, tensor::SplatOp, tile::CoordinateOp,
             tile::LoadOp, tile::StoreOp, tile::ReduceOp, tile::ProgramIdOp,
             tile::SizeOp, tile::ValueOp, tile::YieldOp, scf::ForOp, scf::IfOp,
             scf::WhileOp, scf::YieldOp, scf::ConditionOp, func::ReturnOp,
             func::FuncOp>(op);
}

struct TileSpreadWarps : impl::TileSpreadWarpsBase<TileSpreadWarps> {
  using Base::Base;
  void runOnOperation() override {
    func::FuncOp kernel = getOperation();
    const int parts = blocks, all = warps;
    if (!kernel->hasAttr(tile::TileDialect::kernelAttr) || parts <= 1)
      return;
    Operation *moves = nullptr;
    kernel.walk([&](Operation *op) {
      if (!moves && !staysInThreads(op))
        moves = op;
    });
    if (moves || parts > mostClusterBlocks || all % parts != 0) {
      InFlightDiagnostic remark =
          (moves ? moves : kernel.getOperation())->emitRemark();
      remark << "tile-spread-warps: each program has one block, as ";
      if (moves)
        remark << "threads may need here what others have";
      else if (parts > mostClusterBlocks)
        remark << "devices have no clusters of " << parts;
      else
        remark << parts << " blocks cannot have equal parts of " << all
               << " warps";
      return;
    }
    kernel->setAttr(tile::TileDialect::blocksAttr,
                    Builder(&getContext()).getI64IntegerAttr(parts));
  }
};

} // namespace
} // namespace girih::compiler
