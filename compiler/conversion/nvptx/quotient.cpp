// SPDX-License-Identifier: Apache-2.0
// Division of many elements by few by their reciprocals, correctly rounded
// unless 16 bits of the quotient are all that is wanted, for which the hardware
// has a short form, too.
#include "girih/compiler/elementary/quotient.h"
#include "girih/compiler/conversion/nvptx/arithmetic.h"
#include "girih/compiler/conversion/nvptx/rare.h"
#include "girih/compiler/conversion/nvptx/rounded.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"

#include <cmath>

using namespace mlir;

namespace girih::compiler {

/// So many quotients by one divisor pay for its reciprocal.
static constexpr size_t fewestQuotients = 4;

std::optional<double> numberOf(Value value) {
  DenseFPElementsAttr numbers;
  if (!matchPattern(value, m_Constant(&numbers)) || !numbers.isSplat())
    return std::nullopt;
  return numbers.getSplatValue<APFloat>().convertToDouble();
}

/// Whether no number of the tile can be below 0, as far as `depth` operations
/// before it say.
static bool isPositive(Value value, int depth = 3) {
  if (std::optional<double> number = numberOf(value))
    return *number > 0;
  Operation *maker = value.getDefiningOp();
  if (!maker || depth == 0)
    return false;
  return isa<math::ExpOp, math::Exp2Op>(maker) ||
         (isa<arith::AddFOp, arith::MulFOp>(maker) &&
          llvm::all_of(maker->getOperands(), [&](Value operand) {
            return isPositive(operand, depth - 1);
          }));
}

/// Whether the operation's result has no larger relative errors than those of
/// its operands together.
static bool keepsErrors(Operation *op) {
  return isa<arith::MulFOp, arith::DivFOp, arith::NegFOp, arith::SelectOp,
             arith::MaximumFOp, arith::MinimumFOp, math::SqrtOp>(op) ||
         (isa<arith::AddFOp, math::Log1pOp>(op) &&
          llvm::all_of(op->getOperands(),
                       [](Value operand) { return isPositive(operand); }));
}

/// To 16 bits: what is quantised to 8 is the nearest one, beside a tie, too.
static bool isHalved(Operation *op) {
  return isa<arith::TruncFOp>(op) &&
         getElementTypeOrSelf(op->getResult(0).getType())
                 .getIntOrFloatBitWidth() == 16;
}

bool isRoundedFurther(Value value, int factors) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getElementType().isF32() && !value.use_empty() &&
         llvm::all_of(value.getUsers(), [&](Operation *user) {
           return isHalved(user) ||
                  (factors > 0 && keepsErrors(user) &&
                   isRoundedFurther(user->getResult(0), factors - 1));
         });
}

/// Whether the tile is a positive one and a constant that its reciprocal needs
/// no care for.
static bool isNormalSum(Value value) {
  auto sum = value.getDefiningOp<arith::AddFOp>();
  return sum && isPositive(value) &&
         llvm::any_of(sum->getOperands(), [](Value operand) {
           std::optional<double> number = numberOf(operand);
           return number && *number >= 0x1p-100;
         });
}

bool isShort(Value value) {
  return isa_and_nonnull<arith::ExtFOp, arith::ConstantOp>(
      value.getDefiningOp());
}

bool isOfBf16(Value value) {
  auto widened = value.getDefiningOp<arith::ExtFOp>();
  return widened && getElementTypeOrSelf(widened.getIn().getType()).isBF16();
}

/// Within 2 units in the last place of f32, for all numbers; a third of the
/// instructions of the correctly rounded division.
static Value shortQuotient(OpBuilder &b, Location loc, Value x, Value y) {
  return LLVM::InlineAsmOp::create(
             b, loc, TypeRange(Type(b.getF32Type())), ValueRange{x, y},
             "div.full.f32 $0, $1, $2;", "=f,f,f",
             /*has_side_effects=*/false, /*is_align_stack=*/false,
             LLVM::tailcallkind::TailCallKind::None, LLVM::AsmDialectAttr(),
             ArrayAttr())
      .getResult(0);
}

/// The same for divisors from 2^-126 on, in fewer: reciprocals below the normal
/// numbers still have 21 digits.
static Value inverseTimes(OpBuilder &b, Location loc, Value x, Value y) {
  Value inverse = floatInstruction(b, loc, "rcp.approx.f32", y);
  return LLVM::FMulOp::create(b, loc, x, inverse);
}

/// Quotients that are written in line and, for rare numbers, once more.
static constexpr size_t mostExact = 64;

/// Whether the divisor is a number by which LLVM multiplies, or one for which
/// the reciprocal is never right.
static bool isDividedOtherwise(Value divisor) {
  const std::optional<double> number = numberOf(divisor);
  if (!number)
    return false;
  int exponent = 0;
  return std::frexp(*number, &exponent) == 0.5 ||
         !(*number > elementary::leastDivided &&
           *number < elementary::mostDivided);
}

/// All of them at once, one by one where that of a number is not right.
Registers Emitter::exactQuotients(arith::DivFOp op) {
  const Registers &x = registers(op.getLhs()), &y = registers(op.getRhs());
  if (!getElementTypeOrSelf(op.getType()).isF32() || y.size() > mostExact ||
      isDividedOtherwise(op.getRhs()))
    return {};
  DeviceArithmetic<false> f(b, loc, into);
  Value areNear;
  const auto require = [&](Value mask) { areNear = f.also(areNear, mask); };
  DenseMap<Value, Value> inverses;
  for (Value divisor : y)
    if (inverses.try_emplace(divisor).second)
      require(elementary::isNearDivisor(f, divisor));
  for (Value dividend : x)
    require(elementary::isNearDividend(f, dividend));
  const auto each = [&](llvm::function_ref<Value(Value, Value)> of) {
    Registers values;
    for (auto [dividend, divisor] : llvm::zip_equal(x, y))
      values.push_back(of(dividend, divisor));
    return values;
  };
  return madeUsually(
      b, loc, areNear,
      [&] {
        return each([&](Value dividend, Value divisor) {
          Value &inverse = inverses[divisor];
          if (!inverse)
            inverse = elementary::nearReciprocal(f, divisor);
          return elementary::nearQuotient(f, dividend, divisor, inverse);
        });
      },
      [&] {
        return each([&](Value dividend, Value divisor) {
          return f.div(dividend, divisor);
        });
      });
}

/// x times the reciprocal is within 3 units in the last place of f32, which 16
/// bits show only beside a tie. Divisors whose reciprocal might overflow are
/// taken 2^64 times.
Registers Emitter::quotients(arith::DivFOp op) {
  const Registers &x = registers(op.getLhs()), &y = registers(op.getRhs());
  DenseMap<Value, std::pair<Value, Value>> reciprocals; // and their factors
  for (Value divisor : y)
    reciprocals.try_emplace(divisor);
  const bool areFew = reciprocals.size() * fewestQuotients <= y.size();
  if (!isRoundedFurther(op.getResult(), /*factors=*/2))
    return areFew ? exactQuotients(op) : Registers();
  Registers result;
  if (!areFew) {
    // A quotient of two numbers of 16 bits stays correctly rounded.
    if (isOfBf16(op.getRhs()) && numberOf(op.getLhs()) == 1) {
      for (Value divisor : y)
        result.push_back(floatInstruction(b, loc, "rcp.approx.f32", divisor));
      return result;
    }
    if (isShort(op.getLhs()) && isShort(op.getRhs()))
      return result;
    const bool byInverse = isNormalSum(op.getRhs());
    for (auto [dividend, divisor] : llvm::zip_equal(x, y))
      result.push_back(byInverse ? inverseTimes(b, loc, dividend, divisor)
                                 : shortQuotient(b, loc, dividend, divisor));
    return result;
  }
  Type f32 = b.getF32Type();
  auto number = [&](float value) {
    return constantOf(b.getF32FloatAttr(value), f32);
  };
  for (auto [dividend, divisor] : llvm::zip_equal(x, y)) {
    auto &[reciprocal, factor] = reciprocals[divisor];
    if (!reciprocal) {
      Value size = LLVM::FAbsOp::create(b, loc, divisor);
      Value isTiny = LLVM::FCmpOp::create(b, loc, LLVM::FCmpPredicate::olt,
                                          size, number(0x1p-100f));
      factor =
          LLVM::SelectOp::create(b, loc, isTiny, number(0x1p64f), number(1.0f));
      Value scaled = LLVM::FMulOp::create(b, loc, divisor, factor);
      reciprocal = floatInstruction(b, loc, "rcp.approx.f32", scaled);
    }
    Value product = LLVM::FMulOp::create(b, loc, dividend, reciprocal);
    result.push_back(LLVM::FMulOp::create(b, loc, product, factor));
  }
  return result;
}

} // namespace girih::compiler
