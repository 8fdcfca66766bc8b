// SPDX-License-Identifier: Apache-2.0
// Reductions and scans along a dimension.
#pragma once

#include "girih/compiler/conversion/host/nest.h"

namespace girih::compiler::host {

/// A reduction as it is walked.
struct Reduction {
  tile::ReduceOp op;
  llvm::SmallVector<int64_t, 4> shape; // of the walk
  llvm::SmallVector<unsigned> reduced; // its dimensions that vanish
  /// Lane t of the walk is lane `map`(t) of the input; null for t itself.
  llvm::SmallVector<std::pair<mlir::Value, mlir::AffineMap>> inputs;
};

/// How to walk `op`: a tile that was flattened to be reduced is walked as it
/// was, in all its dimensions.
Reduction reductionOf(tile::ReduceOp op);
/// Whether two reductions can share a nest.
bool walkAlike(const Reduction &lhs, const Reduction &rhs);

/// Performs reductions that are walked alike, in one nest.
void emitReductions(Emission &emission, llvm::ArrayRef<Reduction> reductions);

/// Performs a scan, in one nest.
void emitScan(Emission &emission, tile::ScanOp op);

} // namespace girih::compiler::host
