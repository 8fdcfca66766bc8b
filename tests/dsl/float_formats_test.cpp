// SPDX-License-Identifier: Apache-2.0
// Exhaustive over all codes of all formats; rounding against an independent
// search among neighbours.
#include "girih/dsl/support/float_formats.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace girih {
namespace {

const DType small_floats[] = {f16, bf16, e4m3, e5m2, e2m1};

std::vector<std::uint64_t> finite_codes(DType type) {
  std::vector<std::uint64_t> out;
  std::uint64_t half = std::uint64_t{1} << (bits(type) - 1);
  for (std::uint64_t code = 0; code < half; ++code)
    if (std::isfinite(decode(type, code)))
      out.push_back(code);
  return out;
}

TEST(FloatFormatsTest, EveryCodeRoundTrips) {
  for (DType type : small_floats) {
    std::uint64_t count = std::uint64_t{1} << bits(type);
    for (std::uint64_t code = 0; code < count; ++code) {
      double value = decode(type, code);
      if (std::isnan(value))
        EXPECT_TRUE(std::isnan(decode(type, encode(type, value))));
      else if (std::isinf(value) && bits(type) == 8)
        EXPECT_TRUE(std::isfinite(decode(type, encode(type, value))));
      else
        ASSERT_EQ(encode(type, value), code) << name(type) << " " << code;
    }
  }
}

TEST(FloatFormatsTest, CodesCountUp) {
  for (DType type : small_floats) {
    auto codes = finite_codes(type);
    for (std::size_t i = 1; i < codes.size(); ++i) {
      ASSERT_EQ(codes[i], codes[i - 1] + 1) << name(type);
      ASSERT_LT(decode(type, codes[i - 1]), decode(type, codes[i]));
    }
  }
}

// Between two neighbours: the middle goes to the even code, the rest to the
// nearer one.
TEST(FloatFormatsTest, RoundsToNearestEven) {
  for (DType type : small_floats) {
    auto codes = finite_codes(type);
    for (std::size_t i = 1; i < codes.size(); ++i) {
      double low = decode(type, codes[i - 1]), high = decode(type, codes[i]);
      double middle = low + (high - low) / 2;
      std::uint64_t even = codes[i] % 2 == 0 ? codes[i] : codes[i - 1];
      ASSERT_EQ(encode(type, middle), even) << name(type) << " " << middle;
      ASSERT_EQ(encode(type, std::nextafter(middle, 0)), codes[i - 1]);
      ASSERT_EQ(encode(type, std::nextafter(middle, 1e300)), codes[i]);
    }
  }
}

TEST(FloatFormatsTest, LargestAndBeyond) {
  EXPECT_EQ(decode(f16, 0x7bff), 65504);
  EXPECT_EQ(decode(e4m3, 0x7e), 448);
  EXPECT_EQ(decode(e5m2, 0x7b), 57344);
  EXPECT_EQ(decode(e2m1, 7), 6);
  EXPECT_EQ(encode(f16, 65519.99), 0x7bffU);
  EXPECT_EQ(encode(f16, 65520), 0x7c00U);
  EXPECT_EQ(encode(f16, -INFINITY), 0xfc00U);
  EXPECT_EQ(encode(e4m3, 1e9), 0x7eU);
  EXPECT_EQ(encode(e4m3, -INFINITY), 0xfeU);
  EXPECT_EQ(encode(e4m3, NAN) & 0x7f, 0x7fU);
  EXPECT_EQ(encode(e5m2, INFINITY), 0x7bU);
  EXPECT_TRUE(std::isnan(decode(e5m2, encode(e5m2, NAN))));
  EXPECT_EQ(encode(bf16, -0.0), 0x8000U);
}

TEST(FloatFormatsTest, Bf16FastPathAgrees) {
  std::mt19937 engine(3);
  for (int i = 0; i < 100000; ++i) {
    auto value = std::bit_cast<float>(static_cast<std::uint32_t>(engine()));
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(bf16_to_float(float_to_bf16(value))));
      continue;
    }
    ASSERT_EQ(float_to_bf16(value), encode(bf16, value)) << value;
  }
  for (std::uint32_t code = 0; code < 0x10000; ++code) {
    float value = bf16_to_float(static_cast<std::uint16_t>(code));
    if (!std::isnan(value))
      ASSERT_EQ(value, decode(bf16, code));
  }
}

TEST(FloatFormatsTest, Integers) {
  EXPECT_EQ(round_to(i8, 300), 127);
  EXPECT_EQ(round_to(i8, -300), -128);
  EXPECT_EQ(round_to(i8, -2.9), -2);
  EXPECT_EQ(round_to(u8, -1), 0);
  EXPECT_EQ(round_to(u8, 255.9), 255);
  EXPECT_EQ(round_to(i4, 9), 7);
  EXPECT_EQ(round_to(u4, 16), 15);
  EXPECT_EQ(round_to(i32, NAN), 0);
  EXPECT_EQ(encode(i64, 1e30), std::uint64_t{INT64_MAX});
  EXPECT_EQ(round_to(i64, -1e30), -0x1p63);
  EXPECT_EQ(round_to(b1, 0.5), 1);
  EXPECT_EQ(round_to(b1, 0), 0);
}

TEST(FloatFormatsTest, Scales) {
  for (std::uint64_t code = 0; code < 255; ++code)
    EXPECT_EQ(encode(ue8m0, decode(ue8m0, code)), code);
  EXPECT_TRUE(std::isnan(decode(ue8m0, 255)));
  EXPECT_EQ(round_to(ue8m0, 1.4), 1);
  EXPECT_EQ(round_to(ue8m0, 1.5), 2);
}

} // namespace
} // namespace girih
