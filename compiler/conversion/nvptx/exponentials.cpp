// SPDX-License-Identifier: Apache-2.0
// e^x and 2^x of f32 by the hardware's power of two, within 2 units in the last
// place: what softmax spends its time on.
#include "girih/compiler/conversion/nvptx/emitter.h"

#include <numbers>

using namespace mlir;

namespace girih::compiler {

/// One PTX instruction on f32 registers.
static Value instruction(OpBuilder &b, Location loc, StringRef name,
                         ValueRange operands) {
  std::string text = name.str() + " $0", constraints = "=f";
  for (size_t i = 1; i <= operands.size(); ++i) {
    text += ", $" + std::to_string(i);
    constraints += ",f";
  }
  return LLVM::InlineAsmOp::create(b, loc, TypeRange(Type(b.getF32Type())),
                                   operands, text + ";", constraints,
                                   /*has_side_effects=*/false,
                                   /*is_align_stack=*/false,
                                   LLVM::tailcallkind::TailCallKind::None,
                                   LLVM::AsmDialectAttr(), ArrayAttr())
      .getResult(0);
}

Value Emitter::expFloat2(Value x) {
  return instruction(b, loc, "ex2.approx.f32", x);
}

/// e^x = 2^n 2^r with n = floor(x log2 e) within +-126 and the hardware's power
/// for r, which is up to 1, or less or more where n has been held back.
Value Emitter::expFloat(Value x) {
  auto number = [&](double value) {
    return constantOf(b.getF32FloatAttr(static_cast<float>(value)),
                      b.getF32Type());
  };
  auto fma = [&](Value a, Value c, Value d) -> Value {
    return LLVM::FMAOp::create(b, loc, a, c, d);
  };
  Value part = instruction(b, loc, "fma.rn.sat.f32",
                           {x, number(std::numbers::log2e / 252), number(0.5)});
  // Rounded down to an integer in the last bits of the sum.
  double anchor = 0x1.8p23 + 1;
  Value sum =
      instruction(b, loc, "fma.rm.f32", {part, number(252), number(anchor)});
  Value n = LLVM::FSubOp::create(b, loc, sum, number(anchor + 126));
  double high = static_cast<float>(std::numbers::log2e);
  Value r = fma(x, number(high), LLVM::FNegOp::create(b, loc, n));
  r = fma(x, number(std::numbers::log2e - high), r);
  // The bits of the anchor leave at the top: 127 + n is what remains.
  Value bits = bitcast(sum, i32());
  Value power = bitcast(LLVM::ShlOp::create(b, loc, bits, constant32(23)),
                        b.getF32Type());
  return LLVM::FMulOp::create(
      b, loc, instruction(b, loc, "ex2.approx.ftz.f32", r), power);
}

} // namespace girih::compiler
