// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/Passes.h"

#include "girih/compiler/analysis/access.h"
#include "girih/compiler/transforms/dot_plan.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <map>

#define DEBUG_TYPE "tile-assign-layouts"

using namespace mlir;

namespace girih::compiler {

#define GEN_PASS_DEF_TILEASSIGNLAYOUTS
#include "compiler/transforms/Passes.h.inc"

namespace {

using tile::LayoutAttr;

bool isTile(Value value) { return isa<RankedTensorType>(value.getType()); }

/// Values that cost nothing to have in any layout.
bool isFree(Value value) {
  return value.getDefiningOp<arith::ConstantOp>() ||
         value.getDefiningOp<tensor::SplatOp>();
}

/// Operations whose result has a lane for each lane of their operands.
bool isLaneByLane(Operation *op) {
  return (OpTrait::hasElementwiseMappableTraits(op) ||
          isa<tile::InlinePtxOp>(op)) &&
         op->getNumResults() == 1 && isTile(op->getResult(0));
}

/// The best spread of an access over threads.
struct Spread {
  Layout layout;
  int64_t bytes = 0; // of one vector
};

class Assigner {
public:
  Assigner(func::FuncOp kernel, int warps, int capability)
      : kernel(kernel), warps(warps), capability(capability) {}

  void run() {
    findDefaults();
    anchorDots();
    anchorScans();
    while (propagate())
      ;
    // Rewriting inserts operations: the list is made first.
    SmallVector<Operation *> ops;
    kernel.walk<WalkOrder::PreOrder>([&](Operation *op) { ops.push_back(op); });
    for (Operation *op : ops)
      setTypes(op);
    for (Operation *op : ops)
      convertOperands(op);
    for (Operation *op : ops)
      if (op->getNumResults() == 1 && isFree(op->getResult(0)) &&
          op->use_empty())
        op->erase();
  }

private:
  template <typename Op> Spread spread(Op op, ArrayRef<int64_t> shape) {
    Access access(op);
    int contiguous = access.contiguousLane();
    int64_t vector = contiguous < 0 ? 1 : access.vectorWidth(contiguous);
    int64_t bytes = access.viewType().getElementBytes();
    int dim = contiguous < 0 ? static_cast<int>(shape.size()) - 1 : contiguous;
    // A vector for every thread is better than a long one for a few.
    int64_t elements = 1;
    for (int64_t extent : shape)
      elements *= extent;
    while (vector > 1 && elements < vector * 32 * warps && vector * bytes > 4)
      vector /= 2;
    return {blockedLayout(shape, dim, vector, bytes, warps), vector * bytes};
  }

  /// One layout for all memory-side tiles of a shape: that of the access that
  /// gains the most from it.
  void findDefaults() {
    kernel.walk([&](Operation *op) {
      std::optional<Spread> found;
      Value value;
      if (auto load = dyn_cast<tile::LoadOp>(op)) {
        value = load.getResult();
        found = spread(load, load.getType().getShape());
      } else if (auto store = dyn_cast<tile::StoreOp>(op)) {
        value = store.getValue();
        found = spread(store, store.getValue().getType().getShape());
      } else {
        return;
      }
      spreads.try_emplace(op, *found);
      auto shape = cast<RankedTensorType>(value.getType()).getShape();
      Spread &best = defaults[SmallVector<int64_t>(shape)];
      if (best.bytes == 0 || found->bytes > best.bytes)
        best = *found;
    });
  }

  LayoutAttr attr(const Layout &layout) {
    return LayoutAttr::get(kernel.getContext(), layout);
  }

  LayoutAttr defaultLayout(ArrayRef<int64_t> shape) {
    Spread &usual = defaults[SmallVector<int64_t>(shape)];
    if (usual.bytes == 0)
      usual = {
          blockedLayout(shape, static_cast<int>(shape.size()) - 1, 1, 4, warps),
          1};
    return attr(usual.layout);
  }

  void anchorDots() {
    kernel.walk([&](tile::DotOp dot) {
      DotPlan plan = planDot(dot, warps, capability);
      if (!plan.missed.empty())
        dot.emitRemark() << DEBUG_TYPE ": dot runs on CUDA cores because "
                         << plan.missed;
      anchored[dot.getResult()] = attr(plan.accumulator);
      plans.try_emplace(dot, std::move(plan));
    });
  }

  void anchorScans() {
    kernel.walk([&](tile::ScanOp scan) {
      for (Value result : scan.getResults())
        anchored[result] =
            attr(scanLayout(cast<RankedTensorType>(result.getType()).getShape(),
                            static_cast<int>(scan.getDim()), warps));
    });
  }

  /// Gives every value of the group the layout that one of them has.
  bool unify(ArrayRef<Value> group) {
    LayoutAttr layout;
    for (Value value : group)
      if (LayoutAttr found = anchored.lookup(value); found && !layout)
        layout = found;
    bool changed = false;
    if (layout)
      for (Value value : group)
        if (!isFree(value) && !value.getDefiningOp<tile::LoadOp>())
          changed |= anchored.insert({value, layout}).second;
    return changed;
  }

  /// One round of spreading the dots' layouts along elementwise operations and
  /// loops; whether something new was found.
  bool propagate() {
    bool changed = false;
    kernel.walk([&](Operation *op) {
      if (auto loop = dyn_cast<scf::ForOp>(op)) {
        for (auto [result, argument, yielded] :
             llvm::zip_equal(loop.getResults(), loop.getRegionIterArgs(),
                             loop.getYieldedValues()))
          if (isTile(result))
            changed |= unify({result, argument, yielded});
      } else if (auto branch = dyn_cast<scf::IfOp>(op)) {
        for (auto [result, yes, no] :
             llvm::zip(branch.getResults(), branch.thenYield().getOperands(),
                       branch.elseYield().getOperands()))
          if (isTile(result))
            changed |= unify({result, yes, no});
      } else if (auto loop = dyn_cast<scf::WhileOp>(op)) {
        for (auto [argument, yielded] : llvm::zip_equal(
                 loop.getBeforeArguments(), loop.getYieldOp().getOperands()))
          if (isTile(argument))
            changed |= unify({argument, yielded});
        for (auto [result, argument, passed] :
             llvm::zip_equal(loop.getResults(), loop.getAfterArguments(),
                             loop.getConditionOp().getArgs()))
          if (isTile(result))
            changed |= unify({result, argument, passed});
      } else if (isLaneByLane(op)) {
        // Only forwards: what an elementwise operation reads may be shared.
        Value result = op->getResult(0);
        for (Value operand : op->getOperands())
          if (LayoutAttr layout = anchored.lookup(operand))
            changed |= anchored.insert({result, layout}).second;
      }
    });
    return changed;
  }

  LayoutAttr layoutOf(Value value) {
    if (LayoutAttr layout = anchored.lookup(value))
      return layout;
    auto shape = cast<RankedTensorType>(value.getType()).getShape();
    LayoutAttr usual = defaultLayout(shape);
    if (auto load = value.getDefiningOp<tile::LoadOp>()) {
      // An access along another dimension, or read only by dots, keeps its own.
      const Spread &own = spreads.find(load)->second;
      bool feedsDots = llvm::all_of(load->getUsers(), [](Operation *user) {
        return isa<tile::DotOp>(user);
      });
      if (feedsDots || own.bytes > runBytes(load, usual.getLayout()))
        return attr(own.layout);
    }
    return usual;
  }

  /// Bytes that one access moves when spread as `layout`.
  template <typename Op> int64_t runBytes(Op op, const Layout &layout) {
    Access access(op);
    int dim = access.contiguousLane();
    int64_t bytes = access.viewType().getElementBytes();
    if (dim < 0)
      return bytes;
    return std::min(layout.registerRun(dim), access.vectorWidth(dim)) * bytes;
  }

  static void setLayout(Value value, LayoutAttr layout) {
    auto type = cast<RankedTensorType>(value.getType());
    value.setType(type.cloneWithEncoding(layout));
  }

  void setTypes(Operation *op) {
    for (Value result : op->getResults())
      if (isTile(result) && !isFree(result))
        setLayout(result, layoutOf(result));
    for (Region &region : op->getRegions())
      for (Block &block : region)
        for (Value argument : block.getArguments())
          if (isTile(argument))
            setLayout(argument, layoutOf(argument));
  }

  /// Makes the operand come in `layout`.
  void require(OpOperand &operand, LayoutAttr layout) {
    Value value = operand.get();
    auto type = cast<RankedTensorType>(value.getType());
    if (type.getEncoding() == layout)
      return;
    auto wanted = type.cloneWithEncoding(layout);
    OpBuilder builder(operand.getOwner());
    if (isFree(value)) {
      builder.setInsertionPoint(value.getDefiningOp());
      Operation *copy = builder.clone(*value.getDefiningOp());
      copy->getResult(0).setType(wanted);
      if (auto constant = dyn_cast<arith::ConstantOp>(copy))
        constant.setValueAttr(
            cast<DenseElementsAttr>(constant.getValue()).reshape(wanted));
      operand.set(copy->getResult(0));
      return;
    }
    // One conversion for all that want it, right behind the value.
    Value &converted = conversions[{value, layout}];
    if (!converted) {
      builder.setInsertionPointAfterValue(value);
      converted =
          tile::ConvertLayoutOp::create(builder, value.getLoc(), wanted, value);
    }
    operand.set(converted);
  }

  void requireLike(OpOperand &operand, Value like) {
    if (isTile(like))
      require(operand,
              cast<LayoutAttr>(
                  cast<RankedTensorType>(like.getType()).getEncoding()));
  }

  /// The layout that the first operand with one has.
  LayoutAttr heldLayout(Operation *op) {
    for (Value operand : op->getOperands())
      if (isTile(operand) && !isFree(operand))
        return cast<LayoutAttr>(
            cast<RankedTensorType>(operand.getType()).getEncoding());
    return layoutOf(op->getOperand(0));
  }

  /// Loops and branches; false for other operations.
  bool convertFlow(Operation *op) {
    if (auto loop = dyn_cast<scf::ForOp>(op)) {
      for (auto [operand, argument] :
           llvm::zip_equal(loop.getInitArgsMutable(), loop.getRegionIterArgs()))
        requireLike(operand, argument);
    } else if (auto loop = dyn_cast<scf::WhileOp>(op)) {
      for (auto [operand, argument] :
           llvm::zip_equal(loop.getInitsMutable(), loop.getBeforeArguments()))
        requireLike(operand, argument);
      for (auto [operand, argument] :
           llvm::zip_equal(loop.getYieldOp().getResultsMutable(),
                           loop.getBeforeArguments()))
        requireLike(operand, argument);
      for (auto [operand, result] : llvm::zip_equal(
               loop.getConditionOp().getArgsMutable(), loop.getResults()))
        requireLike(operand, result);
    } else if (isa<scf::YieldOp>(op) &&
               isa<scf::ForOp, scf::IfOp>(op->getParentOp())) {
      for (auto [operand, result] : llvm::zip_equal(
               op->getOpOperands(), op->getParentOp()->getResults()))
        requireLike(operand, result);
    } else {
      return false;
    }
    return true;
  }

  /// What takes lanes as data says; false for other operations.
  bool convertIndirect(Operation *op) {
    if (isa<tile::ScanOp, tile::GatherOp, tile::AtomicOp>(op)) {
      // Results of one layout, operands likewise.
      for (OpOperand &operand : op->getOpOperands())
        if (isTile(operand.get()))
          requireLike(operand, op->getResult(0));
    } else if (auto take = dyn_cast<tile::TakeOp>(op)) {
      requireLike(take.getIndexMutable(), take.getResult());
      if (isFree(take.getSource()))
        require(take.getSourceMutable(), layoutOf(take.getSource()));
    } else if (auto scatter = dyn_cast<tile::ScatterOp>(op)) {
      LayoutAttr layout = heldLayout(op);
      for (OpOperand &operand : op->getOpOperands())
        if (isTile(operand.get()))
          require(operand, layout);
    } else {
      return false;
    }
    return true;
  }

  void convertOperands(Operation *op) {
    if (convertFlow(op) || convertIndirect(op))
      return;
    if (auto dot = dyn_cast<tile::DotOp>(op)) {
      const DotPlan &plan = plans.find(op)->second;
      require(dot.getAMutable(), attr(plan.a));
      require(dot.getBMutable(), attr(plan.b));
      require(dot.getAccMutable(), attr(plan.accumulator));
    } else if (auto store = dyn_cast<tile::StoreOp>(op)) {
      const Spread &own = spreads.find(op)->second;
      Value value = store.getValue();
      auto held = dyn_cast_or_null<LayoutAttr>(
          cast<RankedTensorType>(value.getType()).getEncoding());
      if (!held || own.bytes > runBytes(store, held.getLayout()))
        require(store.getValueMutable(), attr(own.layout));
    } else if (isLaneByLane(op)) {
      for (OpOperand &operand : op->getOpOperands())
        if (isTile(operand.get()))
          requireLike(operand, op->getResult(0));
    } else {
      // What is left (tensor.extract of a scalar ...) takes what there is.
      for (OpOperand &operand : op->getOpOperands())
        if (isTile(operand.get()) && isFree(operand.get()))
          require(operand, layoutOf(operand.get()));
    }
  }

  func::FuncOp kernel;
  int warps, capability;
  std::map<SmallVector<int64_t>, Spread> defaults; // by shape
  DenseMap<Operation *, Spread> spreads;
  DenseMap<Operation *, DotPlan> plans;
  DenseMap<Value, LayoutAttr> anchored;
  DenseMap<std::pair<Value, LayoutAttr>, Value> conversions;
};

struct TileAssignLayouts : impl::TileAssignLayoutsBase<TileAssignLayouts> {
  using Base::Base;
  void runOnOperation() override {
    if (getOperation()->hasAttr(tile::TileDialect::kernelAttr))
      Assigner(getOperation(), warps, capability).run();
  }
};

} // namespace
} // namespace girih::compiler
