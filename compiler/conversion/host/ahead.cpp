// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/conversion/host/ahead.h"

#include "girih/compiler/conversion/host/elementwise.h"
#include "girih/compiler/conversion/host/memory.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using llvm::SmallVector;

namespace girih::compiler::host {

Reg Ahead::scalar(mlir::Value value) {
  if (auto found = known.find(value); found != known.end())
    return found->second;
  Reg now = emission.scalar(value);
  mlir::Operation *op = value.getDefiningOp();
  Reg then = now && op && !isTile(value) ? again(op, now) : nullptr;
  known[value] = then;
  return then;
}

/// The result of an operation on scalars.
Reg Ahead::again(mlir::Operation *op, Reg now) {
  if (auto id = llvm::dyn_cast<tile::ProgramIdOp>(op))
    return program.empty() ? now : program[id.getDim()];
  if (llvm::isa<tile::SizeOp, tile::ValueOp>(op))
    return now;
  if (auto load = llvm::dyn_cast<tile::LoadOp>(op))
    return loadAgain(load, now);
  if (llvm::isa<mlir::tensor::ExtractOp>(op) && !isTile(op->getOperand(0))) {
    Reg then = scalar(op->getOperand(0));
    if (loaded.contains(op->getOperand(0)))
      loaded.insert(op->getResult(0));
    return then;
  }
  if (!isElementwise(op))
    return nullptr;
  SmallVector<Reg> operands;
  bool same = true;
  for (mlir::Value operand : op->getOperands()) {
    operands.push_back(scalar(operand));
    if (!operands.back())
      return nullptr;
    same &= operands.back() == emission.scalar(operand);
    if (loaded.contains(operand))
      loaded.insert(op->getResult(0));
  }
  return same ? now : emitElementwise(emission.ir, op, operands, 0);
}

/// An offset that an index map reads. Past the end it reads as 0.
Reg Ahead::loadAgain(tile::LoadOp load, Reg now) {
  SmallVector<Reg> then;
  bool same = true;
  for (mlir::Value each : load.getScalars()) {
    then.push_back(scalar(each));
    if (!then.back())
      return nullptr;
    same &= then.back() == emission.scalar(each);
  }
  if (same)
    return now;
  if (!load.getBounds())
    return nullptr;
  MemoryAccess access(emission, Access(load));
  access.prepare(then);
  loaded.insert(load);
  return access.load({}, /*masked=*/true);
}

} // namespace girih::compiler::host
