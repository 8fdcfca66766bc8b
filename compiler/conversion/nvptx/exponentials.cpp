// SPDX-License-Identifier: Apache-2.0
// e^x, 2^x, tanh and erf of f32 by the hardware's power of two, within 2 units
// in the last place: what softmax and activations spend their time on.
#include "girih/compiler/conversion/nvptx/arithmetic.h"
#include "girih/compiler/conversion/nvptx/emitter.h"
#include "girih/compiler/conversion/nvptx/functions.h"
#include "girih/compiler/conversion/nvptx/rounded.h"
#include "girih/compiler/elementary/arithmetic.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

#include <numbers>

using namespace mlir;

namespace girih::compiler {

Value floatInstruction(OpBuilder &b, Location loc, StringRef name,
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

/// Without numbers below the normal ones it is one instruction, not four.
Value Emitter::expFloat2(Value x, bool isNormal) {
  return floatInstruction(
      b, loc, isNormal ? "ex2.approx.ftz.f32" : "ex2.approx.f32", x);
}

bool hasNormalPower(math::Exp2Op op) {
  auto bounded = op.getOperand().getDefiningOp<arith::MaximumFOp>();
  return bounded && llvm::any_of(bounded->getOperands(), [](Value operand) {
           std::optional<double> number = numberOf(operand);
           return number && *number >= -126;
         });
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
  Value part =
      floatInstruction(b, loc, "fma.rn.sat.f32",
                       {x, number(std::numbers::log2e / 252), number(0.5)});
  // Rounded down to an integer in the last bits of the sum.
  double anchor = 0x1.8p23 + 1;
  Value sum = floatInstruction(b, loc, "fma.rm.f32",
                               {part, number(252), number(anchor)});
  Value n = LLVM::FSubOp::create(b, loc, sum, number(anchor + 126));
  double high = static_cast<float>(std::numbers::log2e);
  Value r = fma(x, number(high), LLVM::FNegOp::create(b, loc, n));
  r = fma(x, number(std::numbers::log2e - high), r);
  // The bits of the anchor leave at the top: 127 + n is what remains.
  Value bits = bitcast(sum, i32());
  Value power = bitcast(LLVM::ShlOp::create(b, loc, bits, constant32(23)),
                        b.getF32Type());
  return LLVM::FMulOp::create(
      b, loc, floatInstruction(b, loc, "ex2.approx.ftz.f32", r), power);
}

/// 1 - 2 / (e^2|x| + 1) from 1 on, where an error of the power has little part
/// in the result, and a polynomial below. NaN goes the first way.
Value emitTanh(OpBuilder &b, Location loc, ModuleOp module, Value x) {
  DeviceArithmetic<false> f(b, loc, module);
  Value size = f.abs(x), square = f.mul(x, x);
  Value series = elementary::polynomial(
      f, square,
      {-0.00042069549, 0.0025104594, -0.00821892172, 0.0216601156,
       -0.0539347902, 0.133331284, -0.333333313});
  Value small = f.mad(f.mul(square, series), x, x);
  Value grown =
      floatInstruction(b, loc, "ex2.approx.ftz.f32",
                       f.mul(size, f.number(2 * std::numbers::log2e)));
  Value inverse =
      floatInstruction(b, loc, "rcp.approx.ftz.f32", f.add(grown, f.number(1)));
  Value large = f.mad(f.number(-2), inverse, f.number(1));
  return f.copySign(f.select(f.less(size, f.number(1)), small, large), x);
}

/// As elementary::erf, with log2(1 - erf) for the logarithm to base e: the
/// polynomial's coefficients are multiplied by log2(e).
Value emitErf(OpBuilder &b, Location loc, ModuleOp module, Value x) {
  DeviceArithmetic<false> f(b, loc, module);
  Value size = f.abs(x), square = f.mul(x, x);
  Value small =
      f.mad(elementary::polynomial(f, square,
                                   {8.20979684e-05, -0.000810444195,
                                    0.00519764256, -0.026858032, 0.11283671,
                                    -0.376126322, 0.128379166}),
            x, x);
  const double base = std::numbers::log2e;
  Value bounded = LLVM::MinimumOp::create(b, loc, size, f.number(4));
  Value rest = elementary::polynomial(
      f, bounded,
      {1.61024042e-06 * base, -4.5512773e-05 * base, 0.000592092759 * base,
       -0.00473695062 * base, 0.0263551208 * base, -0.109960799 * base,
       -0.631956241 * base, -1.1301551 * base, 0.000300268826 * base});
  Value large =
      f.sub(f.number(1), floatInstruction(b, loc, "ex2.approx.ftz.f32", rest));
  return f.select(f.less(size, f.number(0.925)), small, f.copySign(large, x));
}

} // namespace girih::compiler
