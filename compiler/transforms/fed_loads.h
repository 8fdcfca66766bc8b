// SPDX-License-Identifier: Apache-2.0
// Which loads other warps can do for those that multiply.
#pragma once

#include "girih/compiler/transforms/load_ring.h"
#include "girih/compiler/transforms/ring_place.h"

namespace girih::compiler {

/// Operands of dots that other warps copy: those that a loop reads in each
/// round, or, without one, an operand that is read once: by itself, or as one
/// more tile of a ring.
struct Fed {
  mlir::scf::ForOp loop;
  llvm::SmallVector<Feed> feeds;
  Ring *ring = nullptr;
  int64_t bulkBytes = 0;  // of a stage, which the copy engine brings
  int64_t wholeBytes = 0; // those that it brings where tiles are whole
  bool byThreads = false;
  int further = -1; // which tile of the ring of those before it is one more
};

/// All of the kernel's, for rings of `stages`; what keeps other warps from
/// copying, or nothing.
mlir::StringRef findFed(mlir::func::FuncOp kernel, int64_t stages,
                        llvm::SmallVectorImpl<Fed> &fed);

/// Adds what threads read beside dots that land in their round, as scales: they
/// would wait for it, or spend as much on where it is.
void findBesideDots(mlir::func::FuncOp kernel, llvm::MutableArrayRef<Fed> fed);

/// An earlier load of which this one reads rows as columns.
std::optional<size_t> twinOf(llvm::ArrayRef<Feed> feeds, size_t number);

/// Whether the loop computes the value.
bool isWithin(mlir::scf::ForOp loop, mlir::Value value);

/// The dots that are in flight at the end of a round.
int64_t flyingDots(mlir::scf::ForOp loop);

} // namespace girih::compiler
