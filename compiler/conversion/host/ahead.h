// SPDX-License-Identifier: Apache-2.0
// Where loads will read next: in a later round of a loop, or in the program
// that follows. The CPU sees runs of addresses itself, but not past their ends.
#pragma once

#include "girih/compiler/conversion/host/emission.h"

namespace girih::compiler::host {

/// Scalars of the kernel as they will be.
class Ahead {
public:
  explicit Ahead(Emission &emission) : emission(emission) {}

  /// What will be different: the coordinates of the program, or one scalar.
  void setProgram(llvm::ArrayRef<Reg> coordinates) {
    program.assign(coordinates.begin(), coordinates.end());
  }
  void set(mlir::Value scalar, Reg then) { known[scalar] = then; }

  /// `value` then; the register that has it now where it stays the same, and
  /// null where that cannot be said. May emit code.
  Reg scalar(mlir::Value value);
  /// Whether it follows from memory where `value` will be.
  bool isLoaded(mlir::Value value) const { return loaded.contains(value); }
  /// Whether this is about rounds of a loop.
  bool isOfLoop() const { return program.empty(); }

private:
  Reg again(mlir::Operation *op, Reg now);
  Reg loadAgain(tile::LoadOp load, Reg now);

  Emission &emission;
  llvm::SmallVector<Reg> program;
  llvm::DenseMap<mlir::Value, Reg> known;
  llvm::DenseSet<mlir::Value> loaded; // or made of what is
};

} // namespace girih::compiler::host
