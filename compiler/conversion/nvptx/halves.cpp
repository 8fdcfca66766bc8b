// SPDX-License-Identifier: Apache-2.0
// Functions of whole tiles: those of which 16 bits are kept by the hardware's
// approximations, and what few elements need behind one branch for all that a
// thread has.
#include "girih/compiler/elementary/halves.h"
#include "girih/compiler/conversion/nvptx/arithmetic.h"
#include "girih/compiler/conversion/nvptx/emitter.h"
#include "girih/compiler/conversion/nvptx/functions.h"
#include "girih/compiler/conversion/nvptx/rounded.h"
#include "girih/compiler/elementary/names.h"
#include "girih/compiler/elementary/remainder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace girih::compiler {

namespace {

using Single = DeviceArithmetic<false>;

/// A value, and whether it is right; no mask: it is.
struct Checked {
  Value value, isRight;
};

struct HalfFunction {
  Checked (*of)(Single &f, ValueRange x);
};

/// Whether an angle is one of those that halves.h reduces.
Value isNear(Single &f, Value angle) {
  Value farthest = f.number(elementary::halves::farthestAngle);
  return LLVM::FCmpOp::create(f.builder(), f.location(),
                              LLVM::FCmpPredicate::ole, f.abs(angle), farthest);
}

/// Whether sine and cosine of the operand are both there.
bool isShared(Operation *op) {
  const bool isSine = isa<math::SinOp>(op);
  return llvm::any_of(op->getOperand(0).getUsers(), [&](Operation *user) {
    return isSine ? isa<math::CosOp>(user) : isa<math::SinOp>(user);
  });
}

template <auto function> Checked ofAngle(Single &f, ValueRange x) {
  return {function(f, Value(x[0])), isNear(f, x[0])};
}

std::optional<HalfFunction> halfFunctionOf(Operation *op) {
  namespace h = elementary::halves;
  if (isa<math::SinOp>(op) && isShared(op))
    return HalfFunction{ofAngle<h::sinBesideCos<Single, Value>>};
  if (isa<math::CosOp>(op) && isShared(op))
    return HalfFunction{ofAngle<h::cosBesideSin<Single, Value>>};
#define GIRIH_CASE(NAME, OPERATION, REDUCES)                                   \
  if (isa<math::OPERATION>(op))                                                \
    return HalfFunction{[](Single &f, ValueRange x) -> Checked {               \
      return {elementary::halves::NAME(f, Value(x[0])),                        \
              REDUCES ? isNear(f, x[0]) : Value()};                            \
    }};
  GIRIH_HALVES_FUNCTIONS(GIRIH_CASE)
#undef GIRIH_CASE
  // That of 16 bits stays correctly rounded.
  if (isa<math::SqrtOp>(op) &&
      (!isShort(op->getOperand(0)) || isOfBf16(op->getOperand(0))))
    return HalfFunction{[](Single &f, ValueRange x) -> Checked {
      return {floatInstruction(f.builder(), f.location(), "sqrt.approx.f32", x),
              {}};
    }};
  if (isa<math::RsqrtOp>(op))
    return HalfFunction{[](Single &f, ValueRange x) -> Checked {
      return {f.roughInverseSqrt(x[0]), {}};
    }};
  if (isa<math::PowFOp>(op))
    return HalfFunction{[](Single &f, ValueRange x) -> Checked {
      auto power = elementary::halves::pow(f, Value(x[0]), Value(x[1]));
      return {power.value, power.isRight};
    }};
  return std::nullopt;
}

using NearFunction = Value (*)(Single &f, Value x);

/// The function of f32 of an angle that needs no long reduction.
NearFunction nearFunctionOf(Operation *op) {
  namespace e = elementary;
  return TypeSwitch<Operation *, NearFunction>(op)
      .Case([](math::SinOp) -> NearFunction { return e::sinNear; })
      .Case([](math::CosOp) -> NearFunction { return e::cosNear; })
      .Case([](math::TanOp) -> NearFunction { return e::tanNear; })
      .Default([](Operation *) -> NearFunction { return nullptr; });
}

/// Elements of a thread of which such functions are written in line.
constexpr size_t mostInline = 16;

/// Products, quotients and choices that may follow a function.
int mostFactors(Operation *op) { return isa<math::ExpOp>(op) ? 6 : 4; }

} // namespace

/// Where `isRight` is not set of each, all are made anew by `again`.
Registers Emitter::redoneUnless(Value isRight, Registers values,
                                llvm::function_ref<Value(size_t)> again) {
  Region *body = b.getInsertionBlock()->getParent();
  OpBuilder::InsertPoint before = b.saveInsertionPoint();
  SmallVector<Type> types;
  for (Value value : values)
    types.push_back(value.getType());
  Block *rare = b.createBlock(body);
  Block *done =
      b.createBlock(body, {}, types, SmallVector<Location>(types.size(), loc));
  b.restoreInsertionPoint(before);
  auto branch =
      LLVM::CondBrOp::create(b, loc, isRight, done, values, rare, ValueRange());
  branch.setBranchWeights(ArrayRef<int32_t>{2000, 1});
  b.setInsertionPointToEnd(rare);
  Registers others;
  for (size_t i = 0; i < values.size(); ++i)
    others.push_back(again(i));
  LLVM::BrOp::create(b, loc, others, done);
  b.setInsertionPointToEnd(done);
  return Registers(done->args_begin(), done->args_end());
}

/// All digits of functions of angles in f32, of which few are beyond those
/// that are reduced in line, where sine and cosine of one share that.
Registers Emitter::nearAngles(Operation *op) {
  NearFunction function = nearFunctionOf(op);
  if (!function || !getElementTypeOrSelf(op->getResult(0).getType()).isF32())
    return {};
  const Registers &x = registers(op->getOperand(0));
  if (x.size() > mostInline)
    return {};
  Single f(b, loc, into);
  Value farthest = f.number(elementary::nearAngle(f)), isRight;
  Registers values;
  for (Value angle : x) {
    values.push_back(function(f, angle));
    Value near = LLVM::FCmpOp::create(b, loc, LLVM::FCmpPredicate::ole,
                                      f.abs(angle), farthest);
    isRight = isRight ? f.both(isRight, near) : near;
  }
  return redoneUnless(isRight, std::move(values), [&](size_t i) {
    return emitFunction(b, loc, into, elementary::nameOf(op), x[i]);
  });
}

/// Empty where the function has no short form, or all digits are wanted.
Registers Emitter::halfFunctions(Operation *op) {
  std::optional<HalfFunction> function = halfFunctionOf(op);
  Value result = op->getResult(0);
  Type element = getElementTypeOrSelf(result.getType()), f32 = b.getF32Type();
  bool isNarrow = element.isF16() || element.isBF16();
  if (!function || !(isNarrow || isRoundedFurther(result, mostFactors(op))))
    return {};
  Single f(b, loc, into);
  Registers values;
  SmallVector<SmallVector<Value>> all;
  Value isRight;
  int64_t count = layoutOf(result).size(Axis::reg);
  for (int64_t reg = 0; reg < count; ++reg) {
    SmallVector<Value> operands;
    for (Value operand : op->getOperands()) {
      Value value = registers(operand)[reg];
      operands.push_back(isNarrow ? floatCast(value, element, f32) : value);
    }
    Checked made = function->of(f, operands);
    values.push_back(made.value);
    if (made.isRight)
      isRight = isRight ? f.both(isRight, made.isRight) : made.isRight;
    all.push_back(std::move(operands));
  }
  if (isRight)
    values = redoneUnless(isRight, std::move(values), [&](size_t i) {
      return emitFunction(b, loc, into, elementary::nameOf(op), all[i]);
    });
  if (isNarrow)
    for (Value &value : values)
      value = floatCast(value, f32, element);
  return values;
}

/// Of f32; empty for other types.
Registers Emitter::remainders(arith::RemFOp op) {
  if (!getElementTypeOrSelf(op.getType()).isF32())
    return {};
  Single f(b, loc, into);
  const Registers &x = registers(op.getLhs()), &y = registers(op.getRhs());
  Registers values;
  Value isRight;
  for (auto [dividend, divisor] : llvm::zip_equal(x, y)) {
    auto near = elementary::nearRemainder(f, dividend, divisor);
    values.push_back(near.value);
    isRight = isRight ? f.both(isRight, near.isRight) : near.isRight;
  }
  return redoneUnless(isRight, std::move(values), [&](size_t i) {
    return remainder(registers(op.getLhs())[i], registers(op.getRhs())[i]);
  });
}

} // namespace girih::compiler
