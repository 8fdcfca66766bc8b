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

Value Emitter::shuffle(StringRef mode, Value value, Value by) {
  Type type = value.getType();
  unsigned bits = type.getIntOrFloatBitWidth();
  Registers words;
  if (bits >= 32) {
    words = pack(value);
  } else {
    Value integer = bitcast(value, b.getIntegerType(bits));
    words = {LLVM::ZExtOp::create(b, loc, i32(), integer)};
  }
  std::string name = ("llvm.nvvm.shfl.sync." + mode + ".i32").str();
  for (Value &word : words)
    word = intrinsic(
        i32(), name,
        {constant32(-1), word, by, constant32(mode == "up" ? 0 : 31)});
  if (bits >= 32)
    return unpack(words, type).front();
  Value integer =
      LLVM::TruncOp::create(b, loc, b.getIntegerType(bits), words.front());
  return bitcast(integer, type);
}

Value Emitter::unsignedLess(Value x, Value y) {
  return LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::ult, x, y);
}

Registers Emitter::applyLanes(Region &region, ArrayRef<Value> arguments) {
  Block &block = region.front();
  for (auto [argument, value] :
       llvm::zip_equal(block.getArguments(), arguments))
    scalars[argument] = value;
  Registers results;
  if (failed(emitBlock(block)))
    return results;
  for (Value value : block.getTerminator()->getOperands())
    results.push_back(scalar(value));
  return results;
}

} // namespace girih::compiler
