// SPDX-License-Identifier: Apache-2.0
// Conversions from and to fp8 by the instructions that take two elements: a
// word of four elements at a time, as loads and stores hold them.
#include "girih/compiler/conversion/nvptx/emitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace girih::compiler {

static bool isFp8(Type type) {
  return isa<Float8E4M3FNType, Float8E5M2Type>(type);
}

static std::string fp8Name(Type type) {
  return isa<Float8E4M3FNType>(type) ? "e4m3" : "e5m2";
}

/// What a clamp to the largest numbers of `fp8` was made of, or the value
/// itself: the instruction saturates, and keeps NaN.
static Value beforeClamp(Value value, Type fp8) {
  double largest = isa<Float8E4M3FNType>(fp8) ? 448 : 57344;
  auto isBound = [&](Value bound, double number) {
    FloatAttr found;
    DenseElementsAttr elements;
    if (matchPattern(bound, m_Constant(&elements)) && elements.isSplat())
      return elements.getSplatValue<APFloat>().convertToDouble() == number;
    return matchPattern(bound, m_Constant(&found)) &&
           found.getValueAsDouble() == number;
  };
  auto high = value.getDefiningOp<arith::MinimumFOp>();
  if (!high || !isBound(high.getRhs(), largest))
    return value;
  auto low = high.getLhs().getDefiningOp<arith::MaximumFOp>();
  return low && isBound(low.getRhs(), -largest) ? low.getLhs() : value;
}

/// Four f32 as a word of fp8.
Value Emitter::fp8Word(ArrayRef<Value> x, Type fp8) {
  std::string text = "cvt.rn.satfinite." + fp8Name(fp8) + "x2.f32 $0, $1, $2;";
  Value halves =
      LLVM::UndefOp::create(b, loc, VectorType::get(2, b.getI16Type()));
  for (int part : {0, 1}) {
    Value pair = assembly(b.getI16Type(), text, "=h,f,f",
                          {x[2 * part + 1], x[2 * part]}, false);
    halves =
        LLVM::InsertElementOp::create(b, loc, halves, pair, constant32(part));
  }
  return bitcast(halves, i32());
}

/// A word of fp8 as four f32.
Registers Emitter::fromFp8Word(Value word, Type fp8) {
  std::string text = "cvt.rn.f16x2." + fp8Name(fp8) + "x2 $0, $1;";
  Value halves = bitcast(word, VectorType::get(2, b.getI16Type()));
  Registers result;
  for (int part : {0, 1}) {
    Value half =
        LLVM::ExtractElementOp::create(b, loc, halves, constant32(part));
    Value pair = bitcast(assembly(i32(), text, "=r,h", half, false),
                         VectorType::get(2, b.getF16Type()));
    for (int lane : {0, 1})
      result.push_back(LLVM::FPExtOp::create(
          b, loc, b.getF32Type(),
          LLVM::ExtractElementOp::create(b, loc, pair, constant32(lane))));
  }
  return result;
}

Registers Emitter::fp8Words(Operation *op) {
  if (!isa<arith::ExtFOp, arith::TruncFOp>(op) || options.capability < 89)
    return {};
  Value operand = op->getOperand(0);
  Type from = getElementTypeOrSelf(operand.getType()),
       to = getElementTypeOrSelf(op->getResult(0).getType());
  Registers result;
  if (isFp8(from) && to.isF32()) {
    const Registers &x = registers(operand);
    if (x.size() % 4 != 0)
      return {};
    for (Value word : pack(x))
      llvm::append_range(result, fromFp8Word(word, from));
  } else if (from.isF32() && isFp8(to)) {
    const Registers &x = registers(beforeClamp(operand, to));
    if (x.size() % 4 != 0)
      return {};
    SmallVector<Value> words;
    for (size_t i = 0; i < x.size(); i += 4)
      words.push_back(fp8Word(ArrayRef(x).slice(i, 4), to));
    result = unpack(words, b.getI8Type());
  }
  if (!result.empty())
    neededPtx = std::max(neededPtx, 81);
  return result;
}

} // namespace girih::compiler
