// SPDX-License-Identifier: Apache-2.0
// Elementary functions as LLVM-dialect operations on one element.
#pragma once

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace girih::compiler {

/// Functions of f32 within 2 ulp, or of f64. What is not there for f64 gives a
/// null value.
class DeviceMath {
public:
  DeviceMath(mlir::OpBuilder &builder, mlir::Location loc, bool isDouble)
      : b(builder), loc(loc), isDouble(isDouble) {}

  mlir::Value rsqrt(mlir::Value x);
  mlir::Value exp(mlir::Value x);
  mlir::Value exp2(mlir::Value x);
  mlir::Value log(mlir::Value x);
  mlir::Value log2(mlir::Value x);
  mlir::Value sine(mlir::Value x, bool cosine);
  mlir::Value tanh(mlir::Value x);
  mlir::Value erf(mlir::Value x);
  mlir::Value pow(mlir::Value x, mlir::Value y);

private:
  using Value = mlir::Value;
  Value number(double value);
  Value integer(int64_t value);
  Value add(Value x, Value y);
  Value sub(Value x, Value y);
  Value mul(Value x, Value y);
  Value div(Value x, Value y);
  Value fma(Value x, Value y, Value z);
  Value less(Value x, Value y);
  Value same(Value x, Value y);
  Value select(Value condition, Value x, Value y);
  Value absolute(Value x);
  Value bits(Value x);
  Value fromBits(Value x);
  Value toDouble(Value x);
  Value toFloat(Value x);
  mlir::Type type();
  mlir::Type bitsType();
  /// Coefficients from the constant on.
  Value polynomial(Value x, llvm::ArrayRef<double> coefficients);
  /// x * 2^n for an integral float n, over the whole range of results.
  Value scale(Value x, Value n);
  /// One PTX instruction on floats.
  Value instruction(llvm::StringRef name, mlir::ValueRange operands);
  Value expFloat(Value x);
  /// e^r for |r| <= 0.35, f64.
  Value expSmall(Value r);
  /// exponent and log(mantissa) of x, mantissa near 1.
  std::pair<Value, Value> logParts(Value x);
  Value logSpecial(Value x, Value result);

  mlir::OpBuilder &b;
  mlir::Location loc;
  bool isDouble;
};

} // namespace girih::compiler
