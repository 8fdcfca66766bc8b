// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/conversion/host/debug.h"

#include "girih/compiler/diagnostics.h"
#include "girih/dsl/dtype.h"

#include "mlir/IR/TypeUtilities.h"
#include "llvm/IR/Module.h"

using llvm::ArrayRef;
using llvm::SmallVector;

namespace girih::compiler::host {

namespace {

DType dtypeOf(mlir::Type type, bool isUnsigned) {
  if (type.isF64())
    return f64;
  if (type.isF32())
    return f32;
  if (type.isF16())
    return f16;
  if (type.isBF16())
    return bf16;
  if (llvm::isa<mlir::Float8E4M3FNType>(type))
    return e4m3;
  if (llvm::isa<mlir::Float8E5M2Type>(type))
    return e5m2;
  if (type.isIndex())
    return i64;
  switch (type.getIntOrFloatBitWidth()) {
  case 1:
    return b1;
  case 8:
    return isUnsigned ? u8 : i8;
  case 16:
    return i16;
  case 32:
    return i32;
  default:
    return i64;
  }
}

/// A function of the runtime without a result.
llvm::FunctionCallee runtimeFunction(Builder &ir, llvm::StringRef name,
                                     ArrayRef<llvm::Type *> types) {
  return ir.GetInsertBlock()->getModule()->getOrInsertFunction(
      name, llvm::FunctionType::get(ir.getVoidTy(), types, false));
}

/// Numbers in scratch memory, for the runtime to read.
Reg numbers(Emission &emission, ArrayRef<Reg> values) {
  Builder &ir = emission.ir;
  Reg memory = emission.allocate(
      std::max<int64_t>(8, static_cast<int64_t>(8 * values.size())));
  for (auto [at, value] : llvm::enumerate(values))
    ir.CreateAlignedStore(
        value, ir.advance(memory, ir.index(static_cast<int64_t>(at)), 8),
        llvm::Align(8));
  return memory;
}

Reg numbers(Emission &emission, ArrayRef<int64_t> values) {
  SmallVector<Reg> regs;
  for (int64_t value : values)
    regs.push_back(emission.ir.index(value));
  return numbers(emission, ArrayRef<Reg>(regs));
}

/// The buffer that holds a tile; a scalar is made a tile of one lane.
Buffer held(Emission &emission, mlir::Value value) {
  if (!isTile(value)) {
    mlir::Type element = mlir::getElementTypeOrSelf(value.getType());
    if (element.isIndex())
      element = mlir::IntegerType::get(value.getContext(), 64);
    Buffer buffer = emission.allocateBuffer(
        mlir::RankedTensorType::get({1}, element), 0, false);
    Chunk one;
    one.lane.push_back(emission.ir.index(0));
    storeBuffer(emission, buffer, one, emission.scalar(value));
    return buffer;
  }
  if (auto found = emission.buffers.find(value);
      found != emission.buffers.end())
    return found->second;
  mlir::RankedTensorType type = tileType(value);
  Buffer buffer = emission.allocateBuffer(type, type.getRank() - 1, false);
  emitInto(emission, value, buffer);
  return buffer;
}

} // namespace

void emitPrint(Emission &emission, tile::PrintOp op,
               const RunningProgram &program) {
  Builder &ir = emission.ir;
  llvm::Type *pointer = ir.getPtrTy(), *index = ir.getInt64Ty();
  Reg text = ir.CreateGlobalString(op.getText());
  if (op.getValues().empty()) {
    ir.CreateCall(runtimeFunction(ir, "girih_print_text", {index, pointer}),
                  {program.number, text});
    return;
  }
  auto callee = runtimeFunction(
      ir, "girih_print_tile",
      {index, pointer, index, index, pointer, pointer, pointer});
  for (auto [value, isUnsigned] :
       llvm::zip_equal(op.getValues(), op.getIsUnsigned())) {
    Buffer buffer = held(emission, value);
    ArrayRef<int64_t> shape;
    if (isTile(value))
      shape = tileType(value).getShape();
    DType dtype =
        dtypeOf(mlir::getElementTypeOrSelf(value.getType()), isUnsigned);
    ir.CreateCall(
        callee,
        {program.number, text, ir.index(static_cast<int64_t>(dtype)),
         ir.index(static_cast<int64_t>(shape.size())), numbers(emission, shape),
         numbers(emission, ArrayRef<int64_t>(buffer.strides)), buffer.pointer});
  }
}

namespace {

/// Reports lane `lane` and ends the kernel.
void fail(Emission &emission, tile::AssertOp op, const RunningProgram &program,
          ArrayRef<Reg> lane) {
  Builder &ir = emission.ir;
  SourceLine where = sourceLine(op.getLoc());
  llvm::Type *pointer = ir.getPtrTy(), *index = ir.getInt64Ty();
  auto callee = runtimeFunction(
      ir, "girih_assert_failed",
      {pointer, pointer, pointer, index, index, index, pointer});
  ir.CreateCall(callee,
                {ir.CreateGlobalString(program.kernel),
                 ir.CreateGlobalString(op.getMessage()),
                 ir.CreateGlobalString(where.file), ir.index(where.line),
                 program.number, ir.index(static_cast<int64_t>(lane.size())),
                 numbers(emission, lane)});
  ir.CreateRetVoid();
}

/// Goes on where `holds`; else `otherwise`, which does not come back.
void unless(Builder &ir, Reg holds, llvm::function_ref<void()> otherwise) {
  llvm::Function *function = ir.GetInsertBlock()->getParent();
  auto *failed = llvm::BasicBlock::Create(ir.getContext(), "failed", function);
  auto *next = llvm::BasicBlock::Create(ir.getContext(), "holds", function);
  ir.CreateCondBr(holds, next, failed);
  ir.SetInsertPoint(failed);
  otherwise();
  ir.SetInsertPoint(next);
}

} // namespace

void emitAssert(Emission &emission, tile::AssertOp op,
                const RunningProgram &program) {
  Builder &ir = emission.ir;
  mlir::Value condition = op.getCondition();
  if (!isTile(condition))
    return unless(ir, emission.scalar(condition),
                  [&] { fail(emission, op, program, {}); });
  Fusion fusion(emission, /*keepsPending=*/true);
  fusion.addValue(condition);
  Walk walk = fusion.choose(tileType(condition).getShape());
  walk.together = 1;
  fusion.prepare(walk);
  emitVersions(emission, fusion.allInBounds(), [&](bool masked) {
    emitWalk(emission, walk, [&](const Chunk &chunk) {
      Reg holds = fusion.value(condition, chunk, masked);
      llvm::Type *bits = ir.getIntNTy(chunk.width);
      // One bit a lane, those that fail set.
      Reg failing = ir.CreateNot(ir.CreateBitCast(holds, bits));
      if (chunk.valid < chunk.width)
        failing = ir.CreateAnd(
            failing,
            llvm::ConstantInt::get(
                bits, llvm::APInt::getLowBitsSet(chunk.width, chunk.valid)));
      Reg none = ir.CreateICmpEQ(failing, ir.splatInt(0, bits));
      unless(ir, none, [&] {
        SmallVector<Reg> lane(chunk.lane.begin(), chunk.lane.end());
        Reg first = ir.CreateIntrinsic(llvm::Intrinsic::cttz, {bits},
                                       {failing, ir.getFalse()});
        lane[chunk.unit] = ir.add(lane[chunk.unit],
                                  ir.CreateZExtOrTrunc(first, ir.getInt64Ty()));
        fail(emission, op, program, lane);
      });
    });
  });
}

} // namespace girih::compiler::host
