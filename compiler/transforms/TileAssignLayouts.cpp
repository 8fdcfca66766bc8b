// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/Passes.h"

#include "girih/compiler/transforms/layout_assignment.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"

#define DEBUG_TYPE "tile-assign-layouts"

using namespace mlir;

namespace girih::compiler {

#define GEN_PASS_DEF_TILEASSIGNLAYOUTS
#include "compiler/transforms/Passes.h.inc"

namespace {

using tile::LayoutAttr;

class Rewriter {
public:
  Rewriter(func::FuncOp kernel, int warps, int capability)
      : kernel(kernel), layouts(kernel, warps, capability) {}

  void run() {
    // Rewriting inserts operations: the list is made first.
    SmallVector<Operation *> ops;
    kernel.walk<WalkOrder::PreOrder>([&](Operation *op) { ops.push_back(op); });
    for (Operation *op : ops)
      setTypes(op);
    for (Operation *op : ops)
      convertOperands(op);
    // Copies in other layouts have taken the place of some.
    for (Operation *op : llvm::reverse(ops))
      if (op->getNumResults() == 1 && isTile(op->getResult(0)) &&
          op->use_empty() && isCheap(op->getResult(0)))
        op->erase();
  }

private:
  static void setLayout(Value value, LayoutAttr layout) {
    auto type = cast<RankedTensorType>(value.getType());
    value.setType(type.cloneWithEncoding(layout));
  }

  void setTypes(Operation *op) {
    for (Value result : op->getResults())
      if (isTile(result) && !isFree(result))
        setLayout(result, layouts.of(result));
    for (Region &region : op->getRegions())
      for (Block &block : region)
        for (Value argument : block.getArguments())
          if (isTile(argument))
            setLayout(argument, layouts.of(argument));
  }

  static LayoutAttr held(Value value) {
    return dyn_cast_or_null<LayoutAttr>(
        cast<RankedTensorType>(value.getType()).getEncoding());
  }

  /// A cheap value once more, in `layout`.
  Value copyIn(Value value, LayoutAttr layout) {
    if (!isTile(value) || held(value) == layout)
      return value;
    if (Value known = conversions.lookup({value, layout}))
      return known;
    auto type = cast<RankedTensorType>(value.getType());
    Operation *op = value.getDefiningOp();
    IRMapping mapping;
    for (Value operand : op->getOperands())
      mapping.map(operand, copyIn(operand, layout));
    OpBuilder builder(op);
    Operation *copy = builder.clone(*op, mapping);
    auto wanted = type.cloneWithEncoding(layout);
    copy->getResult(0).setType(wanted);
    if (auto constant = dyn_cast<arith::ConstantOp>(copy))
      constant.setValueAttr(
          cast<DenseElementsAttr>(constant.getValue()).reshape(wanted));
    conversions[{value, layout}] = copy->getResult(0);
    return copy->getResult(0);
  }

  /// Makes the operand come in `layout`.
  void require(OpOperand &operand, LayoutAttr layout) {
    Value value = operand.get();
    if (held(value) == layout)
      return;
    if (isCheap(value)) {
      operand.set(copyIn(value, layout));
      return;
    }
    // One conversion for all that want it, right behind the value.
    auto wanted =
        cast<RankedTensorType>(value.getType()).cloneWithEncoding(layout);
    Value &converted = conversions[{value, layout}];
    if (!converted) {
      OpBuilder builder(operand.getOwner());
      builder.setInsertionPointAfterValue(value);
      converted =
          tile::ConvertLayoutOp::create(builder, value.getLoc(), wanted, value);
    }
    operand.set(converted);
  }

  void requireLike(OpOperand &operand, Value like) {
    if (isTile(like))
      require(operand, held(like));
  }

  /// Free operands of what takes tiles as they are.
  void settle(Operation *op) {
    for (OpOperand &operand : op->getOpOperands())
      if (isTile(operand.get()) && !held(operand.get()))
        require(operand, layouts.of(operand.get()));
  }

  /// The layout that the first operand with one has.
  LayoutAttr heldLayout(Operation *op) {
    for (Value operand : op->getOperands())
      if (isTile(operand) && held(operand))
        return held(operand);
    return layouts.of(op->getOperand(0));
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
      settle(op);
    } else if (isa<tile::HistogramOp>(op)) {
      settle(op); // lanes count wherever they are
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
      const DotPlan &plan = layouts.planOf(op);
      require(dot.getAMutable(), layouts.attr(plan.a));
      require(dot.getBMutable(), layouts.attr(plan.b));
      require(dot.getAccMutable(), layouts.attr(plan.accumulator));
    } else if (auto store = dyn_cast<tile::StoreOp>(op)) {
      require(store.getValueMutable(),
              layouts.stored(store, held(store.getValue())));
    } else if (auto reduce = dyn_cast<tile::ReduceOp>(op)) {
      LayoutAttr layout = layouts.reduced(reduce);
      for (OpOperand &input : reduce.getInputsMutable())
        require(input, layout);
    } else if (auto remap = dyn_cast<tile::RemapOp>(op)) {
      if (!held(remap.getSource()))
        require(remap.getSourceMutable(), layouts.remapped(remap));
    } else if (isLaneByLane(op)) {
      for (OpOperand &operand : op->getOpOperands())
        if (isTile(operand.get()))
          requireLike(operand, op->getResult(0));
    } else {
      settle(op); // tensor.extract and others
    }
  }

  func::FuncOp kernel;
  LayoutAssignment layouts;
  DenseMap<std::pair<Value, LayoutAttr>, Value> conversions;
};

struct TileAssignLayouts : impl::TileAssignLayoutsBase<TileAssignLayouts> {
  using Base::Base;
  void runOnOperation() override {
    if (getOperation()->hasAttr(tile::TileDialect::kernelAttr))
      Rewriter(getOperation(), warps, capability).run();
  }
};

} // namespace
} // namespace girih::compiler
