// SPDX-License-Identifier: Apache-2.0
// Dots on the matrix units: fragments from shared memory, mma.sync.
#include "girih/compiler/conversion/nvptx/emitter.h"

#include "girih/compiler/transforms/dot_plan.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace girih::compiler {

FragmentReader::FragmentReader(Emitter &emitter, Value operand, bool matrices)
    : e(emitter), operand(operand), layout(Emitter::layoutOf(operand)),
      element(cast<RankedTensorType>(operand.getType()).getElementType()),
      elementBytes(llvm::divideCeil(element.getIntOrFloatBitWidth(), 8)),
      atomRegisters(int64_t(1) << layout.bases(Axis::reg).size()) {
  tile::SharedLoadOp load = e.lateLoads.lookup(operand);
  if (!load)
    return;
  tile::SharedType source = load.getSource().getType();
  Layout memory = source.getLayout().getLayout();
  contiguous = contiguousDim(memory);
  if (matrices)
    matrix = matchMatrixLoad(layout, contiguous, elementBytes);
  // With ldmatrix a lane points at a row for others, not at its own elements.
  Layout pointing(layout.rank());
  if (matrix) {
    for (const Coords &row : matrix->rows)
      pointing.basis(Axis::lane, row);
    // What rows name belongs to registers: the extents stay those of the atom.
    Coords rest = layout.atomShape(), named = pointing.atomShape();
    for (int dim = 0; dim < layout.rank(); ++dim)
      for (int64_t extent = named[dim]; extent < rest[dim]; extent *= 2) {
        Coords basis(layout.rank(), 0);
        basis[dim] = extent;
        pointing.basis(Axis::reg, basis);
      }
    for (const Coords &basis : layout.bases(Axis::warp))
      pointing.basis(Axis::warp, basis);
    for (const Repeat &repeat : layout.repeats())
      pointing.repeat(repeat.axis, repeat.dim, repeat.count);
  } else {
    pointing = layout;
  }
  place.emplace(e, memory, elementBytes,
                e.sharedBaseOf(load.getSource().getDefiningOp()),
                e.sharedOffset[load.getSource().getDefiningOp()],
                e.threadCoords(pointing), threadMasks(pointing));
  place->setStage(e.scalar(load.getStage()));
}

Registers FragmentReader::words(int64_t reg) {
  if (!place) {
    Registers &held = e.registers(operand);
    return e.pack(ArrayRef(held).slice(reg, atomRegisters));
  }
  if (!matrix)
    return gatherWords(reg);
  auto [address, added] = place->at(layout.coordinates(reg, 0, 0));
  std::string outputs, constraints;
  for (int64_t i = 0; i < matrix->matrices; ++i) {
    outputs += llvm::formatv("{0}${1}", i ? ", " : "", i).str();
    constraints += "=r,";
  }
  std::string text = llvm::formatv(
      "ldmatrix.sync.aligned.m8n8.x{0}{1}.shared.b16 {{{2}}, [${0}+{3}];",
      matrix->matrices, matrix->transposed ? ".trans" : "", outputs, added);
  Value loaded = e.assembly(e.structOf(e.i32(), matrix->matrices), text,
                            constraints + "r", address, true);
  return e.parts(loaded);
}

Registers FragmentReader::gatherWords(int64_t reg) {
  return e.pack(elements(reg, atomRegisters));
}

Registers FragmentReader::elements(int64_t reg, int64_t count) {
  if (!place) {
    Registers &held = e.registers(operand);
    return Registers(ArrayRef(held).slice(reg, count));
  }
  int64_t run = std::min(
      {layout.registerRun(contiguous), 16 / elementBytes, count & -count});
  Registers values;
  for (int64_t i = 0; i < count; i += run) {
    auto [address, added] = place->at(layout.coordinates(reg + i, 0, 0));
    llvm::append_range(values, e.loadShared(address, added, run, element));
  }
  return values;
}

int64_t FragmentReader::neighbours(int dim, int64_t count) const {
  return place && dim == contiguous
             ? std::min(16 / elementBytes, count & -count)
             : 1;
}

Registers FragmentReader::run(int64_t reg, int64_t count) {
  if (count == 1)
    return elements(reg, 1);
  auto [address, added] = place->at(layout.coordinates(reg, 0, 0));
  return e.loadShared(address, added, count, element);
}

std::string matrixType(Type type, bool isUnsigned) {
  if (type.isF16())
    return "f16";
  if (type.isBF16())
    return "bf16";
  if (type.isF32())
    return "tf32";
  if (isa<Float8E4M3FNType>(type))
    return "e4m3";
  if (isa<Float8E5M2Type>(type))
    return "e5m2";
  return isUnsigned ? "u8" : "s8";
}

void Emitter::multiply(tile::DotOp dot, ArrayRef<Value> a, ArrayRef<Value> bs,
                       Value *accumulator) {
  Type left = dot.getA().getType().getElementType();
  Type right = dot.getB().getType().getElementType();
  if (isa<Float8E4M3FNType, Float8E5M2Type>(left))
    neededPtx = std::max(neededPtx, 84);
  bool integer = left.isInteger();
  std::string sum = integer ? "s32" : "f32";
  std::string letter = integer ? "r" : "f";
  std::string text = llvm::formatv(
      "mma.sync.aligned.m16n8k{0}.row.col.{1}.{2}.{3}.{1} {{$0,$1,$2,$3}, "
      "{{$4,$5,$6,$7}, {{$8,$9}, {{$10,$11,$12,$13};",
      256 / left.getIntOrFloatBitWidth(), sum,
      matrixType(left, dot.getUnsignedA()),
      matrixType(right, dot.getUnsignedB()));
  std::string constraints;
  for (int i = 0; i < 4; ++i)
    constraints += "=" + letter + ",";
  constraints += "r,r,r,r,r,r";
  for (int i = 0; i < 4; ++i)
    constraints += "," + letter;
  SmallVector<Value> inputs(a);
  llvm::append_range(inputs, bs);
  inputs.append(accumulator, accumulator + 4);
  Type type = accumulator[0].getType();
  Registers result =
      parts(assembly(structOf(type, 4), text, constraints, inputs, false));
  std::copy(result.begin(), result.end(), accumulator);
}

LogicalResult Emitter::emitDot(tile::DotOp dot) {
  if (warpgroupShare(dot))
    return emitWarpgroupDot(dot);
  if (!isMmaAccumulator(layoutOf(dot.getResult())))
    return emitFmaDot(dot);
  FragmentReader a(*this, dot.getA(), true);
  FragmentReader bReader(*this, dot.getB(), true);
  Layout layoutA = layoutOf(dot.getA()), layoutB = layoutOf(dot.getB());
  int64_t depth = 256 / dot.getA().getType().getElementTypeBitWidth();
  int64_t steps = dot.getK() / depth;
  int64_t atomA = int64_t(1) << layoutA.bases(Axis::reg).size();
  int64_t atomB = int64_t(1) << layoutB.bases(Axis::reg).size();
  int64_t rows = layoutA.size(Axis::reg) / atomA / steps;
  int64_t columns = layoutB.size(Axis::reg) / atomB / steps;
  bool tf32 = dot.getA().getType().getElementType().isF32();
  // The units would only truncate.
  auto toTf32 = [&](Registers words) {
    for (Value &word : words)
      if (tf32)
        word = assembly(i32(), "cvt.rna.tf32.f32 $0, $1;", "=r,f",
                        bitcast(word, b.getF32Type()), false);
    return words;
  };
  Registers sums(registers(dot.getAcc()));
  for (int64_t step = 0; step < steps; ++step) {
    SmallVector<Registers> left, right; // right: one per instruction
    for (int64_t row = 0; row < rows; ++row)
      left.push_back(toTf32(a.words((step * rows + row) * atomA)));
    for (int64_t column = 0; column < columns; ++column) {
      Registers words =
          toTf32(bReader.words((step * columns + column) * atomB));
      for (size_t i = 0; i < words.size(); i += 2)
        right.push_back({words[i], words[i + 1]});
    }
    for (int64_t row = 0; row < rows; ++row)
      for (auto [column, words] : llvm::enumerate(right))
        multiply(dot, left[row], words,
                 &sums[(row * right.size() + column) * 4]);
  }
  tiles[dot] = std::move(sums);
  return success();
}

} // namespace girih::compiler
