// SPDX-License-Identifier: Apache-2.0
// Runs a kernel of the tile dialect op by op. Written to be read: this is what
// the operations mean, and what the other executors are held against.
#pragma once

#include "girih/compiler/dialect/Tile.h"
#include "girih/compiler/interpreter/checker.h"
#include "girih/compiler/interpreter/scalar.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/DenseMap.h"

#include <functional>
#include <string>
#include <string_view>

namespace girih::compiler {

/// Runs every program of the module's kernel, one after the other, on host
/// memory. `name` is the kernel's in messages, `params` the parameter block of
/// compiler.h. Fails, with a diagnostic, on an operation that the interpreter
/// does not know. Throws RuntimeError [device-assert], and what `checker`
/// throws where there is one.
mlir::LogicalResult interpretModule(mlir::ModuleOp module,
                                    std::string_view name,
                                    const std::int64_t *params,
                                    Rounding rounding,
                                    Checker *checker = nullptr);

/// An operand as the parameter block describes it.
struct Memory {
  char *data = nullptr;
  const char *slot = nullptr; // the parameter that `data` came from
  std::vector<std::int64_t> sizes, strides;
};

/// Values of an affine expression's dims and symbols.
struct AffineArguments {
  std::vector<std::int64_t> dims, symbols;
};
std::int64_t evaluateAffine(mlir::AffineExpr expr,
                            const AffineArguments &arguments);

/// The operands' elements of one lane -> the result's element, not yet rounded.
using LaneFunction = std::function<Scalar(llvm::ArrayRef<Scalar>)>;

/// One run of a kernel.
class Interpreter {
public:
  Interpreter(mlir::func::FuncOp kernel, std::string_view name,
              const std::int64_t *params, Rounding rounding, Checker *checker);
  mlir::LogicalResult run();

private:
  // interpreter.cpp: programs, and what is simplest
  std::vector<std::int64_t> gridSizes();
  std::vector<std::int64_t> coordinates(std::int64_t number,
                                        const std::vector<std::int64_t> &grid);
  mlir::LogicalResult runBlock(mlir::Block &block);
  mlir::LogicalResult runOperation(mlir::Operation &op);
  void run(tile::ProgramIdOp op);
  void run(tile::SizeOp op);
  void run(tile::ValueOp op);
  void run(mlir::arith::ConstantOp op);
  void run(mlir::tensor::SplatOp op);
  void run(mlir::tensor::ExtractOp op);
  void run(tile::DotOp op);

  // control.cpp
  mlir::LogicalResult run(mlir::scf::ForOp op);
  mlir::LogicalResult run(mlir::scf::IfOp op);
  mlir::LogicalResult run(mlir::scf::WhileOp op);
  mlir::LogicalResult run(tile::InlinePtxOp op);
  /// Runs a region of lanes on many lanes at once: its arguments are tiles of
  /// `count` elements, and so is what it yields.
  mlir::LogicalResult runLanes(mlir::Region &body,
                               llvm::ArrayRef<TileValue> arguments,
                               std::size_t count,
                               llvm::MutableArrayRef<TileValue> results);

  /// An element in memory, and its index in the operand.
  struct Place {
    char *address = nullptr;
    llvm::SmallVector<std::int64_t, 4> index;
  };

  // access.cpp: operands at affine indices
  template <typename AccessOp> bool inBounds(AccessOp op, AffineArguments &at);
  template <typename AccessOp> Place place(AccessOp op, AffineArguments &at);
  template <typename AccessOp>
  void checkLevels(AccessOp op, const AffineArguments &at);
  void note(Checker::Access kind, mlir::Value view, const Place &place,
            std::int64_t lane, const Scalar &value = {});
  void run(tile::LoadOp op);
  void run(tile::StoreOp op);

  // indirect.cpp: operands at indices that are data
  template <typename IndirectOp> Place placeAt(IndirectOp op, std::size_t lane);
  Scalar otherOf(mlir::Attribute other, mlir::Type type);
  void run(tile::GatherOp op);
  void run(tile::ScatterOp op);
  void run(tile::AtomicOp op);
  void run(tile::ArriveOp op);

  // lanes.cpp: where lanes are, and moving them
  AffineArguments scalarsOf(mlir::ValueRange scalars);
  void run(tile::CoordinateOp op);
  void run(tile::RemapOp op);
  void run(tile::TakeOp op);
  void run(tile::HistogramOp op);

  // reduce.cpp: along a dimension
  mlir::LogicalResult run(tile::ReduceOp op);
  mlir::LogicalResult run(tile::ScanOp op);
  void run(tile::SortOp op);

  // debug.cpp
  void run(tile::PrintOp op);
  void run(tile::AssertOp op);

  // elementwise.cpp
  mlir::LogicalResult runElementwise(mlir::Operation &op);

  std::int64_t index(mlir::Value value) { return values[value].front().whole; }
  void setIndex(mlir::Value value, std::int64_t number) {
    values[value] = {Scalar::integer(number)};
  }
  void setAll(mlir::ValueRange names, llvm::MutableArrayRef<TileValue> tiles) {
    for (auto [name, tile] : llvm::zip_equal(names, tiles))
      values[name] = std::move(tile);
  }
  llvm::SmallVector<TileValue> copies(mlir::ValueRange names) {
    llvm::SmallVector<TileValue> tiles;
    for (mlir::Value name : names)
      tiles.push_back(values[name]);
    return tiles;
  }

  mlir::func::FuncOp kernel;
  std::string name;
  Rounding rounding;
  Checker *checker; // may be null
  llvm::DenseMap<mlir::Value, Memory> memories;
  llvm::DenseMap<mlir::Value, TileValue> values;
  llvm::DenseMap<mlir::Operation *, LaneFunction> functions;
  std::int64_t programNumber = 0;    // of the running program
  std::vector<std::int64_t> program; // its coordinates
};

} // namespace girih::compiler
