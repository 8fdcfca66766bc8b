// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/conversion/host/plan.h"

#include "girih/compiler/conversion/host/elementwise.h"
#include "girih/compiler/conversion/host/emission.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/SmallPtrSet.h"

namespace girih::compiler::host {

bool isFusable(mlir::Operation *op) {
  return llvm::isa<tile::LoadOp, mlir::tensor::SplatOp>(op) ||
         isElementwise(op);
}

namespace {

using Roots = llvm::SmallPtrSet<mlir::Operation *, 4>;

class Planner {
public:
  llvm::DenseSet<mlir::Value> plan(mlir::func::FuncOp kernel) {
    kernel.walk([&](tile::StoreOp store) { stores.push_back(store); });
    llvm::SmallVector<mlir::Operation *> ops;
    kernel.walk<mlir::WalkOrder::PreOrder>(
        [&](mlir::Operation *op) { ops.push_back(op); });
    // Users first: what a user needs, its operands are needed for.
    for (mlir::Operation *op : llvm::reverse(ops))
      if (isFusable(op) && op->getNumResults() == 1 && isTile(op->getResult(0)))
        visit(op);
    return kept;
  }

private:
  void visit(mlir::Operation *op) {
    mlir::Value value = op->getResult(0);
    Roots mine;
    bool deeper = false;
    for (mlir::Operation *user : value.getUsers()) {
      deeper |= user->getBlock() != op->getBlock();
      if (isFusable(user) && !kept.contains(user->getResult(0)))
        mine.insert(roots[user].begin(), roots[user].end());
      else
        mine.insert(user);
    }
    for (mlir::Operation *root : mine)
      deeper |= root->getBlock() != op->getBlock();
    auto load = llvm::dyn_cast<tile::LoadOp>(op);
    bool keep = load ? isOverwritten(load, mine)
                     : (mine.size() > 1 || deeper) && costs(op);
    if (keep) {
      kept.insert(value);
      mine.clear();
    }
    roots[op] = std::move(mine);
  }

  /// A load may wait for its only user if no store can come between: none to
  /// its operand but the user itself, of the same elements.
  bool isOverwritten(tile::LoadOp load, const Roots &users) {
    for (tile::StoreOp store : stores) {
      if (store.getView() != load.getView())
        continue;
      bool same = users.size() == 1 && *users.begin() == store &&
                  load->getBlock() == store->getBlock() &&
                  load.getMap() == store.getMap() &&
                  load.getBounds() == store.getBounds() &&
                  llvm::equal(load.getScalars(), store.getScalars());
      if (!same)
        return true;
    }
    return false;
  }

  /// Reading a kept value costs about what a load or a cast does.
  static bool costs(mlir::Operation *op) {
    if (llvm::isa<mlir::arith::ConstantOp, mlir::tensor::SplatOp>(op))
      return false;
    if (isExpensive(op))
      return true;
    int cost = 0;
    for (mlir::Value operand : op->getOperands()) {
      mlir::Operation *source = operand.getDefiningOp();
      if (!source || !isTile(operand))
        ++cost;
      else if (llvm::isa<tile::LoadOp>(source))
        cost += 1;
      else if (isFusable(source))
        cost += costs(source) ? 2 : 0;
    }
    return cost > 1;
  }

  llvm::SmallVector<tile::StoreOp> stores;
  llvm::DenseMap<mlir::Operation *, Roots> roots;
  llvm::DenseSet<mlir::Value> kept;
};

} // namespace

llvm::DenseSet<mlir::Value> valuesToKeep(mlir::func::FuncOp kernel) {
  return Planner().plan(kernel);
}

} // namespace girih::compiler::host
