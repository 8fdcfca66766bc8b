// SPDX-License-Identifier: Apache-2.0
// Runs a kernel of the tile dialect op by op. Written to be read: this is what
// the operations mean, and what the other executors are held against.
#pragma once

#include "girih/compiler/dialect/Tile.h"
#include "girih/compiler/interpreter/scalar.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/DenseMap.h"

namespace girih::compiler {

/// Runs every program of the module's kernel, one after the other, on host
/// memory. `params` is the parameter block of compiler.h. With `allF64`, reals
/// are doubles between a load and a store. Fails, with a diagnostic, on an
/// operation that the interpreter does not know.
mlir::LogicalResult interpretModule(mlir::ModuleOp module,
                                    const std::int64_t *params, bool allF64);

/// An operand as the parameter block describes it.
struct Memory {
  char *data = nullptr;
  std::vector<std::int64_t> sizes, strides;
};

/// Values of an affine expression's dims and symbols.
struct AffineArguments {
  std::vector<std::int64_t> dims, symbols;
};
std::int64_t evaluateAffine(mlir::AffineExpr expr,
                            const AffineArguments &arguments);

/// One run of a kernel.
class Interpreter {
public:
  Interpreter(mlir::func::FuncOp kernel, const std::int64_t *params,
              Rounding rounding);
  mlir::LogicalResult run();

private:
  // interpreter.cpp: control flow and what is neither access nor elementwise
  std::vector<std::int64_t> gridSizes();
  std::vector<std::int64_t> coordinates(std::int64_t number,
                                        const std::vector<std::int64_t> &grid);
  mlir::LogicalResult runBlock(mlir::Block &block);
  mlir::LogicalResult runOperation(mlir::Operation &op);
  mlir::LogicalResult runLoop(mlir::scf::ForOp loop);
  void runConstant(mlir::Operation &op, mlir::Attribute value);
  void runDot(tile::DotOp op);

  // access.cpp
  template <typename AccessOp> bool inBounds(AccessOp op, AffineArguments &at);
  template <typename AccessOp> char *address(AccessOp op, AffineArguments &at);
  void runLoad(tile::LoadOp op);
  void runStore(tile::StoreOp op);

  // elementwise.cpp
  mlir::LogicalResult runElementwise(mlir::Operation &op);

  std::int64_t index(mlir::Value value) {
    return values[value].elements.front().whole;
  }
  void setIndex(mlir::Value value, std::int64_t number) {
    values[value] = {{}, {Scalar::integer(number)}};
  }

  mlir::func::FuncOp kernel;
  Rounding rounding;
  llvm::DenseMap<mlir::Value, Memory> memories;
  llvm::DenseMap<mlir::Value, TileValue> values;
  std::vector<std::int64_t> program; // coordinates of the running program
};

} // namespace girih::compiler
