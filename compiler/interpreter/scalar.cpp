// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/interpreter/scalar.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/dsl/support/float_formats.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/Support/MathExtras.h"

#include <cstring>

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

Scalar roundTo(Type type, Scalar value, Rounding rounding) {
  if (value.kind == Scalar::Kind::real) {
    if (rounding == Rounding::own && !type.isF64())
      value.number = type.isF32() ? static_cast<float>(value.number)
                                  : round_to(floatDType(type), value.number);
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

Scalar readElement(Type type, const char *address) {
  // Little endian: the low bytes come first.
  unsigned width = type.getIntOrFloatBitWidth();
  std::uint64_t bits = 0;
  std::memcpy(&bits, address, (width + 7) / 8);
  if (isa<FloatType>(type))
    return Scalar::real(decode(floatDType(type), bits));
  if (width == 1)
    return Scalar::integer(bits != 0);
  return roundTo(type, Scalar::integer(static_cast<std::int64_t>(bits)),
                 Rounding::own);
}

void writeElement(Type type, char *address, Scalar value) {
  std::uint64_t bits = isa<FloatType>(type)
                           ? encode(floatDType(type), value.number)
                           : naturalBits(type, value);
  std::memcpy(address, &bits, (type.getIntOrFloatBitWidth() + 7) / 8);
}

} // namespace girih::compiler
