// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/interpreter/scalar.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/dsl/support/float_formats.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/Support/MathExtras.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

using namespace mlir;

namespace girih::compiler {

static DType floatDType(Type type) {
  if (type.isF64())
    return DType::f64;
  if (type.isF32())
    return DType::f32;
  if (type.isF16())
    return DType::f16;
  if (type.isBF16())
    return DType::bf16;
  if (isa<Float8E4M3FNType>(type))
    return DType::e4m3;
  ensure(isa<Float8E5M2Type>(type), "the interpreter met an unknown type");
  return DType::e5m2;
}

DType dtypeOf(Type type, bool isUnsigned) {
  if (isa<FloatType>(type))
    return floatDType(type);
  if (type.isIndex() || type.isInteger(64))
    return DType::i64;
  if (type.isInteger(32))
    return DType::i32;
  if (type.isInteger(16))
    return DType::i16;
  if (type.isInteger(1))
    return DType::b1;
  ensure(type.isInteger(8), "the interpreter met an unknown type");
  return isUnsigned ? DType::u8 : DType::i8;
}

/// The bits of a number that an element of `type` may have. Infinity is one of
/// those of e5m2: only a cast saturates.
static std::uint64_t floatBits(DType type, double number) {
  if (type == DType::e5m2 && std::isinf(number))
    return number < 0 ? 0xfc : 0x7c;
  return encode(type, number);
}

Scalar roundTo(Type type, Scalar value, Rounding rounding) {
  if (value.kind == Scalar::Kind::real) {
    DType to = floatDType(type);
    if (rounding == Rounding::own && to != DType::f64)
      value.number = to == DType::f32 ? static_cast<float>(value.number)
                                      : decode(to, floatBits(to, value.number));
    return value;
  }
  if (type.isIndex() || type.isInteger(64))
    return value;
  if (type.isInteger(1))
    return Scalar::integer(value.whole & 1);
  return Scalar::integer(llvm::SignExtend64(
      static_cast<std::uint64_t>(value.whole), type.getIntOrFloatBitWidth()));
}

std::uint64_t naturalBits(Type type, Scalar value) {
  auto bits = static_cast<std::uint64_t>(value.whole);
  unsigned width = type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
  return width == 64 ? bits : bits & ((std::uint64_t{1} << width) - 1);
}

std::uint64_t elementBits(Type type, Scalar value) {
  return isa<FloatType>(type) ? floatBits(floatDType(type), value.number)
                              : naturalBits(type, value);
}

Scalar elementOf(Type type, std::uint64_t bits) {
  if (isa<FloatType>(type))
    return Scalar::real(decode(floatDType(type), bits));
  if (type.isInteger(1))
    return Scalar::integer(bits != 0);
  return roundTo(type, Scalar::integer(static_cast<std::int64_t>(bits)),
                 Rounding::own);
}

Scalar readElement(Type type, const char *address) {
  // Little endian: the low bytes come first.
  std::uint64_t bits = 0;
  std::memcpy(&bits, address, (type.getIntOrFloatBitWidth() + 7) / 8);
  return elementOf(type, bits);
}

void writeElement(Type type, char *address, Scalar value) {
  std::uint64_t bits = elementBits(type, value);
  std::memcpy(address, &bits, (type.getIntOrFloatBitWidth() + 7) / 8);
}

bool isNaN(const Scalar &value) {
  return value.kind == Scalar::Kind::real && std::isnan(value.number);
}

double minimum(double a, double b) {
  if (std::isnan(a) || std::isnan(b))
    return std::nan("");
  if (a == b)
    return std::signbit(a) ? a : b;
  return a < b ? a : b;
}

double fusedMultiplyAdd(Type type, double a, double b, double c,
                        Rounding rounding) {
  if (rounding == Rounding::all_f64 || type.isF64())
    return std::fma(a, b, c);
  // The product of two narrower floats is exact. If the sum is not, its last
  // bit is made 1 (rounding to odd), so that rounding it again to `type` gives
  // what rounding the exact sum would.
  double product = a * b, sum = product + c;
  double part = sum - product;
  double error = (product - (sum - part)) + (c - part);
  auto bits = std::bit_cast<std::uint64_t>(sum);
  if (std::isfinite(sum) && error != 0 && (bits & 1) == 0) {
    double up = std::numeric_limits<double>::infinity();
    sum = std::nextafter(sum, error > 0 ? up : -up);
  }
  return sum;
}

} // namespace girih::compiler
