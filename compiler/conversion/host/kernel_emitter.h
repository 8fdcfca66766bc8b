// SPDX-License-Identifier: Apache-2.0
// The walk over a kernel, shared by the files that implement it.
#pragma once

#include "girih/compiler/conversion/host/ahead.h"
#include "girih/compiler/conversion/host/debug.h"
#include "girih/compiler/conversion/host/nest.h"
#include "girih/compiler/conversion/host/plan.h"
#include "girih/compiler/conversion/host/register_loop.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

namespace girih::compiler::host {

class KernelEmitter {
public:
  KernelEmitter(mlir::func::FuncOp kernel, Builder &ir, const Machine &machine)
      : kernel(kernel), ir(ir), emission(ir, machine), plan(planOf(kernel)) {
    emission.readers = plan.readers;
  }

  mlir::LogicalResult emit(llvm::Function *function);
  int64_t scratchBytes() const { return emission.scratchBytes(); }

private:
  void bindViews(Reg params);
  void bindGrid();
  void decideStreaming();
  llvm::SmallVector<Reg> coordinatesOf(Reg number);
  void bindProgram(Reg number);
  mlir::LogicalResult checkElementwise();

  mlir::LogicalResult emitBlock(mlir::Block &block);
  mlir::LogicalResult emitOp(mlir::Operation *op);
  bool emitScalarOp(mlir::Operation *op);
  bool emitWhole(mlir::Operation *op);
  mlir::LogicalResult emitFusable(mlir::Operation *op);
  void emitDotOp(tile::DotOp dot);
  void emitReduce(tile::ReduceOp op);
  bool isReady(mlir::Value value, llvm::DenseSet<mlir::Value> &known);
  Buffer newBuffer(mlir::Value value);

  // control.cpp
  /// A tile's next value on its way into a buffer that others may read.
  struct Move {
    mlir::Value from;
    Buffer to;
  };
  mlir::LogicalResult emitFor(mlir::scf::ForOp loop);
  mlir::LogicalResult emitInRegisters(mlir::scf::ForOp loop,
                                      RegisterLoop &registers, int64_t step);
  mlir::LogicalResult emitIf(mlir::scf::IfOp branch);
  mlir::LogicalResult emitWhile(mlir::scf::WhileOp loop);
  void moveTiles(llvm::ArrayRef<Move> moves);
  void moveTogether(llvm::ArrayRef<Move> moves);
  bool readsElsewhere(mlir::Value value, const Buffer &buffer, bool moved);
  Buffer branchBuffer(mlir::scf::IfOp branch, unsigned result,
                      llvm::SmallVector<Reg> &taken);
  llvm::SmallVector<Reg> bindCarried(mlir::ValueRange arguments,
                                     mlir::ValueRange values);
  void setScalars(mlir::ValueRange values, llvm::ArrayRef<Reg> scalars);
  llvm::SmallVector<Reg> scalarsOf(mlir::ValueRange values);
  void moveInto(mlir::ValueRange targets, mlir::ValueRange values);

  mlir::func::FuncOp kernel;
  Builder &ir;
  Emission emission;
  Plan plan;
  llvm::DenseSet<mlir::Operation *> done; // by an earlier operation's nest
  llvm::SmallVector<Reg> grid, coordinates;
  RunningProgram program;
  std::unique_ptr<Ahead> next; // program
};

} // namespace girih::compiler::host
