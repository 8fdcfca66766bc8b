// SPDX-License-Identifier: Apache-2.0
// State of one import, shared by the files of the frontend.
#pragma once

#include "girih/compiler/frontend/frontend.h"

#include "girih/compiler/dialect/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/DenseMap.h"

namespace girih::compiler {

/// Values of a scope's symbols and the operations that produce them.
class Importer {
public:
  Importer(const Program &program, mlir::MLIRContext &context, bool checked);
  mlir::OwningOpRef<mlir::ModuleOp> run();

private:
  // importer.cpp: structure
  mlir::Type viewType(const ArrangedOperand &operand);
  void addKernelAttributes(mlir::Operation *kernel);
  void importBlock(const Block &block);
  void importNode(const Node &node);
  mlir::Value importValue(const Node &node);
  void importLoop(const Node &node);
  mlir::Location location(const SourceLine &line);
  [[noreturn]] void unsupported(const std::string &what,
                                const std::string &help = {});

  // access.cpp: index expressions
  mlir::Value sizeOf(int operand, int dim);
  mlir::Value programId(int dim);
  mlir::Value loadElement(int operand, mlir::Value at);
  mlir::Value indexOf(mlir::Value integer, DType dtype);
  mlir::Value elementOf(const Symbol &symbol, mlir::ValueRange levels);
  mlir::Value symbolValue(const Symbol &symbol, mlir::ValueRange levels);
  mlir::Value indexBinary(Function function, mlir::Value lhs, mlir::Value rhs);
  mlir::Value indexExpr(const Expr &expr, mlir::ValueRange levels);
  mlir::Value indexConstant(std::int64_t value);
  void importLoad(const Node &node);
  mlir::Value passedValue(const Node &node);
  void importStore(const Node &node);
  /// Where an operand's tile lies, over lanes and scalars.
  struct Footprint {
    unsigned lanes = 0;
    llvm::SmallVector<mlir::Value> scalars;
    mlir::AffineMap map;
    mlir::IntegerSetAttr bounds;
    mlir::ArrayAttr levels; // see levelsAttr
  };
  Footprint footprint(const Node &node, mlir::ValueRange levels);
  mlir::AffineExpr affine(const Expr &expr, Footprint &into,
                          mlir::ValueRange levels);
  mlir::AffineExpr scalarSymbol(mlir::Value value, Footprint &into);

  // levels.cpp: of a checked run
  void findData();
  bool findData(const Block &block);
  bool markData(llvm::ArrayRef<ValueId> ids);
  bool anyData(llvm::ArrayRef<ValueId> ids) const;
  void noteSources(const Node &node);
  llvm::SmallVector<llvm::SmallVector<mlir::AffineExpr>>
  checkedLevels(const Node &node, Footprint &into, mlir::ValueRange levels);
  static void setLevels(mlir::Operation *access, const Footprint &where);

  // grid.cpp
  mlir::AffineExpr gridExpr(const Expr &expr);
  mlir::AffineExpr gridMinimum(mlir::AffineExpr lhs, mlir::AffineExpr rhs);
  unsigned sizeCount() const;
  void addGrids(mlir::Operation *kernel);

  // elementwise.cpp: tiles
  mlir::Value constant(const Node &node);
  mlir::Value unary(const Node &node);
  mlir::Value floatFunction(Function function, mlir::Value x);
  mlir::Value binary(const Node &node);
  mlir::Value ternary(const Node &node);
  mlir::Value compare(const Node &node);
  mlir::Value select(const Node &node);
  mlir::Value indexToTile(const Node &node);
  mlir::Value dot(const Node &node);
  mlir::Value floatMod(mlir::Value lhs, mlir::Value rhs);
  mlir::Value integerDivision(mlir::Value lhs, mlir::Value rhs, bool isSigned,
                              bool remainder);
  mlir::Value shift(Function function, mlir::Value lhs, mlir::Value rhs,
                    bool isSigned);
  /// A constant of `type`, a scalar or tensor of floats or integers.
  mlir::Value filled(mlir::Type type, double value);
  mlir::Value filledInteger(mlir::Type type, std::int64_t value);
  /// `value` as a cast makes it: fp8 saturates.
  mlir::FloatAttr floatAttr(mlir::Type element, double value);
  /// Input number `i`, spread to `shape` where it is a scalar.
  mlir::Value spread(mlir::Value value, llvm::ArrayRef<std::int64_t> shape);
  llvm::SmallVector<mlir::Value> spreadInputs(const Node &node);

  // tiles.cpp: whole tiles, branches, what is indirect
  void importBranch(const Node &node);
  void importWhile(const Node &node);
  void importLanes(const Block &block, mlir::Region &region);
  void importAlong(const Node &node);
  void importSort(const Node &node);
  void importRandom(const Node &node); // random.cpp
  void importScatter(const Node &node);
  void importPrint(const Node &node);
  mlir::Value arange(const Node &node);
  mlir::Value offsets(const Node &node);
  mlir::Value inBounds(const Node &node);
  mlir::Value coordinate(mlir::AffineExpr expr, const Footprint &where,
                         llvm::ArrayRef<std::int64_t> shape);
  mlir::Value remap(const Node &node);
  mlir::Value take(const Node &node);
  mlir::Value histogram(const Node &node);
  mlir::Value gather(const Node &node);
  void refuseIndirect(const Node &node);
  mlir::Value atomic(const Node &node);
  mlir::Value arrive(const Node &node);
  mlir::Value inlinePtx(const Node &node);
  mlir::Value bitcast(const Node &node);
  /// A tile as a tensor, of rank 0 for a scalar; and back.
  mlir::Value asTensor(mlir::Value value);
  mlir::Value fromTensor(mlir::Value value);
  llvm::SmallVector<mlir::Value> tensors(llvm::ArrayRef<ValueId> ids);
  mlir::TypedAttr otherOf(const ArrangedOperand &operand, mlir::Type element);
  void importArm(const Block &block);

  // casts.cpp
  mlir::Value cast(const Node &node);
  mlir::Value castTo(mlir::Value value, DType from, DType to);
  mlir::Value floatToFloat(mlir::Value value, DType from, DType to);
  mlir::Value floatToInteger(mlir::Value value, DType from, DType to);
  mlir::Value integerToInteger(mlir::Value value, DType from, DType to);

  // packed.cpp
  mlir::Value integer(mlir::arith::CmpIPredicate predicate, mlir::Value x,
                      std::int64_t y);
  mlir::Value nibble(mlir::Value x, DType dtype);
  /// A packed dtype's tile as one of `as`, which arithmetic knows; and back.
  mlir::Value unpacked(mlir::Value value, DType from, DType &as);
  mlir::Value packed(mlir::Value value, DType from, DType to);
  mlir::Value packedBitcast(mlir::Value value, DType from, DType to);
  mlir::Value toE2m1(mlir::Value value);
  mlir::Value toUe8m0(mlir::Value value);
  mlir::Value loadNibbles(const ArrangedOperand &operand, Footprint where);
  void storeNibbles(const ArrangedOperand &operand, mlir::Value stored,
                    Footprint where);
  unsigned pairedLane(const ArrangedOperand &operand, const Footprint &where,
                      mlir::Value lastSize);

  mlir::Type tileType(const ValueType &type);
  const ValueType &typeOf(ValueId id) const {
    return program.values[static_cast<std::size_t>(id)];
  }
  mlir::Value value(ValueId id) { return values.lookup(id); }

  const Program &program;
  mlir::OpBuilder builder;
  mlir::Location loc = builder.getUnknownLoc();
  SourceLine line; // of the node being imported
  mlir::Block *entry = nullptr;
  llvm::DenseMap<ValueId, mlir::Value> values;
  llvm::DenseMap<std::pair<int, int>, mlir::Value> sizes;
  llvm::DenseMap<int, mlir::Value> programIds;
  // Symbols of the grids' maps after the sizes: each the smaller of two.
  llvm::SmallVector<std::pair<mlir::AffineExpr, mlir::AffineExpr>> gridMinima;
  // Elements that jagged dimensions read, the same in the whole program.
  llvm::SmallVector<std::pair<Symbol, mlir::Value>> elements;
  bool checked;
  std::vector<bool> data; // indices that as_index() has a part in
  // The data that such an index was computed from; none for a number.
  llvm::DenseMap<ValueId, llvm::SmallVector<mlir::Value>> sources;
};

/// Whether tiles of the dtype are bytes that stand for something else: the
/// 4-bit dtypes and ue8m0.
bool isPacked(DType type);
/// What stands for `value`.
std::int64_t packedNumber(DType type, double value);

/// `type` with its elements replaced by `element`: tensor or scalar.
mlir::Type withElement(mlir::Type type, mlir::Type element);

} // namespace girih::compiler
