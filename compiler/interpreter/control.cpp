// SPDX-License-Identifier: Apache-2.0
// Loops, branches and regions of lanes.
#include "girih/compiler/interpreter/interpreter.h"

using namespace mlir;

namespace girih::compiler {

LogicalResult Interpreter::run(scf::ForOp op) {
  SmallVector<TileValue> carried = copies(op.getInitArgs());
  std::int64_t begin = index(op.getLowerBound());
  std::int64_t end = index(op.getUpperBound());
  std::int64_t step = index(op.getStep());
  for (std::int64_t i = begin; i < end; i += step) {
    setIndex(op.getInductionVar(), i);
    setAll(op.getRegionIterArgs(), carried);
    if (failed(runBlock(*op.getBody())))
      return failure();
    carried = copies(op.getYieldedValues());
  }
  setAll(op.getResults(), carried);
  return success();
}

LogicalResult Interpreter::run(scf::IfOp op) {
  Region &arm = values[op.getCondition()].front().whole ? op.getThenRegion()
                                                        : op.getElseRegion();
  if (arm.empty())
    return success();
  if (failed(runBlock(arm.front())))
    return failure();
  SmallVector<TileValue> yielded =
      copies(arm.front().getTerminator()->getOperands());
  setAll(op.getResults(), yielded);
  return success();
}

LogicalResult Interpreter::run(scf::WhileOp op) {
  SmallVector<TileValue> carried = copies(op.getInits());
  while (true) {
    setAll(op.getBeforeArguments(), carried);
    if (failed(runBlock(*op.getBeforeBody())))
      return failure();
    scf::ConditionOp condition = op.getConditionOp();
    carried = copies(condition.getArgs());
    if (!values[condition.getCondition()].front().whole)
      break;
    setAll(op.getAfterArguments(), carried);
    if (failed(runBlock(*op.getAfterBody())))
      return failure();
    carried = copies(op.getYieldOp().getOperands());
  }
  setAll(op.getResults(), carried);
  return success();
}

LogicalResult Interpreter::runLanes(Region &body, ArrayRef<TileValue> arguments,
                                    std::size_t count,
                                    MutableArrayRef<TileValue> results) {
  for (auto [name, tile] : llvm::zip_equal(body.getArguments(), arguments))
    values[name] = tile;
  if (failed(runBlock(body.front())))
    return failure();
  for (auto [result, yielded] :
       llvm::zip_equal(results, body.front().getTerminator()->getOperands())) {
    result = values[yielded];
    if (result.size() != count) // a constant
      result.assign(count, TileValue(result).front());
  }
  return success();
}

LogicalResult Interpreter::run(tile::InlinePtxOp op) {
  SmallVector<TileValue> inputs = copies(op.getInputs());
  std::size_t count = 1;
  if (auto tensor = dyn_cast<RankedTensorType>(op.getType()))
    count = tensor.getNumElements();
  TileValue result;
  if (failed(runLanes(op.getBody(), inputs, count, result)))
    return failure();
  values[op.getResult()] = std::move(result);
  return success();
}

} // namespace girih::compiler
