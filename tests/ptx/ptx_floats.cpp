// SPDX-License-Identifier: Apache-2.0
#include "ptx_floats.h"

#include "llvm/ADT/bit.h"

#include <algorithm>
#include <cmath>

namespace girih::testing {

bool computeFloat(llvm::StringRef text, std::uint64_t *results,
                  const std::uint64_t *values) {
  if (text.starts_with("cvt.rna.tf32")) {
    results[0] = (static_cast<std::uint32_t>(values[0]) + 0x1000) & 0xffffe000;
    return true;
  }
  if (text.starts_with("cvt.rz.f32.f64")) {
    auto exact = llvm::bit_cast<double>(values[0]);
    auto rounded = static_cast<float>(exact);
    if (std::abs(static_cast<double>(rounded)) > std::abs(exact))
      rounded = std::nextafter(rounded, 0.0F);
    results[0] = llvm::bit_cast<std::uint32_t>(rounded);
    return true;
  }
  auto operand = [&](int i) {
    return static_cast<double>(
        llvm::bit_cast<float>(static_cast<std::uint32_t>(values[i])));
  };
  float result;
  if (text.starts_with("ex2.approx.")) {
    result = static_cast<float>(std::exp2(operand(0)));
    if (text.contains(".ftz") && !(std::fabs(result) >= 0x1p-126f) &&
        !std::isnan(result))
      result = 0;
  } else if (text.starts_with("rcp.approx.ftz.f32")) {
    result = static_cast<float>(1 / operand(0));
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
