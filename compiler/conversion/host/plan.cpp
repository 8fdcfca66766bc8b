// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/conversion/host/plan.h"

#include "girih/compiler/analysis/access.h"
#include "girih/compiler/analysis/written.h"
#include "girih/compiler/conversion/host/elements.h"
#include "girih/compiler/conversion/host/elementwise.h"
#include "girih/compiler/conversion/host/emission.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/SetVector.h"

namespace scf = mlir::scf;

namespace girih::compiler::host {

bool isFusable(mlir::Operation *op) {
  return llvm::isa<tile::LoadOp, tile::GatherOp, tile::RemapOp, tile::TakeOp,
                   tile::CoordinateOp, mlir::tensor::SplatOp>(op) ||
         isElementwise(op);
}

bool isInDeeperLoop(mlir::Operation *op, mlir::Value value) {
  mlir::Region *home = value.getParentRegion();
  for (mlir::Region *region = op->getParentRegion(); region && region != home;
       region = region->getParentRegion())
    if (llvm::isa<scf::ForOp, scf::WhileOp>(region->getParentOp()))
      return true;
  return false;
}

namespace {

/// Only reductions use it, which can walk the source instead.
bool isFlattenedForReductions(tile::RemapOp remap) {
  return remap.getType().getRank() == 1 &&
         remap.getSource().getType().getRank() > 1 &&
         llvm::all_of(remap->getUsers(), llvm::IsaPred<tile::ReduceOp>);
}

mlir::IntegerSetAttr mappedBounds(tile::LoadOp load, mlir::AffineMap map) {
  if (!load.getBounds())
    return {};
  mlir::IntegerSet bounds = *load.getBounds();
  llvm::SmallVector<mlir::AffineExpr> constraints;
  for (mlir::AffineExpr expr : bounds.getConstraints())
    constraints.push_back(
        mlir::simplifyAffineExpr(expr.replaceDims(map.getResults()),
                                 map.getNumDims(), bounds.getNumSymbols()));
  return mlir::IntegerSetAttr::get(
      mlir::IntegerSet::get(map.getNumDims(), bounds.getNumSymbols(),
                            constraints, bounds.getEqFlags()));
}

} // namespace

void readInPlace(mlir::func::FuncOp kernel) {
  llvm::SmallVector<tile::RemapOp> remaps;
  kernel.walk([&](tile::RemapOp remap) {
    if (remap.getSource().getDefiningOp<tile::LoadOp>() &&
        !isFlattenedForReductions(remap))
      remaps.push_back(remap);
  });
  for (tile::RemapOp remap : remaps) {
    auto load = remap.getSource().getDefiningOp<tile::LoadOp>();
    if (!isTile(load))
      continue;
    mlir::OpBuilder builder(load);
    auto mapped = tile::LoadOp::create(
        builder, load.getLoc(), remap.getType(), load.getView(),
        load.getScalars(),
        mlir::AffineMapAttr::get(load.getMap().compose(remap.getMap())),
        mappedBounds(load, remap.getMap()), load.getOther());
    remap.getResult().replaceAllUsesWith(mapped.getResult());
    remap.erase();
    if (load->use_empty())
      load.erase();
  }
}

namespace {

/// Operations that one nest may evaluate one after the other: nests go down
/// chains by recursion, and long blocks take long to compile.
constexpr unsigned longestChain = 256;

/// Operations whose nests need a value, in the order of the kernel.
struct Uses {
  llvm::SmallSetVector<mlir::Operation *, 4> roots;
  llvm::SmallSetVector<mlir::Operation *, 4> busy; // past what is expensive
  unsigned chain = 1; // operations from this one to the farthest root
  bool moved = false; // some nest reads it at other lanes than its own
};

class Planner {
public:
  Plan plan(mlir::func::FuncOp kernel) {
    llvm::SmallVector<mlir::Operation *> ops;
    kernel.walk<mlir::WalkOrder::PreOrder>([&](mlir::Operation *op) {
      number[op] = static_cast<unsigned>(ops.size());
      ops.push_back(op);
      if (writtenView(op))
        writers.push_back(op);
      arrives |= llvm::isa<tile::ArriveOp>(op);
      if (costs(op))
        costly.insert(op);
    });
    // Users first: what a user needs, its operands are needed for.
    for (mlir::Operation *op : llvm::reverse(ops))
      if (isFusable(op) && op->getNumResults() == 1 && isTile(op->getResult(0)))
        visit(op);
    return result;
  }

private:
  void visit(mlir::Operation *op) {
    mlir::Value value = op->getResult(0);
    Uses mine;
    for (mlir::Operation *user : value.getUsers()) {
      if (!isFusable(user) || result.kept.contains(user->getResult(0))) {
        mine.roots.insert(user);
        if (isFusable(user) && isExpensive(user))
          mine.busy.insert(user);
        mine.moved |= moves(user, value);
        continue;
      }
      const Uses &theirs = uses[user];
      mine.roots.insert(theirs.roots.begin(), theirs.roots.end());
      const auto &busy = isExpensive(user) ? theirs.roots : theirs.busy;
      mine.busy.insert(busy.begin(), busy.end());
      mine.moved |= theirs.moved || moves(user, value);
      mine.chain = std::max(mine.chain, theirs.chain + 1);
    }
    bool deeper = llvm::any_of(mine.roots, [&](mlir::Operation *root) {
      return isInDeeperLoop(root, value);
    });
    bool again = mine.roots.size() > 1 || deeper || isSpread(value);
    if (llvm::isa<tile::LoadOp>(op))
      result.readers[op] = readersOf(mine);
    bool overwritten = isOverwritten(op, mine);
    bool isLong = mine.chain >= longestChain && !isLeaf(op);
    if (overwritten || isLong || (again && costly.contains(op))) {
      result.kept.insert(value);
      if (!overwritten && canWait(op, mine))
        result.deferred.insert(value);
      mine = {};
    }
    uses[op] = std::move(mine);
  }

  static Readers readersOf(const Uses &uses) {
    auto nests = static_cast<unsigned>(uses.roots.size());
    auto busy = static_cast<unsigned>(uses.busy.size());
    return {nests, busy > 0 ? busy : nests};
  }

  /// Where chains end anyway.
  static bool isLeaf(mlir::Operation *op) {
    return llvm::isa<mlir::arith::ConstantOp, mlir::tensor::SplatOp,
                     tile::CoordinateOp, tile::LoadOp>(op);
  }

  static bool moves(mlir::Operation *user, mlir::Value value) {
    if (auto take = llvm::dyn_cast<tile::TakeOp>(user))
      return take.getSource() == value;
    return llvm::isa<tile::RemapOp>(user);
  }

  /// Whether a user makes more lanes of it than it has.
  static bool isSpread(mlir::Value value) {
    return llvm::any_of(value.getUsers(), [&](mlir::Operation *user) {
      return moves(user, value) &&
             tileType(user->getResult(0)).getNumElements() >
                 tileType(value).getNumElements();
    });
  }

  /// What is read of an operand may wait for its only user if no write can come
  /// between: none to its operand but the user itself, of the same elements.
  /// Other programs write where this one arrives.
  bool isOverwritten(mlir::Operation *op, const Uses &mine) {
    auto load = llvm::dyn_cast<tile::LoadOp>(op);
    auto gather = llvm::dyn_cast<tile::GatherOp>(op);
    if (!load && !gather)
      return false;
    mlir::Value view = load ? load.getView() : gather.getView();
    for (mlir::Operation *writer : writers) {
      if (writtenView(writer) != view)
        continue;
      auto store = llvm::dyn_cast<tile::StoreOp>(writer);
      bool same = load && store && !arrives && mine.roots.size() == 1 &&
                  mine.roots.front() == writer && !mine.moved &&
                  load->getBlock() == store->getBlock() &&
                  load.getMap() == store.getMap() &&
                  load.getBounds() == store.getBounds() &&
                  llvm::equal(load.getScalars(), store.getScalars());
      if (!same)
        return true;
    }
    return false;
  }

  /// Whether the first nest that needs a value computes all of it, lane for
  /// lane.
  bool canWait(mlir::Operation *op, const Uses &mine) {
    if (mine.roots.empty())
      return false;
    mlir::Operation *first = *llvm::min_element(
        mine.roots, [&](mlir::Operation *a, mlir::Operation *b) {
          return number[a] < number[b];
        });
    return first->getBlock() == op->getBlock() &&
           llvm::isa<tile::ReduceOp, tile::StoreOp>(first);
  }

  /// Neither contiguous nor repeated along any dimension.
  static bool isGathered(const Access &access) {
    bool moves = false;
    for (const LaneDim &lane : access.lanes()) {
      if (lane.extent == 1)
        continue;
      moves = true;
      if (lane.run > 1 || lane.elementStep == 0)
        return false;
    }
    return moves;
  }

  static bool isReading(mlir::Operation *op) {
    if (llvm::isa<mlir::arith::ExtFOp>(op))
      op = op->getOperand(0).getDefiningOp();
    return llvm::isa_and_nonnull<tile::LoadOp>(op);
  }
  /// Most CPUs have no instruction that makes bf16 or fp8.
  static bool roundsByHand(mlir::Operation *op) {
    if (!llvm::isa<mlir::arith::TruncFOp>(op))
      return false;
    mlir::Type made = mlir::getElementTypeOrSelf(op->getResult(0).getType());
    return isNarrowFloat(made) && !made.isF16();
  }

  /// Reading a kept value costs about what a load or a cast does.
  /// Asked in the order of the kernel: it looks up what operands cost.
  bool costs(mlir::Operation *op) const {
    if (llvm::isa<mlir::arith::ConstantOp, mlir::tensor::SplatOp, tile::RemapOp,
                  tile::CoordinateOp>(op))
      return false;
    if (auto load = llvm::dyn_cast<tile::LoadOp>(op))
      return isGathered(Access(load));
    if (isExpensive(op) || roundsByHand(op))
      return true;
    int cost = 0;
    for (mlir::Value operand : op->getOperands()) {
      mlir::Operation *source = operand.getDefiningOp();
      if (!source || !isTile(operand))
        ++cost;
      else if (isReading(source))
        cost += 1;
      else if (isFusable(source))
        cost += costly.contains(source) ? 2 : 0;
    }
    return cost > 1;
  }

  llvm::DenseMap<mlir::Operation *, unsigned> number;
  llvm::SmallVector<mlir::Operation *> writers;
  bool arrives = false;
  llvm::DenseSet<mlir::Operation *> costly;
  llvm::DenseMap<mlir::Operation *, Uses> uses;
  Plan result;
};

} // namespace

Plan planOf(mlir::func::FuncOp kernel) { return Planner().plan(kernel); }

} // namespace girih::compiler::host
