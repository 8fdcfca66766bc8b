// SPDX-License-Identifier: Apache-2.0
// Casts. Floats round to nearest even, fp8 and fp4 saturate; floats to integers
// truncate and saturate, NaN gives 0; integers to narrower integers wrap;
// anything but 0 is true.
#include "girih/compiler/frontend/importer.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <cmath>

using namespace mlir;

namespace girih::compiler {

static bool isFp8(DType type) {
  return type == DType::e4m3 || type == DType::e5m2;
}

Value Importer::floatToFloat(Value value, DType from, DType to) {
  Type type =
      withElement(value.getType(), elementType(*builder.getContext(), to));
  // Neither of f16 and bf16, or of the fp8 types, holds the other: f32 does.
  if (bits(from) == bits(to) && from != to)
    return floatToFloat(floatToFloat(value, from, DType::f32), DType::f32, to);
  if (bits(from) < bits(to))
    return arith::ExtFOp::create(builder, loc, type, value);
  if (isFp8(to)) {
    double largest = to == DType::e4m3 ? 448 : 57344;
    Value high = filled(value.getType(), largest);
    Value low = filled(value.getType(), -largest);
    value = arith::MaximumFOp::create(builder, loc, value, low);
    value = arith::MinimumFOp::create(builder, loc, value, high);
  }
  return arith::TruncFOp::create(builder, loc, type, value);
}

Value Importer::floatToInteger(Value value, DType from, DType to) {
  // The limits below are exact in f32 and f64, not in the narrower types.
  if (bits(from) < 32)
    return floatToInteger(floatToFloat(value, from, DType::f32), DType::f32,
                          to);
  Type type =
      withElement(value.getType(), elementType(*builder.getContext(), to));
  bool isSigned = is_signed(to);
  int magnitude = bits(to) - (isSigned ? 1 : 0);
  double limit = std::ldexp(1.0, magnitude);
  Value high = filled(value.getType(), limit);
  Value low = filled(value.getType(), isSigned ? -limit : 0);
  auto compare = [&](arith::CmpFPredicate predicate, Value bound) -> Value {
    return arith::CmpFOp::create(builder, loc, predicate, value, bound);
  };
  Value above = compare(arith::CmpFPredicate::OGE, high);
  Value atLeast = compare(arith::CmpFPredicate::OGE, low);
  Value below = compare(arith::CmpFPredicate::OLT, low);
  Value under = compare(arith::CmpFPredicate::OLT, high);
  Value inside = arith::AndIOp::create(builder, loc, atLeast, under);
  Value safe = arith::SelectOp::create(builder, loc, inside, value,
                                       filled(value.getType(), 0));
  Value converted =
      isSigned ? Value(arith::FPToSIOp::create(builder, loc, type, safe))
               : Value(arith::FPToUIOp::create(builder, loc, type, safe));
  std::int64_t least =
      isSigned ? static_cast<std::int64_t>(-(std::uint64_t{1} << magnitude))
               : 0;
  std::int64_t most =
      static_cast<std::int64_t>((std::uint64_t{1} << magnitude) - 1);
  Value result = arith::SelectOp::create(builder, loc, below,
                                         filledInteger(type, least), converted);
  return arith::SelectOp::create(builder, loc, above, filledInteger(type, most),
                                 result);
}

Value Importer::integerToInteger(Value value, DType from, DType to) {
  Type type =
      withElement(value.getType(), elementType(*builder.getContext(), to));
  if (value.getType() == type)
    return value;
  int fromBits = from == DType::b1 ? 1 : bits(from);
  if (bits(to) < fromBits)
    return arith::TruncIOp::create(builder, loc, type, value);
  if (is_signed(from))
    return arith::ExtSIOp::create(builder, loc, type, value);
  return arith::ExtUIOp::create(builder, loc, type, value);
}

Value Importer::castTo(Value value, DType from, DType to) {
  if (from == to)
    return value;
  if (isPacked(from)) {
    DType as;
    value = unpacked(value, from, as);
    return castTo(value, as, to);
  }
  if (isPacked(to))
    return packed(value, from, to);
  if (to == DType::b1) {
    Value zero = filled(value.getType(), 0);
    if (is_float(from))
      return arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::UNE,
                                   value, zero);
    return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne, value,
                                 zero);
  }
  if (is_float(from))
    return is_float(to) ? floatToFloat(value, from, to)
                        : floatToInteger(value, from, to);
  if (!is_float(to))
    return integerToInteger(value, from, to);
  // Within fp8's range f32 is exact, and what is outside saturates.
  if (isFp8(to))
    return floatToFloat(castTo(value, from, DType::f32), DType::f32, to);
  Type type =
      withElement(value.getType(), elementType(*builder.getContext(), to));
  if (is_signed(from))
    return arith::SIToFPOp::create(builder, loc, type, value);
  return arith::UIToFPOp::create(builder, loc, type, value);
}

Value Importer::cast(const Node &node) {
  const ValueType &from = typeOf(node.inputs[0]);
  const ValueType &to = typeOf(node.results[0]);
  return castTo(value(node.inputs[0]), from.dtype, to.dtype);
}

} // namespace girih::compiler
