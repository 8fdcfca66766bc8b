// SPDX-License-Identifier: Apache-2.0
// The emulator's conversions of fp8 against those of the frontend.
#include "float_unit.h"

#include "girih/dsl/support/float_formats.h"

#include "llvm/ADT/bit.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <utility>

namespace girih::testing {
namespace {

std::uint64_t compute(const std::string &text,
                      std::initializer_list<std::uint64_t> values) {
  std::uint64_t result = ~std::uint64_t{0};
  EXPECT_TRUE(computeFloat(text + " $0, $1;", &result, values.begin())) << text;
  return result;
}

constexpr std::pair<DType, const char *> formats[] = {{e4m3, "e4m3x2"},
                                                      {e5m2, "e5m2x2"}};

TEST(FloatUnit, WidensFp8) {
  for (auto [type, name] : formats)
    for (std::uint64_t byte = 0; byte < 256; ++byte) {
      // What is above a 16-bit register is anything.
      const std::uint64_t pair = compute(std::string("cvt.rn.f16x2.") + name,
                                         {0xabc0000 | byte << 8 | 0x38});
      const double high = decode(f16, pair >> 16), wanted = decode(type, byte);
      EXPECT_EQ(pair & 0xffff, encode(f16, decode(type, 0x38)));
      if (std::isnan(wanted))
        EXPECT_TRUE(std::isnan(high)) << byte;
      else
        EXPECT_EQ(pair >> 16, encode(f16, wanted)) << byte;
    }
}

TEST(FloatUnit, NarrowsToFp8) {
  std::uint64_t seed = 1;
  for (int i = 0; i < 20000; ++i) {
    seed = seed * 6364136223846793005 + 1442695040888963407;
    // Around the range of both, half of them at and between its numbers.
    auto word = static_cast<std::uint32_t>(seed >> 32);
    word = (word & 0x807fffff) | ((100 + (word >> 23 & 0xff) % 50) << 23);
    if (i % 2)
      word &= 0xfff80000;
    const auto value = llvm::bit_cast<float>(word);
    for (auto [type, name] : formats) {
      const std::string text = std::string("cvt.rn.satfinite.") + name + ".f32";
      EXPECT_EQ(compute(text, {word, 0x3f800000}),
                encode(type, value) << 8 | encode(type, 1))
          << value;
    }
  }
}

TEST(FloatUnit, SaturatesFp8) {
  const std::string e4 = "cvt.rn.satfinite.e4m3x2.f32",
                    e5 = "cvt.rn.satfinite.e5m2x2.f32";
  const std::uint64_t infinity = 0x7f800000, least = 0xff800000,
                      nan = 0xffc00000;
  EXPECT_EQ(compute(e4, {infinity, least}), 0x7efeU);
  EXPECT_EQ(compute(e5, {infinity, least}), 0x7bfbU);
  EXPECT_EQ(compute(e4, {nan, 0x80000000}), 0x7f80U);
  EXPECT_EQ(compute(e5, {nan, 0}), 0x7f00U);
}

TEST(FloatUnit, KnowsWhatItDoesNotKnow) {
  std::uint64_t result = 0, value = 0;
  EXPECT_FALSE(computeFloat("cvt.rn.f16x2.e2m1x2 $0, $1;", &result, &value));
  EXPECT_FALSE(computeFloat("sin.approx.f32 $0, $1;", &result, &value));
}

} // namespace
} // namespace girih::testing
