// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/conversion/host/plan.h"

#include "girih/compiler/dialect/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/IRMapping.h"

namespace girih::compiler::host {

namespace {

/// Operation `op` of a body, for all lanes of tiles like `shaped` at once.
void onTiles(mlir::OpBuilder &builder, mlir::Operation &op, mlir::Type shaped,
             mlir::IRMapping &mapping, bool isApproximate) {
  auto shape = llvm::dyn_cast<mlir::RankedTensorType>(shaped);
  mlir::Operation *copy = builder.clone(op, mapping);
  if (auto power = llvm::dyn_cast<mlir::math::Exp2Op>(copy))
    if (isApproximate)
      power.setFastmath(mlir::arith::FastMathFlags::afn);
  if (!shape)
    return;
  for (mlir::Value result : copy->getResults())
    result.setType(shape.clone(result.getType()));
  if (auto constant = llvm::dyn_cast<mlir::arith::ConstantOp>(copy))
    constant.setValueAttr(mlir::DenseElementsAttr::get(
        llvm::cast<mlir::ShapedType>(constant.getType()),
        llvm::ArrayRef<mlir::Attribute>(constant.getValue())));
}

} // namespace

void inlinePtx(mlir::func::FuncOp kernel) {
  llvm::SmallVector<tile::InlinePtxOp> all;
  kernel.walk([&](tile::InlinePtxOp op) { all.push_back(op); });
  for (tile::InlinePtxOp op : all) {
    mlir::OpBuilder builder(op);
    mlir::Block &body = op.getBody().front();
    mlir::IRMapping mapping;
    mapping.map(body.getArguments(), op.getInputs());
    for (mlir::Operation &each : body.without_terminator())
      onTiles(builder, each, op.getResult().getType(), mapping,
              op.getText().contains(".approx"));
    op.getResult().replaceAllUsesWith(
        mapping.lookup(body.getTerminator()->getOperand(0)));
    op.erase();
  }
}

} // namespace girih::compiler::host
