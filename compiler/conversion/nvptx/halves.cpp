// SPDX-License-Identifier: Apache-2.0
// Functions of whole tiles: those of which 16 bits are kept by the hardware's
// approximations, and what few elements need behind one branch for all that a
// thread has.
#include "girih/compiler/elementary/halves.h"
#include "girih/compiler/conversion/nvptx/arithmetic.h"
#include "girih/compiler/conversion/nvptx/functions.h"
#include "girih/compiler/conversion/nvptx/rare.h"
#include "girih/compiler/conversion/nvptx/rounded.h"
#include "girih/compiler/elementary/names.h"
#include "girih/compiler/elementary/remainder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/TypeSwitch.h"

#include <functional>

using namespace mlir;

namespace girih::compiler {

namespace {

using Single = DeviceArithmetic<false>;

/// One that is short for 16 bits of the result.
struct HalfFunction {
  Value (*of)(Single &f, ValueRange x);
  bool reduces = false; // angles up to farthestAngle only
};

/// Whether all angles are at most so far from 0.
Value areNear(Single &f, ArrayRef<Value> angles, double farthest) {
  Value limit = f.number(farthest), all;
  for (Value angle : angles) {
    Value isNear =
        LLVM::FCmpOp::create(f.builder(), f.location(),
                             LLVM::FCmpPredicate::ole, f.abs(angle), limit);
    all = f.also(all, isNear);
  }
  return all;
}

template <auto function> Value ofOne(Single &f, ValueRange x) {
  return function(f, Value(x[0]));
}

/// The operands of each element.
using Operands = SmallVector<SmallVector<Value, 2>, 0>;

/// All powers, and whether they are right.
template <auto power>
std::pair<Registers, Value> powersOf(Single &f, const Operands &all) {
  Registers values;
  Value isRight;
  for (ArrayRef<Value> x : all) {
    auto made = power(f, Value(x[0]), Value(x[1]));
    values.push_back(made.value);
    isRight = f.also(isRight, made.isRight);
  }
  return {std::move(values), isRight};
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

/// Whether 16 bits of the result are all that is wanted.
bool keepsHalf(Operation *op) {
  Type element = getElementTypeOrSelf(op->getResult(0).getType());
  return element.isF16() || element.isBF16() ||
         isRoundedFurther(op->getResult(0), mostFactors(op));
}

/// Sine or cosine of the same angles in the same block, which keeps as much.
Operation *pairOf(Operation *op) {
  if (!isa<math::SinOp, math::CosOp>(op))
    return nullptr;
  for (Operation *user : op->getOperand(0).getUsers())
    if (isa<math::SinOp, math::CosOp>(user) &&
        user->getName() != op->getName() &&
        user->getBlock() == op->getBlock() && keepsHalf(user) == keepsHalf(op))
      return user;
  return nullptr;
}

/// The one of a pair that comes later.
Operation *otherOfAngle(Operation *op) {
  Operation *other = pairOf(op);
  return other && op->isBeforeInBlock(other) ? other : nullptr;
}

std::optional<HalfFunction> halfFunctionOf(Operation *op) {
  namespace h = elementary::halves;
  if (isa<math::SinOp>(op) && pairOf(op))
    return HalfFunction{ofOne<h::sinBesideCos<Single, Value>>, true};
  if (isa<math::CosOp>(op) && pairOf(op))
    return HalfFunction{ofOne<h::cosBesideSin<Single, Value>>, true};
#define GIRIH_CASE(NAME, OPERATION, REDUCES)                                   \
  if (isa<math::OPERATION>(op))                                                \
    return HalfFunction{ofOne<h::NAME<Single, Value>>, REDUCES};
  GIRIH_HALVES_FUNCTIONS(GIRIH_CASE)
#undef GIRIH_CASE
  // That of 16 bits stays correctly rounded.
  if (isa<math::SqrtOp>(op) &&
      (!isShort(op->getOperand(0)) || isOfBf16(op->getOperand(0))))
    return HalfFunction{[](Single &f, ValueRange x) {
      return floatInstruction(f.builder(), f.location(), "sqrt.approx.f32", x);
    }};
  if (isa<math::RsqrtOp>(op))
    return HalfFunction{
        [](Single &f, ValueRange x) { return f.roughInverseSqrt(x[0]); }};
  return std::nullopt;
}

/// What writes the value of one angle.
using OfAngle = std::function<Value(Value angle)>;

/// Functions of angles behind one test of all, with the other function of the
/// same angles, if there is one: they share what is reduced. The values of that
/// come behind.
Registers ofAngles(Single &f, ModuleOp into, Operation *op,
                   ArrayRef<Value> angles, double farthest,
                   llvm::function_ref<OfAngle(Operation *function)> near) {
  SmallVector<Operation *> functions{op};
  if (Operation *other = otherOfAngle(op))
    functions.push_back(other);
  OpBuilder &b = f.builder();
  Location loc = f.location();
  const auto all = [&](llvm::function_ref<OfAngle(Operation *)> of) {
    Registers values;
    for (Operation *function : functions)
      llvm::append_range(values, llvm::map_range(angles, of(function)));
    return values;
  };
  return madeUsually(
      b, loc, areNear(f, angles, farthest), [&] { return all(near); },
      [&] {
        return all([&](Operation *function) -> OfAngle {
          return [&, name = elementary::nameOf(function)](Value angle) {
            return emitFunction(b, loc, into, name, angle);
          };
        });
      });
}

} // namespace

/// What is not this operation's is the other one's, which is then done.
Registers Emitter::ownValues(Operation *op, Registers values) {
  const int64_t count = layoutOf(op->getResult(0)).size(Axis::reg);
  if (static_cast<int64_t>(values.size()) > count)
    tiles[otherOfAngle(op)->getResult(0)] =
        Registers(values.begin() + count, values.end());
  values.truncate(count);
  return values;
}

/// All digits of functions of angles in f32, of which few are beyond those
/// that are reduced in line.
Registers Emitter::nearAngles(Operation *op) {
  if (!nearFunctionOf(op) ||
      !getElementTypeOrSelf(op->getResult(0).getType()).isF32())
    return {};
  const Registers &x = registers(op->getOperand(0));
  if (x.size() > mostInline)
    return {};
  Single f(b, loc, into);
  return ownValues(op, ofAngles(f, into, op, x, elementary::nearAngle(f),
                                [&](Operation *function) -> OfAngle {
                                  return
                                      [&f, of = nearFunctionOf(function)](
                                          Value angle) { return of(f, angle); };
                                }));
}

/// Empty where the function has no short form, or all digits are wanted.
Registers Emitter::halfFunctions(Operation *op) {
  std::optional<HalfFunction> function = halfFunctionOf(op);
  Value result = op->getResult(0);
  Type element = getElementTypeOrSelf(result.getType()), f32 = b.getF32Type();
  bool isNarrow = element.isF16() || element.isBF16();
  if (!(function || isa<math::PowFOp>(op)) || !keepsHalf(op))
    return {};
  Operands all(layoutOf(result).size(Axis::reg));
  for (Value operand : op->getOperands())
    for (auto [x, value] : llvm::zip_equal(all, registers(operand)))
      x.push_back(isNarrow ? floatCast(value, element, f32) : value);
  Single f(b, loc, into);
  const auto inFull = [&] {
    Registers values;
    for (ArrayRef<Value> x : all)
      values.push_back(emitFunction(b, loc, into, elementary::nameOf(op), x));
    return values;
  };
  Registers values;
  if (!function) {
    namespace h = elementary::halves;
    auto [powers, areRight] = powersOf<h::powOfNormal<Single, Value>>(f, all);
    values = redoneUnless(b, loc, areRight, std::move(powers), [&] {
      auto [signedPowers, arePowers] = powersOf<h::pow<Single, Value>>(f, all);
      return redoneUnless(b, loc, arePowers, std::move(signedPowers), inFull);
    });
  } else if (function->reduces) {
    Registers angles;
    for (ArrayRef<Value> x : all)
      angles.push_back(x[0]);
    values = ofAngles(f, into, op, angles, elementary::halves::farthestAngle,
                      [&](Operation *each) -> OfAngle {
                        return [&f, of = halfFunctionOf(each)->of](
                                   Value angle) { return of(f, angle); };
                      });
  } else {
    for (ArrayRef<Value> x : all)
      values.push_back(function->of(f, x));
  }
  if (isNarrow)
    for (Value &value : values)
      value = floatCast(value, f32, element);
  return ownValues(op, std::move(values));
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
    isRight = f.also(isRight, near.isRight);
  }
  return redoneUnless(b, loc, isRight, std::move(values), [&] {
    Registers others;
    for (auto [dividend, divisor] : llvm::zip_equal(x, y))
      others.push_back(remainder(dividend, divisor));
    return others;
  });
}

} // namespace girih::compiler
