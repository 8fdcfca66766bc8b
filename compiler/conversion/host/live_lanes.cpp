// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/conversion/host/live_lanes.h"

#include "girih/compiler/conversion/host/elementwise.h"
#include "girih/compiler/conversion/host/memory.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/SetVector.h"

using llvm::SmallVector;

namespace girih::compiler::host {

namespace {

/// Adds to `values` what `use` makes of the same lanes, or to `stores` the
/// store that it is. False for any other use.
bool follow(mlir::OpOperand &use, llvm::SetVector<mlir::Value> &values,
            SmallVector<tile::StoreOp> &stores) {
  mlir::Operation *op = use.getOwner();
  if (auto store = llvm::dyn_cast<tile::StoreOp>(op)) {
    stores.push_back(store);
    return true;
  }
  if (auto dot = llvm::dyn_cast<tile::DotOp>(op)) {
    values.insert(dot.getResult());
    return use.get() == dot.getAcc() && use.get() != dot.getA() &&
           use.get() != dot.getB();
  }
  if (llvm::isa<mlir::scf::YieldOp>(op)) {
    auto loop = llvm::dyn_cast<mlir::scf::ForOp>(op->getParentOp());
    if (!loop)
      return false;
    values.insert(loop.getResult(use.getOperandNumber()));
    values.insert(loop.getRegionIterArg(use.getOperandNumber()));
    return true;
  }
  if (!isElementwise(op) || op->getNumResults() != 1)
    return false;
  values.insert(op->getResult(0));
  return true;
}

} // namespace

SmallVector<Reg> liveLanes(Emission &emission, mlir::Value value) {
  SmallVector<Reg> all(tileType(value).getRank(), nullptr);
  llvm::SetVector<mlir::Value> values;
  SmallVector<tile::StoreOp> stores;
  values.insert(value);
  for (size_t next = 0; next < values.size(); ++next) {
    mlir::Value each = values[next];
    for (mlir::OpOperand &use : each.getUses())
      if (!follow(use, values, stores))
        return all;
  }
  // A store's scalars may be computed only after the value.
  for (tile::StoreOp store : stores)
    for (mlir::Value scalar : store.getScalars())
      if (!emission.scalar(scalar))
        return all;
  SmallVector<Reg> limits;
  for (size_t dim = 0; dim < all.size(); ++dim) {
    Reg most = emission.ir.index(0);
    for (tile::StoreOp store : stores) {
      MemoryAccess access(emission, Access(store));
      access.prepare();
      Reg limit = access.limit(dim);
      most = most && limit ? emission.ir.max(most, limit) : nullptr;
    }
    limits.push_back(most);
  }
  return limits;
}

} // namespace girih::compiler::host
