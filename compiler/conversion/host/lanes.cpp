// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/conversion/host/lanes.h"

#include "girih/compiler/analysis/proof.h"
#include "girih/compiler/conversion/host/elementwise.h"
#include "girih/compiler/conversion/host/memory.h"

using llvm::ArrayRef;
using llvm::SmallVector;

namespace girih::compiler::host {

namespace {

/// The coordinates of a mapped chunk, dimension by dimension.
class Mapper {
public:
  Mapper(Builder &ir, const Chunk &from, mlir::AffineMap map)
      : ir(ir), from(from), map(map), facts(map.getNumDims(), {1, 0, {}}) {}

  MappedChunk result() {
    MappedChunk mapped;
    mapped.chunk.outside = from.outside;
    for (mlir::AffineExpr expr : map.getResults())
      mapped.chunk.lane.push_back(ir.affine(expr, from.lane, {}));
    if (from.width == 0)
      return mapped;
    auto moving = movingDims();
    if (moving.empty()) {
      mapped.order = LaneOrder::allEqual;
      return mapped;
    }
    mapped.chunk.width = from.width;
    mapped.chunk.valid = from.valid;
    if (!from.isScattered() && moving.size() == 1 &&
        alongOneDim(moving.front(), mapped))
      return mapped;
    scatter(moving, mapped.chunk);
    return mapped;
  }

private:
  /// Results that differ between lanes.
  SmallVector<unsigned> movingDims() const {
    SmallVector<unsigned> moving;
    for (auto [number, expr] : llvm::enumerate(map.getResults()))
      for (unsigned dim = 0; dim < map.getNumDims(); ++dim) {
        bool differs = from.isScattered() ? from.scattered[dim] != nullptr
                                          : dim == from.unit;
        if (differs && expr.isFunctionOfDim(dim)) {
          moving.push_back(number);
          break;
        }
      }
    return moving;
  }

  /// Neighbours stay neighbours, or are reversed.
  bool alongOneDim(unsigned dim, MappedChunk &mapped) {
    mlir::AffineExpr expr = map.getResult(dim);
    auto step = dimCoefficient(expr, from.unit, map.getNumDims(), 0);
    if (!step && from.aligned)
      step = stepInGroups(expr, from.unit, from.width, facts, {});
    Chunk &chunk = mapped.chunk;
    chunk.unit = dim;
    if (step == 1) {
      SmallVector<IndexFacts> starts(facts);
      starts[from.unit].divisor = from.width;
      int64_t divisor = exprFacts(expr, starts, {}).divisor;
      chunk.aligned = from.aligned && divisor % from.width == 0;
      chunk.evenFirst = from.evenFirst;
      return true;
    }
    // A partial chunk would begin before the first lane.
    if (step != -1 || from.valid < from.width)
      return false;
    chunk.lane[dim] =
        ir.add(chunk.lane[dim], ir.index(1 - int64_t(from.width)));
    chunk.aligned = false;
    mapped.order = LaneOrder::reversed;
    return true;
  }

  void scatter(ArrayRef<unsigned> moving, Chunk &chunk) {
    Chunk lanes = scattered(ir, from);
    SmallVector<Reg> dims;
    for (auto [own, first] : llvm::zip(lanes.scattered, lanes.lane))
      dims.push_back(own ? own : ir.CreateTrunc(first, ir.getInt32Ty()));
    chunk.scattered.assign(map.getNumResults(), nullptr);
    for (unsigned dim : moving)
      chunk.scattered[dim] =
          ir.affine(map.getResult(dim), dims, {}, from.width, 32);
  }

  Builder &ir;
  const Chunk &from;
  mlir::AffineMap map;
  SmallVector<IndexFacts> facts;
};

} // namespace

MappedChunk mapChunk(Builder &ir, const Chunk &chunk, mlir::AffineMap map) {
  return Mapper(ir, chunk, map).result();
}

bool isUniform(mlir::AffineMap map, unsigned unit) {
  return llvm::none_of(map.getResults(), [&](mlir::AffineExpr expr) {
    return expr.isFunctionOfDim(unit);
  });
}

Reg emitCoordinate(Builder &ir, tile::CoordinateOp op, ArrayRef<Reg> scalars,
                   const Chunk &chunk) {
  mlir::AffineExpr expr = op.getMap().getResult(0);
  auto shape = tileType(op).getShape();
  llvm::Type *element = registerType(ir, tileType(op).getElementType());
  auto first = [&] {
    return ir.CreateSExtOrTrunc(ir.affine(expr, chunk.lane, scalars), element);
  };
  auto differs = [&](unsigned dim) {
    bool own = chunk.isScattered() ? chunk.scattered[dim] != nullptr
                                   : dim == chunk.unit;
    return own && expr.isFunctionOfDim(dim);
  };
  if (chunk.width == 0 ||
      llvm::none_of(llvm::seq<unsigned>(0, shape.size()), differs))
    return ir.splat(first(), chunk.width);
  if (!chunk.isScattered())
    if (auto step = dimCoefficient(expr, chunk.unit, op.getMap().getNumDims(),
                                   op.getMap().getNumSymbols())) {
      Reg steps = ir.CreateMul(ir.iota(element, chunk.width),
                               ir.splatInt(static_cast<uint64_t>(*step),
                                           widened(element, chunk.width)));
      return ir.add(ir.splat(first(), chunk.width), steps);
    }
  Reg wide = ir.affine(expr, laneVectors(ir, chunk), scalars, chunk.width);
  return ir.CreateSExtOrTrunc(wide, widened(element, chunk.width));
}

SmallVector<Reg> emitLanes(Builder &ir, mlir::Region &region,
                           ArrayRef<Reg> arguments, unsigned width) {
  mlir::Block &block = region.front();
  llvm::DenseMap<mlir::Value, Reg> values;
  for (auto [argument, reg] : llvm::zip(block.getArguments(), arguments))
    values[argument] = reg;
  auto known = [&](mlir::OperandRange operands) {
    SmallVector<Reg> regs;
    for (mlir::Value operand : operands)
      regs.push_back(values.lookup(operand));
    return regs;
  };
  for (mlir::Operation &op : block.without_terminator())
    values[op.getResult(0)] =
        emitElementwise(ir, &op, known(op.getOperands()), width);
  return known(block.getTerminator()->getOperands());
}

} // namespace girih::compiler::host
