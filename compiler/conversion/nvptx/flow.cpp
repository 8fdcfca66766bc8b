// SPDX-License-Identifier: Apache-2.0
// Code of our own that branches, and values from other lanes.
#include "girih/compiler/conversion/nvptx/emitter.h"

using namespace mlir;

namespace girih::compiler {

Registers Emitter::repeatWhile(Values initial,
                               function_ref<Value(Values)> condition,
                               function_ref<Registers(Values)> body) {
  SmallVector<Type> types;
  for (Value value : initial)
    types.push_back(value.getType());
  SmallVector<Location> locs(types.size(), loc);
  OpBuilder::InsertPoint before = b.saveInsertionPoint();
  Region *region = &function.getBody();
  Block *head = b.createBlock(region, {}, types, locs);
  Block *round = b.createBlock(region);
  Block *exit = b.createBlock(region);
  b.restoreInsertionPoint(before);
  LLVM::BrOp::create(b, loc, initial, head);
  b.setInsertionPointToEnd(head);
  Registers values(head->args_begin(), head->args_end());
  LLVM::CondBrOp::create(b, loc, condition(values), round, ValueRange(), exit,
                         ValueRange());
  b.setInsertionPointToEnd(round);
  Registers next = body(values);
  LLVM::BrOp::create(b, loc, next, head);
  b.setInsertionPointToEnd(exit);
  return values;
}

Value Emitter::valueWhere(Value condition, Value otherwise,
                          function_ref<Value()> make) {
  if (!condition)
    return make();
  OpBuilder::InsertPoint before = b.saveInsertionPoint();
  Region *region = &function.getBody();
  Block *yes = b.createBlock(region);
  Block *join = b.createBlock(region, {}, {otherwise.getType()}, {loc});
  b.restoreInsertionPoint(before);
  LLVM::CondBrOp::create(b, loc, condition, yes, ValueRange(), join, otherwise);
  b.setInsertionPointToEnd(yes);
  Value made = make();
  LLVM::BrOp::create(b, loc, made, join);
  b.setInsertionPointToEnd(join);
  return join->getArgument(0);
}

void Emitter::doWhere(Value condition, function_ref<void()> make) {
  if (!condition)
    return make();
  OpBuilder::InsertPoint before = b.saveInsertionPoint();
  Region *region = &function.getBody();
  Block *yes = b.createBlock(region);
  Block *join = b.createBlock(region);
  b.restoreInsertionPoint(before);
  LLVM::CondBrOp::create(b, loc, condition, yes, ValueRange(), join,
                         ValueRange());
  b.setInsertionPointToEnd(yes);
  make();
  LLVM::BrOp::create(b, loc, ValueRange(), join);
  b.setInsertionPointToEnd(join);
}

Value Emitter::unsignedLess(Value x, Value y) {
  return LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::ult, x, y);
}

} // namespace girih::compiler
