// SPDX-License-Identifier: Apache-2.0
// The loop over the programs that a block does.
#pragma once

#include "girih/compiler/transforms/fed_loads.h"

#include <list>

namespace girih::compiler {

inline bool isProgramLoop(mlir::scf::ForOp loop) {
  return loop.getLowerBound().getDefiningOp<tile::ProgramsOp>() != nullptr;
}

/// How the warps of a block share its programs.
struct ProgramSharing {
  int64_t blocks = 1;     // of a cluster, which do programs beside each other
  int64_t groups = 1;     // of warps, which do programs in turns
  mlir::Value turns;      // barriers: group i may read what other warps bring
  mlir::Value rounds;     // of which blocks have as many as each other, or null
  int64_t leastSaved = 1; // rounds, for which programs are shared
};

/// The loop of one of the two sides, from one program to the next of which
/// rings go on.
class ProgramLoop {
public:
  ProgramLoop(mlir::func::FuncOp kernel, std::list<Ring> &rings,
              RingPlace Ring::*side)
      : kernel(kernel), rings(rings), side(side) {}

  void open(mlir::OpBuilder &builder, const ProgramSharing &sharing);
  /// What follows in the kernel's block is done for each program. Where groups
  /// take turns, each goes past what the other ones' programs take of a ring.
  void takeProgram(llvm::ArrayRef<Fed> fed);
  void close();

  mlir::Value number() { return loop.getInductionVar(); }
  mlir::Block *body() { return loop.getBody(); }
  /// What is done for a program.
  mlir::Block *program() { return own ? own.thenBlock() : body(); }

private:
  llvm::SmallVector<mlir::Value> places();
  void takeTurns(llvm::ArrayRef<Fed> fed);
  mlir::Operation *lastWait();
  void endTurn();
  void skipTurn();

  mlir::func::FuncOp kernel;
  std::list<Ring> &rings;
  RingPlace Ring::*side;
  ProgramSharing sharing;
  mlir::scf::ForOp loop;
  // Where groups take turns.
  mlir::scf::IfOp own;
  mlir::Value group, turn, phase;
  llvm::SmallVector<mlir::Value> rounds; // of each ring, in another's program
  llvm::SmallVector<RingPlace> begins;   // of each ring
};

} // namespace girih::compiler
