// SPDX-License-Identifier: Apache-2.0
// Arithmetic on tiles. Where arith leaves a result undefined (division by zero,
// wide shifts), operations are added that define it as girih does.
#include "girih/compiler/frontend/importer.h"

#include "girih/dsl/support/float_formats.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace girih::compiler {

static TypedAttr splatOf(Type type, TypedAttr element) {
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    return SplatElementsAttr::get(tensor, cast<Attribute>(element));
  return element;
}

Value Importer::filled(Type type, double value) {
  Type element = getElementTypeOrSelf(type);
  if (!isa<FloatType>(element))
    return filledInteger(type, static_cast<std::int64_t>(value));
  return arith::ConstantOp::create(builder, loc,
                                   splatOf(type, floatAttr(element, value)));
}

FloatAttr Importer::floatAttr(Type element, double value) {
  if (isa<Float8E4M3FNType>(element))
    value = round_to(DType::e4m3, value);
  else if (isa<Float8E5M2Type>(element))
    value = round_to(DType::e5m2, value);
  return builder.getFloatAttr(element, value);
}

Value Importer::filledInteger(Type type, std::int64_t value) {
  Type element = getElementTypeOrSelf(type);
  return arith::ConstantOp::create(
      builder, loc, splatOf(type, builder.getIntegerAttr(element, value)));
}

Value Importer::spread(Value value, ArrayRef<std::int64_t> shape) {
  if (shape.empty() || isa<RankedTensorType>(value.getType()))
    return value;
  return tensor::SplatOp::create(builder, loc, value,
                                 RankedTensorType::get(shape, value.getType()));
}

SmallVector<Value> Importer::spreadInputs(const Node &node) {
  ArrayRef<std::int64_t> shape = typeOf(node.results[0]).shape;
  SmallVector<Value> inputs;
  for (ValueId input : node.inputs)
    inputs.push_back(spread(value(input), shape));
  return inputs;
}

Value Importer::constant(const Node &node) {
  const ValueType &type = typeOf(node.results[0]);
  if (type.dtype == DType::b1)
    return filledInteger(tileType(type), node.value != 0);
  if (isPacked(type.dtype))
    return filledInteger(tileType(type), packedNumber(type.dtype, node.value));
  return filled(tileType(type), node.value);
}

Value Importer::indexToTile(const Node &node) {
  return arith::IndexCastOp::create(
      builder, loc, tileType(typeOf(node.results[0])), value(node.inputs[0]));
}

Value Importer::unary(const Node &node) {
  Value x = value(node.inputs[0]);
  DType dtype = typeOf(node.results[0]).dtype;
  bool isFloat = is_float(dtype);
  switch (node.function) {
  case Function::neg:
    if (isFloat)
      return arith::NegFOp::create(builder, loc, x);
    return arith::SubIOp::create(builder, loc, filledInteger(x.getType(), 0),
                                 x);
  case Function::abs:
    if (isFloat)
      return math::AbsFOp::create(builder, loc, x);
    return is_signed(dtype) ? Value(math::AbsIOp::create(builder, loc, x)) : x;
  case Function::logical_not:
    return arith::XOrIOp::create(builder, loc, x,
                                 filledInteger(x.getType(), 1));
  default:
    return floatFunction(node.function, x);
  }
}

Value Importer::floatFunction(Function function, Value x) {
  switch (function) {
  case Function::exp:
    return math::ExpOp::create(builder, loc, x);
  case Function::exp2:
    return math::Exp2Op::create(builder, loc, x);
  case Function::log:
    return math::LogOp::create(builder, loc, x);
  case Function::log2:
    return math::Log2Op::create(builder, loc, x);
  case Function::sqrt:
    return math::SqrtOp::create(builder, loc, x);
  case Function::rsqrt:
    return math::RsqrtOp::create(builder, loc, x);
  case Function::sin:
    return math::SinOp::create(builder, loc, x);
  case Function::cos:
    return math::CosOp::create(builder, loc, x);
  case Function::tanh:
    return math::TanhOp::create(builder, loc, x);
  case Function::erf:
    return math::ErfOp::create(builder, loc, x);
  case Function::floor:
    return math::FloorOp::create(builder, loc, x);
  case Function::ceil:
    return math::CeilOp::create(builder, loc, x);
  case Function::tan:
    return math::TanOp::create(builder, loc, x);
  case Function::asin:
    return math::AsinOp::create(builder, loc, x);
  case Function::acos:
    return math::AcosOp::create(builder, loc, x);
  case Function::atan:
    return math::AtanOp::create(builder, loc, x);
  case Function::sinh:
    return math::SinhOp::create(builder, loc, x);
  case Function::cosh:
    return math::CoshOp::create(builder, loc, x);
  case Function::asinh:
    return math::AsinhOp::create(builder, loc, x);
  case Function::acosh:
    return math::AcoshOp::create(builder, loc, x);
  case Function::atanh:
    return math::AtanhOp::create(builder, loc, x);
  case Function::expm1:
    return math::ExpM1Op::create(builder, loc, x);
  case Function::log1p:
    return math::Log1pOp::create(builder, loc, x);
  case Function::round:
    return math::RoundEvenOp::create(builder, loc, x);
  case Function::trunc:
    return math::TruncOp::create(builder, loc, x);
  default:
    unsupported("unary function " + std::string(name(function)));
  }
}

/// The remainder has the divisor's sign; it is exact.
Value Importer::floatMod(Value lhs, Value rhs) {
  Value zero = filled(lhs.getType(), 0);
  Value remainder = arith::RemFOp::create(builder, loc, lhs, rhs);
  auto negative = [&](Value x) -> Value {
    return arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OLT, x,
                                 zero);
  };
  Value differ =
      arith::XOrIOp::create(builder, loc, negative(remainder), negative(rhs));
  Value nonZero = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::ONE,
                                        remainder, zero);
  Value adjust = arith::AndIOp::create(builder, loc, differ, nonZero);
  Value moved = arith::AddFOp::create(builder, loc, remainder, rhs);
  return arith::SelectOp::create(builder, loc, adjust, moved, remainder);
}

/// Floor division and its remainder. x / 0 is 0 with remainder x; the smallest
/// integer by -1 wraps.
Value Importer::integerDivision(Value lhs, Value rhs, bool isSigned,
                                bool remainder) {
  Type type = lhs.getType();
  Value zero = filledInteger(type, 0), one = filledInteger(type, 1);
  auto equals = [&](Value x, Value y) -> Value {
    return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, x, y);
  };
  Value byZero = equals(rhs, zero);
  if (!isSigned) {
    Value divisor = arith::SelectOp::create(builder, loc, byZero, one, rhs);
    if (remainder) {
      Value rest = arith::RemUIOp::create(builder, loc, lhs, divisor);
      return arith::SelectOp::create(builder, loc, byZero, lhs, rest);
    }
    Value quotient = arith::DivUIOp::create(builder, loc, lhs, divisor);
    return arith::SelectOp::create(builder, loc, byZero, zero, quotient);
  }
  // Division by -1 is negation, which wraps where the division would trap.
  Value byMinusOne = equals(rhs, filledInteger(type, -1));
  Value special = arith::OrIOp::create(builder, loc, byZero, byMinusOne);
  Value divisor = arith::SelectOp::create(builder, loc, special, one, rhs);
  Value quotient = arith::DivSIOp::create(builder, loc, lhs, divisor);
  Value rest = arith::RemSIOp::create(builder, loc, lhs, divisor);
  Value signs = arith::XOrIOp::create(builder, loc, rest, divisor);
  Value differ = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt,
                                       signs, zero);
  Value inexact =
      arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne, rest, zero);
  Value down = arith::AndIOp::create(builder, loc, differ, inexact);
  if (remainder) {
    Value moved = arith::AddIOp::create(builder, loc, rest, divisor);
    Value result = arith::SelectOp::create(builder, loc, down, moved, rest);
    return arith::SelectOp::create(builder, loc, byZero, lhs, result);
  }
  Value lower = arith::SubIOp::create(builder, loc, quotient, one);
  Value result = arith::SelectOp::create(builder, loc, down, lower, quotient);
  Value negated = arith::SubIOp::create(builder, loc, zero, lhs);
  result = arith::SelectOp::create(builder, loc, byMinusOne, negated, result);
  return arith::SelectOp::create(builder, loc, byZero, zero, result);
}

/// Amounts outside [0, width) shift everything out: to 0, or to the sign of
/// what is shifted to the right.
Value Importer::shift(Function function, Value lhs, Value rhs, bool isSigned) {
  Type type = lhs.getType();
  std::int64_t width = getElementTypeOrSelf(type).getIntOrFloatBitWidth();
  bool keepsSign = function == Function::shr && isSigned;
  Value inRange = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult,
                                        rhs, filledInteger(type, width));
  Value outside = filledInteger(type, keepsSign ? width - 1 : 0);
  Value amount = arith::SelectOp::create(builder, loc, inRange, rhs, outside);
  if (keepsSign)
    return arith::ShRSIOp::create(builder, loc, lhs, amount);
  Value shifted =
      function == Function::shl
          ? Value(arith::ShLIOp::create(builder, loc, lhs, amount))
          : Value(arith::ShRUIOp::create(builder, loc, lhs, amount));
  return arith::SelectOp::create(builder, loc, inRange, shifted,
                                 filledInteger(type, 0));
}

/// The plain arithmetic that both kinds of numbers have.
template <typename FloatOp, typename IntegerOp>
static Value either(OpBuilder &builder, Location loc, bool isFloat, Value lhs,
                    Value rhs) {
  if (isFloat)
    return FloatOp::create(builder, loc, lhs, rhs);
  return IntegerOp::create(builder, loc, lhs, rhs);
}

Value Importer::binary(const Node &node) {
  SmallVector<Value> inputs = spreadInputs(node);
  Value a = inputs[0], b = inputs[1];
  DType dtype = typeOf(node.results[0]).dtype;
  bool isFloat = is_float(dtype), isSigned = is_signed(dtype);
  switch (node.function) {
  case Function::add:
    return either<arith::AddFOp, arith::AddIOp>(builder, loc, isFloat, a, b);
  case Function::sub:
    return either<arith::SubFOp, arith::SubIOp>(builder, loc, isFloat, a, b);
  case Function::mul:
    return either<arith::MulFOp, arith::MulIOp>(builder, loc, isFloat, a, b);
  case Function::div:
    return arith::DivFOp::create(builder, loc, a, b);
  case Function::mod:
    return isFloat ? floatMod(a, b) : integerDivision(a, b, isSigned, true);
  case Function::floordiv:
    if (!isFloat)
      return integerDivision(a, b, isSigned, false);
    return math::FloorOp::create(builder, loc,
                                 arith::DivFOp::create(builder, loc, a, b));
  case Function::pow:
    return math::PowFOp::create(builder, loc, a, b);
  case Function::rem:
    return arith::RemFOp::create(builder, loc, a, b);
  case Function::atan2:
    return math::Atan2Op::create(builder, loc, a, b);
  case Function::min:
    if (!isFloat && !isSigned)
      return arith::MinUIOp::create(builder, loc, a, b);
    return either<arith::MinimumFOp, arith::MinSIOp>(builder, loc, isFloat, a,
                                                     b);
  case Function::max:
    if (!isFloat && !isSigned)
      return arith::MaxUIOp::create(builder, loc, a, b);
    return either<arith::MaximumFOp, arith::MaxSIOp>(builder, loc, isFloat, a,
                                                     b);
  case Function::bit_and:
    return arith::AndIOp::create(builder, loc, a, b);
  case Function::bit_or:
    return arith::OrIOp::create(builder, loc, a, b);
  case Function::bit_xor:
    return arith::XOrIOp::create(builder, loc, a, b);
  case Function::shl:
  case Function::shr:
    return shift(node.function, a, b, isSigned);
  default:
    unsupported("binary function " + std::string(name(node.function)));
  }
}

Value Importer::ternary(const Node &node) {
  SmallVector<Value> inputs = spreadInputs(node);
  return math::FmaOp::create(builder, loc, inputs[0], inputs[1], inputs[2]);
}

Value Importer::compare(const Node &node) {
  SmallVector<Value> inputs = spreadInputs(node);
  DType dtype = typeOf(node.inputs[0]).dtype;
  unsigned which = static_cast<unsigned>(node.function) -
                   static_cast<unsigned>(Function::eq);
  // NaN is unequal to everything and in no order.
  using F = arith::CmpFPredicate;
  static constexpr F floats[] = {F::OEQ, F::UNE, F::OLT,
                                 F::OLE, F::OGT, F::OGE};
  using I = arith::CmpIPredicate;
  static constexpr I integers[] = {I::eq,  I::ne,  I::slt,
                                   I::sle, I::sgt, I::sge};
  static constexpr I naturals[] = {I::eq,  I::ne,  I::ult,
                                   I::ule, I::ugt, I::uge};
  if (is_float(dtype))
    return arith::CmpFOp::create(builder, loc, floats[which], inputs[0],
                                 inputs[1]);
  return arith::CmpIOp::create(
      builder, loc, is_signed(dtype) ? integers[which] : naturals[which],
      inputs[0], inputs[1]);
}

Value Importer::select(const Node &node) {
  SmallVector<Value> inputs = spreadInputs(node);
  return arith::SelectOp::create(builder, loc, inputs[0], inputs[1], inputs[2]);
}

Value Importer::dot(const Node &node) {
  Value a = value(node.inputs[0]), b = value(node.inputs[1]);
  Type type = tileType(typeOf(node.results[0]));
  Value acc = node.inputs.size() > 2 ? value(node.inputs[2]) : filled(type, 0);
  auto precision =
      node.precision == girih::Precision::tf32   ? tile::Precision::tf32
      : node.precision == girih::Precision::fast ? tile::Precision::fast
                                                 : tile::Precision::ieee;
  auto isUnsigned = [&](ValueId id) { return typeOf(id).dtype == DType::u8; };
  return tile::DotOp::create(builder, loc, type, a, b, acc, precision,
                             isUnsigned(node.inputs[0]),
                             isUnsigned(node.inputs[1]));
}

} // namespace girih::compiler
