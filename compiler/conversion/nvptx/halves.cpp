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

using namespace mlir;

namespace girih::compiler {

namespace {

using Single = DeviceArithmetic<false>;

struct HalfFunction {
  Value (*of)(Single &f, ValueRange x);
  bool reduces;
};

std::optional<HalfFunction> halfFunctionOf(Operation *op) {
#define GIRIH_CASE(NAME, OPERATION, REDUCES)                                   \
  if (isa<math::OPERATION>(op))                                                \
    return HalfFunction{[](Single &f, ValueRange x) -> Value {                 \
                          return elementary::halves::NAME(f, Value(x[0]));     \
                        },                                                     \
                        REDUCES};
  GIRIH_HALVES_FUNCTIONS(GIRIH_CASE)
#undef GIRIH_CASE
  if (isa<math::RsqrtOp>(op))
    return HalfFunction{[](Single &f, ValueRange x) -> Value {
                          return f.roughInverseSqrt(x[0]);
                        },
                        false};
  if (isa<math::PowFOp>(op))
    return HalfFunction{[](Single &f, ValueRange x) -> Value {
                          return elementary::halves::pow(f, Value(x[0]),
                                                         Value(x[1]));
                        },
                        false};
  return std::nullopt;
}

/// Products, quotients and choices that may follow a function.
constexpr int mostFactors = 4;

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

/// Empty where the function has no short form, or all digits are wanted.
Registers Emitter::halfFunctions(Operation *op) {
  std::optional<HalfFunction> function = halfFunctionOf(op);
  Value result = op->getResult(0);
  Type element = getElementTypeOrSelf(result.getType()), f32 = b.getF32Type();
  bool isNarrow = element.isF16() || element.isBF16();
  if (!function || !(isNarrow || isRoundedFurther(result, mostFactors)))
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
    values.push_back(function->of(f, operands));
    if (function->reduces) {
      Value farthest = f.number(elementary::halves::farthestAngle);
      Value near = LLVM::FCmpOp::create(b, loc, LLVM::FCmpPredicate::ole,
                                        f.abs(operands[0]), farthest);
      isRight = isRight ? f.both(isRight, near) : near;
    }
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
