// SPDX-License-Identifier: Apache-2.0
// arith on tiles, element by element, and on scalars and indices.
#include "girih/compiler/conversion/nvptx/emitter.h"
#include "girih/compiler/conversion/nvptx/low_bits.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace girih::compiler {

LogicalResult Emitter::emitConstant(Operation *op) {
  auto constant = cast<arith::ConstantOp>(op);
  Attribute value = constant.getValue();
  Type type = getElementTypeOrSelf(constant.getType());
  auto elements = dyn_cast<DenseElementsAttr>(value);
  if (elements && !elements.isSplat())
    return op->emitError("a constant tile must have one value");
  Value scalarValue = inEntry([&] { return constantOf(value, type); });
  if (!elements) {
    scalars[constant] = scalarValue;
    return success();
  }
  int64_t count = layoutOf(constant.getType()).size(Axis::reg);
  tiles[constant].assign(count, scalarValue);
  return success();
}

LogicalResult Emitter::emitElementwise(Operation *op) {
  if (op->getNumResults() != 1)
    return op->emitError("no lowering to NVPTX for '") << op->getName() << "'";
  Value result = op->getResult(0);
  auto failure = [&]() -> LogicalResult {
    return op->emitError("no lowering to NVPTX for '")
           << op->getName() << "' on " << result.getType();
  };
  if (!isa<RankedTensorType>(result.getType())) {
    Value value = isa<IndexType>(op->getOperand(0).getType())
                      ? computeIndex(op, scalarsOf(op->getOperands()))
                      : Value();
    if (!value)
      value = compute(op, scalarsOf(op->getOperands()));
    if (!value)
      return failure();
    scalars[result] = value;
    return success();
  }
  if (tiles.contains(result)) // made with another one
    return success();
  Registers values;
  if (auto division = dyn_cast<arith::DivFOp>(op))
    values = quotients(division);
  else if (auto division = dyn_cast<arith::RemFOp>(op))
    values = remainders(division);
  else if (values = halfFunctions(op); values.empty())
    if (values = nearAngles(op); values.empty())
      values = fp8Words(op);
  if (!values.empty()) {
    tiles[result] = std::move(values);
    return success();
  }
  int64_t count = layoutOf(result).size(Axis::reg);
  SmallVector<Value> operandValues(op->getNumOperands());
  for (int64_t reg = 0; reg < count; ++reg) {
    for (auto [i, operand] : llvm::enumerate(op->getOperands()))
      operandValues[i] = isa<RankedTensorType>(operand.getType())
                             ? registers(operand)[reg]
                             : scalar(operand);
    Value value = compute(op, operandValues);
    if (!value)
      return failure();
    values.push_back(value);
  }
  tiles[result] = std::move(values);
  return success();
}

/// Arithmetic on indices, whose range is often known.
Value Emitter::computeIndex(Operation *op, ArrayRef<Value> x) {
  IntegerBuilder integers = indices();
  auto positive = [&] {
    IndexFacts facts = indexFacts(op->getOperand(0));
    return facts.lower && *facts.lower >= 0;
  };
  return TypeSwitch<Operation *, Value>(op)
      .Case([&](arith::AddIOp) { return integers.add(x[0], x[1]); })
      .Case([&](arith::SubIOp) { return integers.sub(x[0], x[1]); })
      .Case([&](arith::MulIOp) { return integers.mul(x[0], x[1]); })
      .Case([&](arith::MinSIOp) { return integers.min(x[0], x[1]); })
      .Case([&](arith::MaxSIOp) { return integers.max(x[0], x[1]); })
      .Case([&](arith::FloorDivSIOp) {
        return integers.floorDiv(x[0], x[1], positive());
      })
      .Case([&](arith::CeilDivSIOp) {
        Value up = integers.add(x[0], integers.sub(x[1], integers.constant(1)));
        return integers.floorDiv(up, x[1], positive());
      })
      .Default([](Operation *) { return Value(); });
}

Value Emitter::compute(Operation *op, ArrayRef<Value> x) {
  if (auto select = dyn_cast<arith::SelectOp>(op))
    return LLVM::SelectOp::create(b, loc, x[0], x[1], x[2]);
  if (isa<arith::ExtFOp, arith::TruncFOp, arith::ExtSIOp, arith::ExtUIOp,
          arith::TruncIOp, arith::SIToFPOp, arith::UIToFPOp, arith::FPToSIOp,
          arith::FPToUIOp, arith::IndexCastOp, arith::IndexCastUIOp,
          arith::BitcastOp>(op))
    return computeCast(op, x[0]);
  if (isa<math::MathDialect>(op->getDialect()))
    return computeMath(op, x);
  Type element = getElementTypeOrSelf(op->getOperand(0).getType());
  return isa<FloatType>(element) ? computeFloat(op, x) : computeInteger(op, x);
}

static LLVM::ICmpPredicate integerPredicate(arith::CmpIPredicate predicate) {
  // The two enumerations have the same order.
  return static_cast<LLVM::ICmpPredicate>(static_cast<int64_t>(predicate));
}

/// `x` shifted right or masked by a constant, where bits that the thread does
/// not decide are all that is lost or kept.
static Value splitByBits(OpBuilder &b, Location loc, Operation *op,
                         ArrayRef<Value> x) {
  constexpr uint64_t fewBits = 5;
  APInt number;
  if (!isa<arith::ShRSIOp, arith::ShRUIOp, arith::AndIOp>(op) ||
      !matchPattern(x[1], m_ConstantInt(&number)))
    return Value();
  const uint64_t operand = number.getZExtValue();
  if (isa<arith::AndIOp>(op)) {
    if (!number.isMask() || operand >= uint64_t{1} << fewBits)
      return Value();
    std::optional<uint64_t> known = knownLowBits(x[0], number.countr_one());
    if (!known)
      return Value();
    Type type = x[0].getType();
    return LLVM::ConstantOp::create(
        b, loc, type, b.getIntegerAttr(type, static_cast<int64_t>(*known)));
  }
  if (operand == 0 || operand > fewBits)
    return Value();
  Value rest = withoutLowBits(b, loc, x[0], static_cast<unsigned>(operand));
  if (isa<arith::ShRSIOp>(op))
    return LLVM::AShrOp::create(b, loc, rest, x[1]);
  return LLVM::LShrOp::create(b, loc, rest, x[1]);
}

Value Emitter::computeInteger(Operation *op, ArrayRef<Value> x) {
  if (Value value = splitByBits(b, loc, op, x))
    return value;
#define GIRIH_CASE(FROM, TO)                                                   \
  .Case([&](arith::FROM) -> Value {                                            \
    return LLVM::TO::create(b, loc, x[0], x[1]);                               \
  })
  return TypeSwitch<Operation *, Value>(op)
      // clang-format off
      GIRIH_CASE(AddIOp, AddOp) GIRIH_CASE(SubIOp, SubOp)
      GIRIH_CASE(MulIOp, MulOp) GIRIH_CASE(DivSIOp, SDivOp)
      GIRIH_CASE(DivUIOp, UDivOp) GIRIH_CASE(RemSIOp, SRemOp)
      GIRIH_CASE(RemUIOp, URemOp) GIRIH_CASE(AndIOp, AndOp)
      GIRIH_CASE(OrIOp, OrOp) GIRIH_CASE(XOrIOp, XOrOp)
      GIRIH_CASE(ShLIOp, ShlOp) GIRIH_CASE(ShRSIOp, AShrOp)
      GIRIH_CASE(ShRUIOp, LShrOp) GIRIH_CASE(MaxSIOp, SMaxOp)
      GIRIH_CASE(MinSIOp, SMinOp) GIRIH_CASE(MaxUIOp, UMaxOp)
      GIRIH_CASE(MinUIOp, UMinOp)
                              // clang-format on
                              .Case([&](arith::CmpIOp compare) -> Value {
                                return LLVM::ICmpOp::create(
                                    b, loc,
                                    integerPredicate(compare.getPredicate()),
                                    x[0], x[1]);
                              })
                              .Default([](Operation *) { return Value(); });
}

Value Emitter::compareFloat(Operation *op, Value x, Value y) {
  // The two enumerations have the same order, here as well.
  auto predicate = cast<arith::CmpFOp>(op).getPredicate();
  return LLVM::FCmpOp::create(
      b, loc, static_cast<LLVM::FCmpPredicate>(static_cast<int64_t>(predicate)),
      x, y);
}

/// Maximum or minimum; NaN if either is, and -0 below +0.
Value Emitter::extremum(Value x, Value y, bool larger) {
  if (larger)
    return LLVM::MaximumOp::create(b, loc, x, y);
  return LLVM::MinimumOp::create(b, loc, x, y);
}

Value Emitter::computeFloat(Operation *op, ArrayRef<Value> x) {
  Type element = getElementTypeOrSelf(op->getOperand(0).getType());
  // fp8 is for storage; arithmetic on it is done in f32.
  if (isa<Float8E4M3FNType, Float8E5M2Type>(element)) {
    SmallVector<Value> wide;
    for (Value value : x)
      wide.push_back(floatCast(value, element, b.getF32Type()));
    if (isa<arith::CmpFOp>(op))
      return compareFloat(op, wide[0], wide[1]);
    return Value();
  }
  return TypeSwitch<Operation *, Value>(op)
      // clang-format off
      GIRIH_CASE(AddFOp, FAddOp) GIRIH_CASE(SubFOp, FSubOp)
      GIRIH_CASE(MulFOp, FMulOp) GIRIH_CASE(DivFOp, FDivOp)
          // clang-format on
          .Case([&](arith::NegFOp) -> Value {
            return LLVM::FNegOp::create(b, loc, x[0]);
          })
          .Case([&](arith::RemFOp) { return remainder(x[0], x[1]); })
          .Case([&](arith::MaximumFOp) { return extremum(x[0], x[1], true); })
          .Case([&](arith::MinimumFOp) { return extremum(x[0], x[1], false); })
          .Case([&](arith::CmpFOp) { return compareFloat(op, x[0], x[1]); })
          .Default([](Operation *) { return Value(); });
#undef GIRIH_CASE
}

} // namespace girih::compiler
