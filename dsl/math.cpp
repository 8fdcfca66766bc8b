// SPDX-License-Identifier: Apache-2.0
// Functions of one tile of floats.
#include "girih/dsl/functions.h"

#include "girih/dsl/control.h"
#include "girih/dsl/elementwise.h"
#include "girih/dsl/program_text.h"
#include "girih/dsl/recorder.h"
#include "girih/dsl/support/diagnostics.h"

#include <optional>

namespace girih {
namespace {

Tile float_function(Function function, const char *what, const Located &x) {
  DType dtype = dtype_of(x);
  if (!is_arithmetic(dtype))
    unsupported_dtype(what, dtype, x.where);
  if (!is_float(dtype))
    dtype = DType::f32;
  return emit(Op::unary, function, {convert(x, dtype)},
              {ValueType::Kind::tile, dtype, shape_of(x)}, x);
}

Tile rounding(Function function, const char *what, const Located &x) {
  if (is_integer(dtype_of(x)) && is_arithmetic(dtype_of(x)))
    return tile_of(x);
  return float_function(function, what, x);
}

} // namespace

Tile exp(const Located &x) { return float_function(Function::exp, "exp()", x); }
Tile exp2(const Located &x) {
  return float_function(Function::exp2, "exp2()", x);
}

Tile exp2(const Located &x, Subnormals subnormals) {
  if (subnormals == Subnormals::keep || dtype_of(x) != f32)
    return exp2(x);
  return inline_ptx(
      "ex2.approx.ftz.f32 $0, $1;", {x}, f32,
      [](const std::vector<Tile> &each) { return exp2(each[0]); }, x.where);
}
Tile expm1(const Located &x) {
  return float_function(Function::expm1, "expm1()", x);
}
Tile log(const Located &x) { return float_function(Function::log, "log()", x); }
Tile log2(const Located &x) {
  return float_function(Function::log2, "log2()", x);
}
Tile log1p(const Located &x) {
  return float_function(Function::log1p, "log1p()", x);
}
Tile sqrt(const Located &x) {
  return float_function(Function::sqrt, "sqrt()", x);
}
Tile rsqrt(const Located &x) {
  return float_function(Function::rsqrt, "rsqrt()", x);
}
Tile sin(const Located &x) { return float_function(Function::sin, "sin()", x); }
Tile cos(const Located &x) { return float_function(Function::cos, "cos()", x); }
Tile tan(const Located &x) { return float_function(Function::tan, "tan()", x); }
Tile asin(const Located &x) {
  return float_function(Function::asin, "asin()", x);
}
Tile acos(const Located &x) {
  return float_function(Function::acos, "acos()", x);
}
Tile atan(const Located &x) {
  return float_function(Function::atan, "atan()", x);
}
Tile sinh(const Located &x) {
  return float_function(Function::sinh, "sinh()", x);
}
Tile cosh(const Located &x) {
  return float_function(Function::cosh, "cosh()", x);
}
Tile tanh(const Located &x) {
  return float_function(Function::tanh, "tanh()", x);
}
Tile asinh(const Located &x) {
  return float_function(Function::asinh, "asinh()", x);
}
Tile acosh(const Located &x) {
  return float_function(Function::acosh, "acosh()", x);
}
Tile atanh(const Located &x) {
  return float_function(Function::atanh, "atanh()", x);
}
Tile erf(const Located &x) { return float_function(Function::erf, "erf()", x); }
Tile floor(const Located &x) { return rounding(Function::floor, "floor()", x); }
Tile ceil(const Located &x) { return rounding(Function::ceil, "ceil()", x); }
Tile round(const Located &x) { return rounding(Function::round, "round()", x); }
Tile trunc(const Located &x) { return rounding(Function::trunc, "trunc()", x); }

Tile isnan(const Located &x) {
  if (!is_arithmetic(dtype_of(x)))
    unsupported_dtype("isnan()", dtype_of(x), x.where);
  return x != x;
}

Tile fma(const Located &a, const Located &b, const Located &c) {
  // Numbers adopt the dtype of the tiles.
  std::optional<DType> common;
  for (const Located *each : {&a, &b, &c})
    if (each->kind == Located::Kind::tile)
      common = common ? promote(*common, dtype_of(*each)) : dtype_of(*each);
  DType dtype = common.value_or(DType::f32);
  if (!is_float(dtype) || !is_arithmetic(dtype))
    unsupported_dtype("fma()", dtype, a.where);
  Shape shape = common_shape("fma()", shape_of(a), shape_of(b), a.where);
  shape = common_shape("fma()", shape, shape_of(c), a.where);
  std::vector<ValueId> inputs;
  for (const Located *each : {&a, &b, &c})
    inputs.push_back(broadcast(recorder_of(*each), convert(*each, dtype), shape,
                               each->where));
  return emit(Op::ternary, Function::fma, std::move(inputs),
              {ValueType::Kind::tile, dtype, shape}, a);
}

Tile bitcast(const Located &x, DType dtype, std::source_location where) {
  check_dtype("bitcast()", dtype, where);
  DType from = dtype_of(x);
  if (bits(from) != bits(dtype) || from == DType::b1 || dtype == DType::b1)
    throw CompileError(ErrorId::dtype_unsupported, where,
                       {std::string("bitcast() to ") + std::string(name(dtype)),
                        name(from), "both dtypes must have the same width"});
  if (from == dtype)
    return tile_of(x);
  return emit(Op::bitcast, Function::none, {convert(x, from)},
              {ValueType::Kind::tile, dtype, shape_of(x)}, x);
}

} // namespace girih
