// SPDX-License-Identifier: Apache-2.0
// Dots on the CUDA cores: every type, every shape.
#include "girih/compiler/conversion/nvptx/emitter.h"

using namespace mlir;

namespace girih::compiler {

namespace {

/// Registers of an operand at depth 0, by the coordinate along its free
/// dimension, and how far apart two depths are.
struct OperandIndex {
  llvm::SmallDenseMap<int64_t, int64_t> byCoordinate;
  int64_t stride = 1;

  OperandIndex(const Layout &layout, int dim, int64_t depth)
      : stride(layout.size(Axis::reg) / depth) {
    for (int64_t reg = 0; reg < stride; ++reg)
      byCoordinate[layout.coordinates(reg, 0, 0)[dim]] = reg;
  }
};

} // namespace

LogicalResult Emitter::emitFmaDot(tile::DotOp dot) {
  Layout layout = layoutOf(dot.getResult());
  Type from = dot.getA().getType().getElementType();
  Type fromB = dot.getB().getType().getElementType();
  Type to = dot.getAcc().getType().getElementType();
  int64_t depth = dot.getK();
  FragmentReader a(*this, dot.getA(), false);
  FragmentReader bReader(*this, dot.getB(), false);
  OperandIndex rows(layoutOf(dot.getA()), 0, depth);
  OperandIndex columns(layoutOf(dot.getB()), 1, depth);
  auto widen = [&](Value value, Type element, bool isUnsigned) -> Value {
    if (element == to)
      return value;
    if (isa<FloatType>(element))
      return floatCast(value, element, to);
    if (isUnsigned)
      return LLVM::ZExtOp::create(b, loc, to, value);
    return LLVM::SExtOp::create(b, loc, to, value);
  };
  Registers sums(registers(dot.getAcc()));
  for (int64_t k = 0; k < depth; ++k) {
    Registers left = a.elements(k * rows.stride, rows.stride);
    Registers right = bReader.elements(k * columns.stride, columns.stride);
    for (Value &value : left)
      value = widen(value, from, dot.getUnsignedA());
    for (Value &value : right)
      value = widen(value, fromB, dot.getUnsignedB());
    for (auto [reg, sum] : llvm::enumerate(sums)) {
      Coords at = layout.coordinates(reg, 0, 0);
      Value x = left[rows.byCoordinate.lookup(at[0])];
      Value y = right[columns.byCoordinate.lookup(at[1])];
      if (isa<FloatType>(to))
        sum = LLVM::FMAOp::create(b, loc, x, y, sum);
      else
        sum =
            LLVM::AddOp::create(b, loc, LLVM::MulOp::create(b, loc, x, y), sum);
    }
  }
  tiles[dot] = std::move(sums);
  return success();
}

} // namespace girih::compiler
