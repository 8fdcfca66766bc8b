// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/conversion/host/word_tables.h"

#include "girih/compiler/conversion/host/elementwise.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/IR/MDBuilder.h"
#include "llvm/IR/Module.h"

namespace arith = mlir::arith;
namespace math = mlir::math;

namespace girih::compiler::host {

namespace {

constexpr int64_t words = int64_t{1} << 16;

mlir::Type elementOf(mlir::Value value) {
  return mlir::getElementTypeOrSelf(value.getType());
}

bool isWord(mlir::Type element) { return element.isBF16() || element.isF16(); }

/// Instructions that eight lanes take, about.
unsigned costOf(mlir::Operation *op) {
  constexpr unsigned function = 24, power = 14, division = 6, rounding = 5;
  bool rounds = isWord(elementOf(op->getResult(0))) &&
                !llvm::isa<arith::NegFOp, arith::SelectOp, math::AbsFOp>(op);
  unsigned own = rounds ? rounding : 1;
  if (!isExpensive(op))
    return own;
  if (llvm::isa<math::ExpOp, math::Exp2Op>(op))
    return own + power;
  return own + (llvm::isa<math::SqrtOp, math::RsqrtOp, arith::DivFOp>(op)
                    ? division
                    : function);
}

/// What a value is made of by elementwise operations.
class Origin {
public:
  /// Whether one tile of words is all that `value` depends on.
  bool follow(mlir::Value value) {
    steps.insert(value);
    for (size_t next = 0; next < steps.size(); ++next)
      if (!step(steps[next]))
        return false;
    return argument != nullptr;
  }

  mlir::Value argument;
  unsigned cost = 0;

private:
  bool step(mlir::Value value) {
    constexpr size_t most = 64;
    mlir::Operation *op = value.getDefiningOp();
    bool isTable = op && isElementwise(op) && op->getNumResults() == 1 &&
                   value != argument;
    if (!isTable || steps.size() > most)
      return false;
    if (!llvm::isa<arith::ConstantOp>(op))
      cost += costOf(op);
    return llvm::all_of(op->getOperands(),
                        [&](mlir::Value each) { return reach(op, each); });
  }

  bool reach(mlir::Operation *op, mlir::Value operand) {
    bool begins = isWord(elementOf(operand)) && llvm::isa<arith::ExtFOp>(op);
    if (!begins) {
      steps.insert(operand);
      return true;
    }
    if (argument && argument != operand)
      return false;
    argument = operand;
    return !steps.contains(operand);
  }

  llvm::SmallSetVector<mlir::Value, 16> steps;
};

/// Writes a table: all words, as many at a time as a walk has lanes.
class Filling {
public:
  Filling(Builder &ir, mlir::Value value, mlir::Value argument)
      : ir(ir), value(value), argument(argument) {}

  void emit(llvm::GlobalVariable *table) {
    ir.loop(ir.index(0), ir.index(words), width, [&](Reg first) {
      Reg numbers =
          ir.add(ir.splat(ir.CreateTrunc(first, ir.getInt16Ty()), width),
                 ir.iota(ir.getInt16Ty(), width));
      mlir::Type from = elementOf(argument), to = elementOf(value);
      Reg memory =
          from.isF16()
              ? ir.CreateBitCast(numbers, widened(ir.getHalfTy(), width))
              : numbers;
      known.clear();
      known[argument] = decode(ir, from, memory);
      unsigned bytes = elementBytes(to);
      ir.CreateAlignedStore(encode(ir, to, compute(value)),
                            ir.advance(table, first, bytes),
                            llvm::Align(bytes));
    });
  }

private:
  Reg compute(mlir::Value of) {
    if (Reg found = known.lookup(of))
      return found;
    mlir::Operation *op = of.getDefiningOp();
    llvm::SmallVector<Reg> operands;
    for (mlir::Value each : op->getOperands())
      operands.push_back(compute(each));
    Reg result = emitElementwise(ir, op, operands, width);
    known[of] = result;
    return result;
  }

  static constexpr unsigned width = 16;
  Builder &ir;
  mlir::Value value, argument;
  llvm::DenseMap<mlir::Value, Reg> known;
};

/// A function that fills `table` unless it is full. Threads that meet there
/// write the same.
llvm::Function *makeFilling(Emission &emission, mlir::Value value,
                            mlir::Value argument, llvm::GlobalVariable *table) {
  llvm::Module &module = *table->getParent();
  llvm::LLVMContext &context = module.getContext();
  Builder ir(context);
  ir.machine = emission.machine;
  auto *function = llvm::Function::Create(
      llvm::FunctionType::get(ir.getVoidTy(), false),
      llvm::Function::InternalLinkage, table->getName() + ".fill", module);
  function->addFnAttr(llvm::Attribute::NoUnwind);
  function->addFnAttr(llvm::Attribute::NoInline);
  auto *full = new llvm::GlobalVariable(
      module, ir.getInt8Ty(), false, llvm::GlobalValue::InternalLinkage,
      ir.getInt8(0), table->getName() + ".full");
  ir.SetInsertPoint(llvm::BasicBlock::Create(context, "entry", function));
  llvm::LoadInst *state =
      ir.CreateAlignedLoad(ir.getInt8Ty(), full, llvm::Align(1));
  state->setAtomic(llvm::AtomicOrdering::Acquire);
  ir.either(
      ir.CreateICmpEQ(state, ir.getInt8(0)),
      [&] {
        Filling(ir, value, argument).emit(table);
        ir.CreateAlignedStore(ir.getInt8(1), full, llvm::Align(1))
            ->setAtomic(llvm::AtomicOrdering::Release);
      },
      [] {}, llvm::MDBuilder(context).createUnlikelyBranchWeights());
  ir.CreateRetVoid();
  return function;
}

llvm::GlobalVariable *tableOf(Emission &emission, mlir::Value value) {
  llvm::GlobalVariable *&table = emission.wordTables[value];
  if (table)
    return table;
  Builder &ir = emission.ir;
  llvm::Module &module = *ir.GetInsertBlock()->getModule();
  auto *type = llvm::ArrayType::get(memoryType(ir, elementOf(value)), words);
  table = new llvm::GlobalVariable(
      module, type, false, llvm::GlobalValue::InternalLinkage,
      llvm::ConstantAggregateZero::get(type), "girih.table");
  table->setAlignment(llvm::Align(64));
  llvm::Function *fill =
      makeFilling(emission, value, wordArgument(value), table);
  llvm::IRBuilderBase::InsertPointGuard guard(ir);
  ir.SetInsertPoint(emission.beginning);
  ir.CreateCall(fill);
  return table;
}

/// The words of lanes, each as an i64, in the order of registers. Of those that
/// were loaded each is loaded again: CPUs take more for one of a vector.
llvm::SmallVector<Reg> numbersOf(Builder &ir, mlir::Type element, Reg argument,
                                 bool evenFirst) {
  unsigned width = widthOf(argument->getType());
  Reg memory = ir.words.lookup(argument);
  evenFirst &= memory != nullptr; // which is in order
  if (!memory)
    memory = encode(ir, element, argument);
  auto laneAt = [&](unsigned position) {
    return evenFirst ? laneEvenFirst(position) : position;
  };
  llvm::SmallVector<Reg> numbers;
  if (auto *load = llvm::dyn_cast<llvm::LoadInst>(memory)) {
    llvm::IRBuilderBase::InsertPointGuard guard(ir);
    ir.SetInsertPoint(load->getNextNode());
    for (unsigned position = 0; position < width; ++position)
      numbers.push_back(ir.CreateZExt(
          ir.CreateAlignedLoad(ir.getInt16Ty(),
                               ir.advance(load->getPointerOperand(),
                                          ir.index(laneAt(position)), 2),
                               llvm::Align(2)),
          ir.getInt64Ty()));
    return numbers;
  }
  memory = ir.CreateBitCast(memory, widened(ir.getInt16Ty(), width));
  for (unsigned position = 0; position < width; ++position)
    numbers.push_back(ir.CreateZExt(
        ir.CreateExtractElement(memory, uint64_t{laneAt(position)}),
        ir.getInt64Ty()));
  return numbers;
}

} // namespace

mlir::Value wordArgument(mlir::Value value) {
  constexpr unsigned costOfTable = 19;
  mlir::Type element = elementOf(value);
  Origin origin;
  bool pays = (isWord(element) || element.isF32()) && origin.follow(value) &&
              origin.cost >= costOfTable;
  return pays ? origin.argument : mlir::Value();
}

Reg emitLookUp(Emission &emission, mlir::Value value, Reg argument,
               const Chunk &chunk) {
  Builder &ir = emission.ir;
  mlir::Type element = elementOf(value);
  llvm::GlobalVariable *table = tableOf(emission, value);
  llvm::Type *type = memoryType(ir, element);
  unsigned width = widthOf(argument->getType()), bytes = elementBytes(element);
  auto entry = [&](Reg number) {
    return ir.CreateAlignedLoad(type, ir.advance(table, number, bytes),
                                llvm::Align(bytes));
  };
  if (width == 0) {
    Reg memory = encode(ir, elementOf(wordArgument(value)), argument);
    Reg word = ir.CreateBitCast(memory, ir.getInt16Ty());
    return decode(ir, element, entry(ir.CreateZExt(word, ir.getInt64Ty())));
  }
  bool sorts = chunk.evenFirst && element.isBF16(); // words are in order
  Reg lanes = llvm::PoisonValue::get(widened(type, width));
  for (auto [position, number] : llvm::enumerate(numbersOf(
           ir, elementOf(wordArgument(value)), argument, chunk.evenFirst)))
    lanes = ir.CreateInsertElement(lanes, entry(number),
                                   sorts ? laneEvenFirst(position) : position);
  return sorts ? decodeEvenFirst(ir, lanes) : decode(ir, element, lanes);
}

} // namespace girih::compiler::host
