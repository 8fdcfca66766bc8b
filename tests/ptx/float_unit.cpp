// SPDX-License-Identifier: Apache-2.0
#include "float_unit.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/bit.h"

#include <algorithm>
#include <cmath>

namespace girih::testing {

namespace {

using Slots = std::uint64_t *;
using Values = const std::uint64_t *;

float single(std::uint64_t word) {
  return llvm::bit_cast<float>(static_cast<std::uint32_t>(word));
}

/// e4m3 or e5m2, as an instruction's name says.
const llvm::fltSemantics &byteFormat(llvm::StringRef text) {
  return text.contains("e4m3") ? llvm::APFloat::Float8E4M3FN()
                               : llvm::APFloat::Float8E5M2();
}

std::uint64_t bitsOf(llvm::APFloat value, const llvm::fltSemantics &format) {
  bool inexact;
  value.convert(format, llvm::APFloat::rmNearestTiesToEven, &inexact);
  return value.bitcastToAPInt().getZExtValue();
}

/// Beyond the largest number is the largest number; every NaN is one.
std::uint64_t saturatedByte(float value, const llvm::fltSemantics &format) {
  if (std::isnan(value))
    return 0x7f;
  llvm::APFloat exact(value), most = llvm::APFloat::getLargest(format);
  bool inexact;
  most.convert(llvm::APFloat::IEEEsingle(), llvm::APFloat::rmNearestTiesToEven,
               &inexact);
  if (abs(exact) > most) {
    most.copySign(exact);
    exact = most;
  }
  return bitsOf(exact, format);
}

/// Numbers below the normal ones are 0 to instructions that say .ftz.
float flushed(float value) {
  return std::fabs(value) < 0x1p-126F ? std::copysign(0.0F, value) : value;
}

float truncated(double exact) {
  auto rounded = static_cast<float>(exact);
  if (std::abs(static_cast<double>(rounded)) > std::abs(exact))
    rounded = std::nextafter(rounded, 0.0F);
  return rounded;
}

bool convert(llvm::StringRef text, Slots results, Values values) {
  if (text.starts_with("cvt.rna.tf32")) {
    results[0] = (static_cast<std::uint32_t>(values[0]) + 0x1000) & 0xffffe000;
  } else if (text.starts_with("cvt.rz.f32.f64")) {
    results[0] = llvm::bit_cast<std::uint32_t>(
        truncated(llvm::bit_cast<double>(values[0])));
  } else if (text.starts_with("cvt.rn.satfinite.e4m3x2.f32 ") ||
             text.starts_with("cvt.rn.satfinite.e5m2x2.f32 ")) {
    // The first operand becomes the upper half.
    const llvm::fltSemantics &format = byteFormat(text);
    results[0] = saturatedByte(single(values[0]), format) << 8 |
                 saturatedByte(single(values[1]), format);
  } else if (text.starts_with("cvt.rn.f16x2.e4m3x2 ") ||
             text.starts_with("cvt.rn.f16x2.e5m2x2 ")) {
    results[0] = 0;
    for (int half : {0, 1}) {
      llvm::APFloat byte(byteFormat(text),
                         llvm::APInt(8, values[0] >> (8 * half) & 0xff));
      results[0] |= bitsOf(byte, llvm::APFloat::IEEEhalf()) << (16 * half);
    }
  } else {
    return false;
  }
  return true;
}

} // namespace

bool computeFloat(llvm::StringRef text, Slots results, Values values) {
  if (text.starts_with("cvt."))
    return convert(text, results, values);
  auto operand = [&](int i) { return static_cast<double>(single(values[i])); };
  float result;
  if (text.starts_with("ex2.approx.")) {
    result = static_cast<float>(std::exp2(operand(0)));
    if (text.contains(".ftz") && !(std::fabs(result) >= 0x1p-126f) &&
        !std::isnan(result))
      result = 0;
  } else if (text.starts_with("lg2.approx.")) {
    const auto x = static_cast<float>(operand(0));
    result = static_cast<float>(
        std::log2(double(text.contains(".ftz") ? flushed(x) : x)));
  } else if (text.starts_with("rcp.approx.ftz.f32")) {
    const double x = flushed(static_cast<float>(operand(0)));
    result = flushed(static_cast<float>(1 / x));
  } else if (text.starts_with("sqrt.approx.ftz.f32")) {
    result = std::sqrt(flushed(static_cast<float>(operand(0))));
  } else if (text.starts_with("rcp.approx.f32")) {
    result = static_cast<float>(1 / operand(0));
  } else if (text.starts_with("sqrt.approx.f32")) {
    result = std::sqrt(static_cast<float>(operand(0)));
  } else if (text.starts_with("copysign.f32")) {
    result = std::copysign(single(values[1]), single(values[0]));
  } else if (text.starts_with("rsqrt.approx.f32")) {
    result = static_cast<float>(1 / std::sqrt(operand(0)));
  } else if (text.starts_with("div.full.f32")) {
    result = static_cast<float>(operand(0) / operand(1));
  } else if (text.starts_with("fma.rn.sat.f32")) {
    double sum = std::fma(operand(0), operand(1), operand(2));
    result =
        std::isnan(sum) ? 0 : static_cast<float>(std::clamp(sum, 0.0, 1.0));
  } else if (text.starts_with("fma.rm.f32")) {
    double sum = std::fma(operand(0), operand(1), operand(2));
    result = static_cast<float>(sum);
    if (static_cast<double>(result) > sum)
      result = std::nextafter(result, -INFINITY);
  } else {
    return false;
  }
  results[0] = llvm::bit_cast<std::uint32_t>(result);
  return true;
}

} // namespace girih::testing
