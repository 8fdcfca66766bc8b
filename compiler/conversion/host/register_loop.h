// SPDX-License-Identifier: Apache-2.0
// Loops whose tiles stay in registers: accumulators that each round adds to,
// lane by lane. In memory they would be read and written once a round.
#pragma once

#include "girih/compiler/conversion/host/fusion.h"
#include "girih/compiler/conversion/host/plan.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

namespace girih::compiler::host {

class RegisterLoop {
public:
  RegisterLoop(Emission &emission, mlir::scf::ForOp loop, const Plan &plan)
      : emission(emission), loop(loop), plan(plan) {}

  /// Whether the loop is one: a few registers, and nothing in it but what each
  /// lane makes of itself. To be asked first; emits nothing.
  bool fits();
  /// The chunks of all carried tiles before the loop.
  llvm::SmallVector<Reg> initial();
  /// Makes the body see what its round begins with.
  void bind(llvm::ArrayRef<Reg> chunks);
  /// What the round ends with; where its scalars are known.
  llvm::SmallVector<Reg> next();
  /// Puts the loop's results where others find them.
  void keep(llvm::ArrayRef<Reg> chunks);

private:
  using EachChunk = llvm::function_ref<void(const Chunk &)>;
  bool isSimple(mlir::Operation *op) const;
  bool staysInPlace(mlir::Value value, bool moved);
  void forEachChunk(EachChunk body) const;
  llvm::SmallVector<Reg> unrolled(Fusion &fusion, bool masked);
  llvm::SmallVector<Reg> throughMemory(Fusion &fusion);

  Emission &emission;
  mlir::scf::ForOp loop;
  const Plan &plan;
  llvm::SmallVector<mlir::Value> initials, arguments, yields, results;
  llvm::DenseSet<std::pair<mlir::Value, unsigned>> seen;
  llvm::SmallVector<Buffer> buffers;
  Walk walk;
  size_t chunks = 0; // of each tile
};

} // namespace girih::compiler::host
