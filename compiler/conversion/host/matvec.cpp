// SPDX-License-Identifier: Apache-2.0
// Products of a matrix and a vector. They are limited by reading the matrix, so
// it is read exactly once, along its contiguous dimension, straight from the
// operand: its conversion is fused into the loop.
#include "girih/compiler/conversion/host/dot.h"

using llvm::ArrayRef;
using llvm::SmallVector;

namespace girih::compiler::host {

namespace {

/// acc[out] += sum over inner of matrix[out, inner] * vector[inner], whichever
/// side of the dot the matrix is on.
class MatrixVector {
public:
  MatrixVector(Emission &emission, tile::DotOp dot, const Buffer &acc)
      : emission(emission), ir(emission.ir), acc(acc),
        type(registerType(ir, acc.element)),
        bytes(type->getScalarSizeInBits() / 8),
        lanes(emission.machine.vectorBytes / bytes), onLeft(dot.getN() == 1),
        matrix(onLeft ? dot.getA() : dot.getB()),
        vector(onLeft ? dot.getB() : dot.getA()), outDim(onLeft ? 0 : 1),
        out(onLeft ? dot.getM() : dot.getN()), inner(dot.getK()),
        matrixUnsigned(onLeft ? dot.getUnsignedA() : dot.getUnsignedB()),
        vectorUnsigned(onLeft ? dot.getUnsignedB() : dot.getUnsignedA()),
        fusion(emission) {}

  void emit() {
    gatherVector();
    fusion.addValue(matrix);
    Walk walk = fusion.choose(tileType(matrix).getShape());
    width = std::min<unsigned>(walk.width, 4 * lanes);
    fusion.prepare();
    emitVersions(emission, fusion.allInBounds(), [&](bool masked) {
      if (walk.unit != outDim)
        rows(masked);
      else
        columns(masked);
    });
  }

private:
  void gatherVector();
  void rows(bool masked);
  void rowGroup(Reg first, unsigned count, bool masked);
  void columns(bool masked);
  void innerGroup(Reg first, int64_t count, bool masked);
  void prefetch(Chunk chunk);
  Reg element(Reg outIndex, Reg innerIndex, unsigned unit, unsigned valid,
              bool masked);
  Reg accAddress(Reg index) {
    return ir.advance(acc.pointer, ir.mul(index, ir.index(acc.strides[outDim])),
                      bytes);
  }

  /// Rows of the matrix read in step, at most where it is contiguous along
  /// them.
  static constexpr int64_t rowsTogether = 8;
  /// Elements of a row that, with those of the other rows read in step, stay in
  /// the second cache.
  static constexpr int64_t longestRow = 8192;

  Emission &emission;
  Builder &ir;
  const Buffer &acc;
  llvm::Type *type;
  unsigned bytes, lanes;
  bool onLeft;
  mlir::Value matrix, vector;
  unsigned outDim;
  int64_t out, inner;
  bool matrixUnsigned, vectorUnsigned;
  Fusion fusion;
  unsigned width = 1;
  Reg vectorPointer = nullptr;
};

/// The vector is used once per row: it is converted once. Behind its end lie
/// zeros, so that the last, partial chunk of a row adds nothing.
void MatrixVector::gatherVector() {
  int64_t padded = llvm::alignTo(inner, 64);
  vectorPointer = emission.allocate(padded * bytes);
  Fusion source(emission);
  source.addValue(vector);
  Walk walk = source.choose(tileType(vector).getShape());
  unsigned dim = onLeft ? 0 : 1;
  walk.unit = dim;
  walk.width = std::min<uint64_t>(lanes, llvm::PowerOf2Ceil(inner));
  source.prepare();
  for (int64_t at = inner / 16 * 16; at < padded; at += 16)
    ir.CreateAlignedStore(llvm::Constant::getNullValue(widened(type, 16)),
                          ir.advance(vectorPointer, ir.index(at), bytes),
                          llvm::Align(bytes));
  emitVersions(emission, source.allInBounds(), [&](bool masked) {
    emitWalk(emission, walk, [&](const Chunk &chunk) {
      Reg value = dotOperand(ir, source.value(vector, chunk, masked), type,
                             vectorUnsigned);
      if (chunk.valid < chunk.width)
        value = ir.CreateSelect(firstLanes(ir, emission.machine,
                                           ir.index(chunk.valid), chunk.width),
                                value,
                                llvm::Constant::getNullValue(value->getType()));
      ir.CreateAlignedStore(value,
                            ir.advance(vectorPointer, chunk.lane[dim], bytes),
                            llvm::Align(bytes));
    });
  });
}

/// What the next trip reads: in the rows after these, or, where rows are so
/// long that those would be gone from the cache by then, further along the same
/// ones.
void MatrixVector::prefetch(Chunk chunk) {
  bool alongRows = chunk.unit != outDim;
  if (alongRows && inner > longestRow)
    return fusion.prefetch(chunk);
  Reg &row = chunk.lane[alongRows ? outDim : 1 - outDim];
  row = ir.add(row, ir.index(rowsTogether));
  fusion.prefetch(chunk, 0);
}

Reg MatrixVector::element(Reg outIndex, Reg innerIndex, unsigned unit,
                          unsigned valid, bool masked) {
  Chunk chunk;
  chunk.lane = onLeft ? SmallVector<Reg, 4>{outIndex, innerIndex}
                      : SmallVector<Reg, 4>{innerIndex, outIndex};
  chunk.unit = unit;
  chunk.width = width;
  chunk.valid = valid;
  if (!masked)
    prefetch(chunk);
  Reg value = fusion.value(matrix, chunk, masked);
  // What a partial chunk holds behind its end meets zeros, but need not be
  // finite.
  if (valid < width)
    value = ir.CreateSelect(
        firstLanes(ir, emission.machine, ir.index(valid), width), value,
        llvm::Constant::getNullValue(value->getType()));
  return dotOperand(ir, value, type, matrixUnsigned);
}

/// The matrix is contiguous along the sum: several rows at a time, so that the
/// vector is loaded once for all of them.
void MatrixVector::rows(bool masked) {
  // Their sums take at most half of the registers.
  unsigned perSum = std::max(1u, width / lanes);
  unsigned together =
      std::min<unsigned>(rowsTogether, emission.machine.registers / 2 / perSum);
  int64_t whole = out / together * together;
  ir.loop(ir.index(0), ir.index(whole), together,
          [&](Reg first) { rowGroup(first, together, masked); });
  if (out % together)
    rowGroup(ir.index(whole), out % together, masked);
}

void MatrixVector::rowGroup(Reg first, unsigned count, bool masked) {
  unsigned unit = 1 - outDim;
  llvm::Type *vectors = widened(type, width);
  auto add = [&](Reg at, unsigned valid, ArrayRef<Reg> carried) {
    SmallVector<Reg> next;
    Reg x = ir.CreateAlignedLoad(vectors, ir.advance(vectorPointer, at, bytes),
                                 llvm::Align(bytes));
    for (unsigned row = 0; row < count; ++row)
      next.push_back(multiplyAdd(
          ir, element(ir.add(first, ir.index(row)), at, unit, valid, masked), x,
          carried[row]));
    return next;
  };
  SmallVector<Reg> sums(count, llvm::Constant::getNullValue(vectors));
  int64_t whole = inner / width * width;
  sums = ir.loop(
      ir.index(0), ir.index(whole), width, sums,
      [&](Reg at, ArrayRef<Reg> carried) { return add(at, width, carried); });
  if (inner % width)
    sums = add(ir.index(whole), inner % width, sums);
  for (unsigned row = 0; row < count; ++row) {
    Reg target = accAddress(ir.add(first, ir.index(row)));
    Reg before = ir.CreateAlignedLoad(type, target, llvm::Align(bytes));
    Reg total = nullptr;
    if (type->isFloatingPointTy()) {
      auto *sum = ir.CreateFAddReduce(before, sums[row]);
      // Summed pairwise: the order is ours to choose, and fixed.
      llvm::cast<llvm::CallInst>(sum)->setHasAllowReassoc(true);
      total = sum;
    } else {
      total = ir.CreateAdd(before, ir.CreateAddReduce(sums[row]));
    }
    ir.CreateAlignedStore(total, target, llvm::Align(bytes));
  }
}

/// The matrix is contiguous along the result: a few of its rows at a time are
/// read in step from end to end, while the results wait in the first cache.
void MatrixVector::columns(bool masked) {
  int64_t whole = inner / rowsTogether * rowsTogether;
  ir.loop(ir.index(0), ir.index(whole), rowsTogether,
          [&](Reg at) { innerGroup(at, rowsTogether, masked); });
  if (inner % rowsTogether)
    innerGroup(ir.index(whole), inner % rowsTogether, masked);
}

void MatrixVector::innerGroup(Reg first, int64_t count, bool masked) {
  SmallVector<Reg> factors;
  for (int64_t row = 0; row < count; ++row) {
    Reg at = ir.add(first, ir.index(row));
    Reg x = ir.CreateAlignedLoad(type, ir.advance(vectorPointer, at, bytes),
                                 llvm::Align(bytes));
    factors.push_back(ir.splat(x, width));
  }
  bool contiguous = acc.strides[outDim] == 1;
  auto add = [&](Reg at, unsigned valid) {
    Chunk chunk;
    chunk.lane.assign(2, ir.index(0));
    chunk.lane[outDim] = at;
    chunk.unit = outDim;
    chunk.width = width;
    chunk.valid = contiguous ? width : valid;
    Reg sum = loadBuffer(emission, acc, chunk);
    for (int64_t row = 0; row < count; ++row)
      sum = multiplyAdd(
          ir, element(at, ir.add(first, ir.index(row)), outDim, valid, masked),
          factors[row], sum);
    storeBuffer(emission, acc, chunk, sum);
  };
  int64_t whole = out / width * width;
  ir.loop(ir.index(0), ir.index(whole), width, [&](Reg at) { add(at, width); });
  if (out % width)
    add(ir.index(whole), out % width);
}

} // namespace

void emitMatrixVector(Emission &emission, tile::DotOp dot, const Buffer &acc) {
  MatrixVector(emission, dot, acc).emit();
}

} // namespace girih::compiler::host
