// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/conversion/host/dot.h"

using llvm::SmallVector;

namespace girih::compiler::host {

RegisterBlock chooseRegisterBlock(const Machine &machine, llvm::Type *type,
                                  int64_t n) {
  RegisterBlock block;
  unsigned bytes = type->getScalarSizeInBits() / 8;
  block.lanes = machine.vectorBytes / bytes;
  unsigned most = machine.registers >= 32 ? 4 : 2;
  // As many vectors a row as divide the columns; padding only a lone remainder.
  for (block.vectors = most; block.vectors > 1; --block.vectors)
    if (n % block.columns() == 0)
      break;
  // One register for a broadcast element of a, one to spare.
  block.rows = (machine.registers - block.vectors - 2) / block.vectors;
  block.rows = std::min(block.rows, 14u);
  return block;
}

int64_t accumulatorPitch(Emission &emission, mlir::RankedTensorType type) {
  mlir::Type element = type.getElementType();
  bool sums = element.isF32() || element.isF64() || element.isInteger(32) ||
              element.isInteger(64);
  if (type.getRank() != 2 || !sums)
    return 0;
  int64_t n = type.getDimSize(1);
  RegisterBlock block = chooseRegisterBlock(
      emission.machine, registerType(emission.ir, element), n);
  return llvm::alignTo(n, block.columns());
}

Reg dotOperand(Builder &ir, Reg value, llvm::Type *type, bool isUnsigned) {
  llvm::Type *wide = widened(type, widthOf(value->getType()));
  if (type->isFloatingPointTy())
    return value;
  return isUnsigned ? ir.CreateZExt(value, wide) : ir.CreateSExt(value, wide);
}

Reg multiplyAdd(Builder &ir, Reg a, Reg b, Reg c) {
  if (c->getType()->isFPOrFPVectorTy())
    // Fused where the CPU does that in one instruction.
    return ir.CreateIntrinsic(llvm::Intrinsic::fmuladd, {c->getType()},
                              {a, b, c});
  return ir.CreateAdd(c, ir.CreateMul(a, b));
}

namespace {

/// A register-blocked product in the making.
class BlockedDot {
public:
  BlockedDot(Emission &emission, tile::DotOp dot, const Buffer &acc,
             llvm::ArrayRef<Reg> live)
      : emission(emission), ir(emission.ir), dot(dot), acc(acc), live(live),
        type(registerType(ir, acc.element)), m(dot.getM()), n(dot.getN()),
        k(dot.getK()), bytes(type->getScalarSizeInBits() / 8),
        block(chooseRegisterBlock(emission.machine, type, n)),
        panels(llvm::divideCeil(n, block.columns())) {}

  void emit() {
    packA();
    packB();
    Reg rows = live[0] ? ir.min(live[0], ir.index(m)) : ir.index(m);
    Reg columns = live[1] ? ir.min(live[1], ir.index(n)) : ir.index(n);
    int64_t whole = m / block.rows * block.rows;
    Reg wholeRows = ir.min(rows, ir.index(whole));
    ir.loop(ir.index(0), columns, block.columns(), [&](Reg column) {
      Reg panel = ir.CreateUDiv(column, ir.index(block.columns()));
      ir.loop(ir.index(0), wholeRows, block.rows,
              [&](Reg row) { microKernel(panel, row, block.rows); });
      if (m % block.rows)
        ir.either(
            ir.CreateICmpSGT(rows, ir.index(whole)),
            [&] { microKernel(panel, ir.index(whole), m % block.rows); },
            [] {});
    });
  }

private:
  void packA();
  void packB();
  void packPanel(Fusion &fusion, Reg panel, int64_t columns, unsigned unit,
                 bool masked);
  void packAlongColumns(Fusion &fusion, Reg panel, int64_t columns,
                        bool masked);
  void packAlongRows(Fusion &fusion, Reg panel, int64_t columns, bool masked);
  void microKernel(Reg panel, Reg row, unsigned rows);
  Reg panelAddress(Reg panel, Reg inner, Reg column);

  Emission &emission;
  Builder &ir;
  tile::DotOp dot;
  const Buffer &acc;
  llvm::ArrayRef<Reg> live;
  llvm::Type *type;
  int64_t m, n, k;
  unsigned bytes;
  RegisterBlock block;
  int64_t panels;
  Reg aPointer = nullptr, bPointer = nullptr;
  int64_t aRowStride = 1, aInnerStride = 1;
};

/// Rows of a are broadcast element by element, so a stays in the order that it
/// is read in: only its type and its padding change.
void BlockedDot::packA() {
  Fusion fusion(emission);
  fusion.addValue(dot.getA());
  Walk walk = fusion.choose({m, k});
  int64_t pitch = llvm::alignTo(walk.shape[walk.unit], 64);
  aRowStride = walk.unit == 1 ? pitch : 1;
  aInnerStride = walk.unit == 1 ? 1 : pitch;
  aPointer = emission.allocate(pitch * (walk.unit == 1 ? m : k) * bytes);
  fusion.prepare();
  emitBounded(emission, fusion, walk, [&](const Chunk &chunk, bool masked) {
    Reg value = dotOperand(ir, fusion.value(dot.getA(), chunk, masked), type,
                           dot.getUnsignedA());
    Reg offset = ir.add(ir.mul(chunk.lane[0], ir.index(aRowStride)),
                        ir.mul(chunk.lane[1], ir.index(aInnerStride)));
    ir.CreateAlignedStore(value, ir.advance(aPointer, offset, bytes),
                          llvm::Align(bytes));
  });
}

Reg BlockedDot::panelAddress(Reg panel, Reg inner, Reg column) {
  Reg start = ir.mul(panel, ir.index(k * block.columns()));
  Reg row = ir.mul(inner, ir.index(block.columns()));
  return ir.advance(ir.advance(bPointer, start, bytes), ir.add(row, column),
                    bytes);
}

/// b is cut into panels as wide as the register block, each contiguous.
void BlockedDot::packB() {
  Fusion fusion(emission);
  fusion.addValue(dot.getB());
  unsigned unit = fusion.chooseUnit({k, n});
  bPointer = emission.allocate(panels * k * block.columns() * bytes);
  fusion.prepare();
  int64_t whole = n / block.columns();
  emitVersions(emission, fusion.allInBounds(), [&](bool masked) {
    ir.loop(ir.index(0), ir.index(whole), 1, [&](Reg panel) {
      packPanel(fusion, panel, block.columns(), unit, masked);
    });
    if (whole < panels)
      packPanel(fusion, ir.index(whole), n % block.columns(), unit, masked);
  });
}

void BlockedDot::packPanel(Fusion &fusion, Reg panel, int64_t columns,
                           unsigned unit, bool masked) {
  if (unit == 1)
    packAlongColumns(fusion, panel, columns, masked);
  else
    packAlongRows(fusion, panel, columns, masked);
}

void BlockedDot::packAlongColumns(Fusion &fusion, Reg panel, int64_t columns,
                                  bool masked) {
  unsigned width = block.lanes;
  if (columns % (2 * width) == 0)
    width *= 2;
  Reg first = ir.mul(panel, ir.index(block.columns()));
  ir.loop(ir.index(0), ir.index(k), 1, [&](Reg inner) {
    for (int64_t column = 0; column < block.columns(); column += width) {
      Reg target = panelAddress(panel, inner, ir.index(column));
      Reg value = llvm::Constant::getNullValue(widened(type, width));
      if (column < columns) {
        unsigned valid = std::min<int64_t>(width, columns - column);
        Chunk chunk{{inner, ir.add(first, ir.index(column))}, 1, width, valid};
        value = dotOperand(ir, fusion.value(dot.getB(), chunk, masked), type,
                           dot.getUnsignedB());
      }
      ir.CreateAlignedStore(value, target, llvm::Align(bytes * block.lanes));
    }
  });
}

/// Transposes a square of `rows.size()` vectors with as many lanes.
void transpose(Builder &ir, SmallVector<Reg> &rows) {
  unsigned count = rows.size();
  for (unsigned half = count / 2; half >= 1; half /= 2) {
    SmallVector<Reg> next(rows);
    for (unsigned row = 0; row < count; ++row) {
      if (row & half)
        continue;
      // Exchanges the off-diagonal squares of side `half`.
      SmallVector<int> low, high;
      for (unsigned lane = 0; lane < count; ++lane) {
        low.push_back(lane & half ? count + (lane ^ half) : lane);
        high.push_back(lane & half ? count + lane : lane ^ half);
      }
      next[row] = ir.CreateShuffleVector(rows[row], rows[row | half], low);
      next[row | half] =
          ir.CreateShuffleVector(rows[row], rows[row | half], high);
    }
    rows = next;
  }
}

void BlockedDot::packAlongRows(Fusion &fusion, Reg panel, int64_t columns,
                               bool masked) {
  unsigned side = block.lanes;
  Reg first = ir.mul(panel, ir.index(block.columns()));
  auto square = [&](Reg inner, Reg column, int64_t depth, int64_t present) {
    SmallVector<Reg> rows;
    for (unsigned row = 0; row < side; ++row) {
      Reg value = llvm::Constant::getNullValue(widened(type, side));
      if (row < present) {
        Reg at = ir.add(ir.add(first, column), ir.index(row));
        Chunk chunk{{inner, at}, 0, side, static_cast<unsigned>(depth)};
        value = dotOperand(ir, fusion.value(dot.getB(), chunk, masked), type,
                           dot.getUnsignedB());
      }
      rows.push_back(value);
    }
    transpose(ir, rows);
    for (int64_t row = 0; row < depth; ++row)
      ir.CreateAlignedStore(
          rows[row], panelAddress(panel, ir.add(inner, ir.index(row)), column),
          llvm::Align(bytes * side));
  };
  auto strip = [&](Reg inner, int64_t depth) {
    int64_t whole = columns / side * side;
    ir.loop(ir.index(0), ir.index(whole), side,
            [&](Reg column) { square(inner, column, depth, side); });
    for (int64_t column = whole; column < block.columns(); column += side)
      square(inner, ir.index(column), depth,
             std::max<int64_t>(0, columns - column));
  };
  int64_t whole = k / side * side;
  ir.loop(ir.index(0), ir.index(whole), side,
          [&](Reg inner) { strip(inner, side); });
  if (k % side)
    strip(ir.index(whole), k % side);
}

/// One register block: the accumulators stay in registers through all of k.
void BlockedDot::microKernel(Reg panel, Reg row, unsigned rows) {
  llvm::Type *vector = widened(type, block.lanes);
  llvm::Align align(bytes * block.lanes);
  Reg a = ir.advance(aPointer, ir.mul(row, ir.index(aRowStride)), bytes);
  Reg b = panelAddress(panel, ir.index(0), ir.index(0));
  Reg corner = ir.advance(
      ir.advance(acc.pointer, ir.mul(row, ir.index(acc.strides[0])), bytes),
      ir.mul(panel, ir.index(block.columns())), bytes);
  auto place = [&](unsigned i, unsigned j) {
    return ir.advance(
        corner, ir.index(i * acc.strides[0] + int64_t(j) * block.lanes), bytes);
  };
  SmallVector<Reg> sums;
  for (unsigned i = 0; i < rows; ++i)
    for (unsigned j = 0; j < block.vectors; ++j)
      sums.push_back(ir.CreateAlignedLoad(vector, place(i, j), align));
  auto body = [&](Reg inner, llvm::ArrayRef<Reg> carried) {
    SmallVector<Reg> next(carried), columns;
    Reg bRow = ir.advance(b, ir.mul(inner, ir.index(block.columns())), bytes);
    for (unsigned j = 0; j < block.vectors; ++j)
      columns.push_back(ir.CreateAlignedLoad(
          vector, ir.advance(bRow, ir.index(int64_t(j) * block.lanes), bytes),
          align));
    Reg aColumn = ir.advance(a, ir.mul(inner, ir.index(aInnerStride)), bytes);
    for (unsigned i = 0; i < rows; ++i) {
      Reg element = ir.CreateAlignedLoad(
          type, ir.advance(aColumn, ir.index(i * aRowStride), bytes),
          llvm::Align(bytes));
      Reg spread = ir.splat(element, block.lanes);
      for (unsigned j = 0; j < block.vectors; ++j) {
        Reg &sum = next[i * block.vectors + j];
        sum = multiplyAdd(ir, spread, columns[j], sum);
      }
    }
    return next;
  };
  sums = ir.loop(ir.index(0), ir.index(k), 1, sums, body);
  for (unsigned i = 0; i < rows; ++i)
    for (unsigned j = 0; j < block.vectors; ++j)
      ir.CreateAlignedStore(sums[i * block.vectors + j], place(i, j), align);
}

} // namespace

void emitDot(Emission &emission, tile::DotOp dot, const Buffer &acc,
             llvm::ArrayRef<Reg> live) {
  if (dot.getM() == 1 || dot.getN() == 1)
    return emitMatrixVector(emission, dot, acc);
  BlockedDot(emission, dot, acc, live).emit();
}

} // namespace girih::compiler::host
