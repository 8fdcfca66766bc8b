// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/conversion/host/elements.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/IR/IntrinsicsX86.h"

#include <numeric>

namespace girih::compiler::host {

namespace {

/// `count` lanes of a vector, from `first` on.
Reg lanesFrom(Builder &ir, Reg vector, unsigned first, unsigned count) {
  llvm::SmallVector<int> lanes(count);
  std::iota(lanes.begin(), lanes.end(), static_cast<int>(first));
  return ir.CreateShuffleVector(vector, lanes);
}

/// Bit tricks on f32 and its integer image, at the width of one register.
struct FloatBits {
  Builder &ir;
  llvm::Type *floats, *ints;

  FloatBits(Builder &ir, unsigned width)
      : ir(ir), floats(widened(ir.getFloatTy(), width)),
        ints(widened(ir.getInt32Ty(), width)) {}

  Reg constant(uint32_t value) { return ir.splatInt(value, ints); }
  Reg bits(Reg value) { return ir.CreateBitCast(value, ints); }
  Reg value(Reg bits) { return ir.CreateBitCast(bits, floats); }
  Reg isNan(Reg value) { return ir.CreateFCmpUNO(value, value); }

  /// Drops the lowest `dropped` bits, to nearest even. Not for NaN.
  Reg roundBits(Reg bits, unsigned dropped) {
    Reg odd = ir.CreateAnd(ir.CreateLShr(bits, constant(dropped)), constant(1));
    Reg half = constant((1u << (dropped - 1)) - 1);
    Reg sum = ir.CreateAdd(ir.CreateAdd(bits, half), odd);
    return ir.CreateAnd(sum, constant(~((1u << dropped) - 1)));
  }

  Reg roundBf16(Reg input) {
    Reg quiet = ir.CreateAnd(ir.CreateOr(bits(input), constant(0x400000)),
                             constant(0xffff0000));
    return value(
        ir.CreateSelect(isNan(input), quiet, roundBits(bits(input), 16)));
  }

  /// fp8 with `mantissa` bits, normal from `smallest` on; `magic` is a power of
  /// two whose last place is the denormals' spacing, so that adding and
  /// subtracting it rounds them.
  Reg roundFp8(Reg input, unsigned mantissa, double largest, double smallest,
               double magic) {
    Reg size = ir.CreateUnaryIntrinsic(llvm::Intrinsic::fabs, input);
    Reg limit = ir.splatFloat(largest, floats);
    size = ir.CreateSelect(ir.CreateFCmpOGT(size, limit), limit, size);
    Reg normal = value(roundBits(bits(size), 23 - mantissa));
    Reg shift = ir.splatFloat(magic, floats);
    Reg denormal = ir.CreateFSub(ir.CreateFAdd(size, shift), shift);
    Reg tiny = ir.CreateFCmpOLT(size, ir.splatFloat(smallest, floats));
    Reg rounded = ir.CreateSelect(tiny, denormal, normal);
    rounded = ir.CreateSelect(isNan(input), input, rounded);
    return ir.CreateBinaryIntrinsic(llvm::Intrinsic::copysign, rounded, input);
  }

  Reg encodeE4M3(Reg input, unsigned width) {
    Reg size = ir.CreateAnd(bits(input), constant(0x7fffffff));
    Reg normal =
        ir.CreateLShr(ir.CreateSub(size, constant(120u << 23)), constant(20));
    Reg scaled = ir.CreateFMul(value(size), ir.splatFloat(512, floats));
    Reg denormal = ir.CreateIntrinsic(llvm::Intrinsic::fptosi_sat,
                                      {ints, floats}, {scaled});
    Reg tiny = ir.CreateICmpULT(size, constant(121u << 23));
    Reg code = ir.CreateSelect(tiny, denormal, normal);
    code = ir.CreateSelect(isNan(input), constant(0x7f), code);
    Reg sign =
        ir.CreateAnd(ir.CreateLShr(bits(input), constant(24)), constant(0x80));
    return ir.CreateTrunc(ir.CreateOr(code, sign),
                          widened(ir.getInt8Ty(), width));
  }
};

Reg decodeE4M3(Builder &ir, Reg memory, unsigned width) {
  llvm::Type *shorts = widened(ir.getInt16Ty(), width);
  Reg wide = ir.CreateZExt(memory, shorts);
  Reg code = ir.CreateAnd(wide, ir.splatInt(0x7f, shorts));
  Reg sign = ir.CreateAnd(wide, ir.splatInt(0x80, shorts));
  // As f16 with its 3 mantissa bits and low 4 exponent bits in place, the value
  // is too small by the difference of the biases, 2^8; denormals come out
  // right.
  Reg image = ir.CreateOr(ir.CreateShl(code, ir.splatInt(7, shorts)),
                          ir.CreateShl(sign, ir.splatInt(8, shorts)));
  Reg half = ir.CreateBitCast(image, widened(ir.getHalfTy(), width));
  llvm::Type *floats = widened(ir.getFloatTy(), width);
  Reg value =
      ir.CreateFMul(ir.CreateFPExt(half, floats), ir.splatFloat(256, floats));
  Reg isNan = ir.CreateICmpEQ(code, ir.splatInt(0x7f, shorts));
  return ir.CreateSelect(isNan, llvm::ConstantFP::getNaN(floats), value);
}

/// Whether words of this width fill registers: one instruction makes f32 of
/// half of one, or one of two registers of f32.
bool isPaired(Builder &ir, unsigned width) {
  return ir.machine.scales && width * 2 >= ir.machine.vectorBytes;
}

/// The upper words of f32.
Reg upperWords(Builder &ir, Reg value) {
  unsigned width = widthOf(value->getType());
  llvm::SmallVector<int> words;
  for (unsigned lane = 0; lane < width; ++lane)
    words.push_back(static_cast<int>(2 * lane + 1));
  return ir.CreateShuffleVector(
      ir.CreateBitCast(value, widened(ir.getInt16Ty(), 2 * width)), words);
}

Reg widenPaired(Builder &ir, Reg words) {
  unsigned width = widthOf(words->getType());
  llvm::SmallVector<int> lanes;
  for (unsigned lane = 0; lane < width; ++lane) {
    lanes.push_back(0);
    lanes.push_back(static_cast<int>(width + lane));
  }
  Reg zero = llvm::Constant::getNullValue(words->getType());
  return ir.CreateBitCast(ir.CreateShuffleVector(zero, words, lanes),
                          widened(ir.getFloatTy(), width));
}

/// The CPU's own rounding, which makes 0 of what is below the normal numbers.
Reg roundPaired(Builder &ir, Reg value, llvm::function_ref<Reg()> otherwise) {
  constexpr uint32_t subnormal = 0x20;
  unsigned width = widthOf(value->getType());
  Reg tiny = nullptr;
  llvm::SmallVector<Reg> halves, words;
  for (unsigned first = 0; first < width; first += 16) {
    halves.push_back(lanesFrom(ir, value, first, 16));
    Reg mask = ir.CreateIntrinsic(llvm::Intrinsic::x86_avx512_fpclass_ps_512,
                                  {halves.back(), ir.getInt32(subnormal)});
    tiny = tiny ? ir.CreateOr(tiny, mask) : mask;
  }
  for (size_t pair = 0; pair < halves.size(); pair += 2)
    words.push_back(ir.CreateBitCast(
        ir.CreateIntrinsic(llvm::Intrinsic::x86_avx512bf16_cvtne2ps2bf16_512,
                           {halves[pair + 1], halves[pair]}),
        widened(ir.getInt16Ty(), 32)));
  return ir.rarely(ir.CreateOrReduce(tiny), ir.joined(words), otherwise);
}

Reg encodeBf16(Builder &ir, Reg value) {
  unsigned width = widthOf(value->getType());
  if (Reg source = isPaired(ir, width) && ir.machine.roundsBf16
                       ? ir.unrounded.lookup(value)
                       : nullptr)
    return roundPaired(ir, source, [&] {
      return upperWords(ir, FloatBits(ir, width).roundBf16(source));
    });
  if (isPaired(ir, width))
    return upperWords(ir, value);
  llvm::Type *ints = widened(ir.getInt32Ty(), width);
  Reg high =
      ir.CreateLShr(ir.CreateBitCast(value, ints), ir.splatInt(16, ints));
  return ir.CreateTrunc(high, widened(ir.getInt16Ty(), width));
}

} // namespace

unsigned elementBytes(mlir::Type element) {
  unsigned bits = element.getIntOrFloatBitWidth();
  return bits < 8 ? 1 : bits / 8;
}

bool isNarrowFloat(mlir::Type element) {
  return llvm::isa<mlir::FloatType>(element) &&
         element.getIntOrFloatBitWidth() < 32;
}

llvm::Type *memoryType(Builder &ir, mlir::Type element) {
  if (element.isF64())
    return ir.getDoubleTy();
  if (element.isF32())
    return ir.getFloatTy();
  if (element.isF16())
    return ir.getHalfTy();
  return ir.getIntNTy(elementBytes(element) * 8);
}

llvm::Type *registerType(Builder &ir, mlir::Type element, unsigned width) {
  if (element.isF64())
    return widened(ir.getDoubleTy(), width);
  if (llvm::isa<mlir::FloatType>(element))
    return widened(ir.getFloatTy(), width);
  if (element.isIndex())
    return widened(ir.getInt64Ty(), width);
  return widened(ir.getIntNTy(element.getIntOrFloatBitWidth()), width);
}

static Reg decodeLanes(Builder &ir, mlir::Type element, Reg memory) {
  unsigned width = widthOf(memory->getType());
  llvm::Type *type = registerType(ir, element, width);
  if (element.isInteger(1))
    return ir.CreateICmpNE(memory, ir.splatInt(0, memory->getType()));
  if (element.isF16())
    return ir.CreateFPExt(memory, type);
  if (element.isBF16() && isPaired(ir, width))
    return widenPaired(ir, memory);
  if (element.isBF16()) {
    llvm::Type *ints = widened(ir.getInt32Ty(), width);
    return ir.CreateBitCast(
        ir.CreateShl(ir.CreateZExt(memory, ints), ir.splatInt(16, ints)), type);
  }
  if (llvm::isa<mlir::Float8E5M2Type>(element)) {
    llvm::Type *shorts = widened(ir.getInt16Ty(), width);
    Reg image =
        ir.CreateShl(ir.CreateZExt(memory, shorts), ir.splatInt(8, shorts));
    return ir.CreateFPExt(
        ir.CreateBitCast(image, widened(ir.getHalfTy(), width)), type);
  }
  if (llvm::isa<mlir::Float8E4M3FNType>(element))
    return decodeE4M3(ir, memory, width);
  return memory;
}

Reg decode(Builder &ir, mlir::Type element, Reg memory) {
  Reg value = decodeLanes(ir, element, memory);
  if (elementBytes(element) == 2 && isNarrowFloat(element) &&
      widthOf(memory->getType()))
    ir.words[value] = memory;
  return value;
}

Reg encode(Builder &ir, mlir::Type element, Reg value) {
  unsigned width = widthOf(value->getType());
  llvm::Type *type = widened(memoryType(ir, element), width);
  if (Reg words = ir.words.lookup(value); words && words->getType() == type)
    return words;
  if (element.isInteger(1))
    return ir.CreateZExt(value, type);
  if (element.isF16())
    return ir.CreateFPTrunc(value, type);
  if (element.isBF16())
    return encodeBf16(ir, value);
  if (llvm::isa<mlir::Float8E5M2Type>(element)) {
    llvm::Type *shorts = widened(ir.getInt16Ty(), width);
    Reg half = ir.CreateFPTrunc(value, widened(ir.getHalfTy(), width));
    Reg top =
        ir.CreateLShr(ir.CreateBitCast(half, shorts), ir.splatInt(8, shorts));
    return ir.CreateTrunc(top, type);
  }
  if (llvm::isa<mlir::Float8E4M3FNType>(element))
    return FloatBits(ir, width).encodeE4M3(value, width);
  return value;
}

unsigned laneEvenFirst(unsigned position) {
  return (position & ~15u) | (position & 7) << 1 | (position >> 3 & 1);
}

Reg decodeEvenFirst(Builder &ir, Reg memory) {
  unsigned width = widthOf(memory->getType());
  Reg pairs = ir.CreateBitCast(memory, widened(ir.getInt32Ty(), width / 2));
  llvm::SmallVector<Reg> pieces;
  for (unsigned first = 0; first < width / 2; first += 8) {
    Reg eight = lanesFrom(ir, pairs, first, 8);
    llvm::Type *type = eight->getType();
    pieces.push_back(ir.CreateShl(eight, ir.splatInt(16, type)));
    pieces.push_back(ir.CreateAnd(eight, ir.splatInt(0xffff0000, type)));
  }
  Reg value =
      ir.CreateBitCast(ir.joined(pieces), widened(ir.getFloatTy(), width));
  ir.words[value] = memory;
  return value;
}

Reg encodeEvenFirst(Builder &ir, Reg value) {
  if (Reg words = ir.words.lookup(value))
    return words;
  unsigned width = widthOf(value->getType());
  Reg bits = ir.CreateBitCast(value, widened(ir.getInt32Ty(), width));
  llvm::Type *shorts = widened(ir.getInt16Ty(), 16);
  llvm::SmallVector<int> alternate;
  for (int lane = 0; lane < 16; ++lane)
    alternate.push_back(lane % 2 == 0 ? lane : 16 + lane);
  llvm::SmallVector<Reg> pieces;
  for (unsigned first = 0; first < width; first += 16) {
    Reg even = lanesFrom(ir, bits, first, 8);
    even = ir.CreateLShr(even, ir.splatInt(16, even->getType()));
    Reg odd = lanesFrom(ir, bits, first + 8, 8);
    pieces.push_back(ir.CreateShuffleVector(ir.CreateBitCast(even, shorts),
                                            ir.CreateBitCast(odd, shorts),
                                            alternate));
  }
  return ir.joined(pieces);
}

Reg roundTo(Builder &ir, mlir::Type element, Reg value, bool arithmetic) {
  if (!isNarrowFloat(element))
    return value;
  unsigned width = widthOf(value->getType());
  FloatBits bits(ir, width);
  if (element.isF16())
    return ir.CreateFPExt(
        ir.CreateFPTrunc(value, widened(ir.getHalfTy(), width)), bits.floats);
  if (element.isBF16()) {
    Reg result = arithmetic ? bits.value(bits.roundBits(bits.bits(value), 16))
                            : bits.roundBf16(value);
    if (isPaired(ir, width))
      ir.unrounded[result] = value;
    return result;
  }
  if (llvm::isa<mlir::Float8E5M2Type>(element))
    return bits.roundFp8(value, 2, 57344, 0x1p-14, 0x1p7);
  return bits.roundFp8(value, 3, 448, 0x1p-6, 0x1p14);
}

} // namespace girih::compiler::host
