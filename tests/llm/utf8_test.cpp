// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/files/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace girih::testing {
namespace {

using llm::first_invalid_utf8;

std::string encoded(unsigned long c) {
  auto byte = [](unsigned long bits) { return static_cast<char>(bits); };
  if (c < 0x80)
    return {byte(c)};
  if (c < 0x800)
    return {byte(0xC0 | c >> 6), byte(0x80 | (c & 63))};
  if (c < 0x10000)
    return {byte(0xE0 | c >> 12), byte(0x80 | (c >> 6 & 63)),
            byte(0x80 | (c & 63))};
  return {byte(0xF0 | c >> 18), byte(0x80 | (c >> 12 & 63)),
          byte(0x80 | (c >> 6 & 63)), byte(0x80 | (c & 63))};
}

TEST(LlmUtf8, EveryCharacterAndNoOther) {
  for (unsigned long c = 0; c < 0x200000; ++c) {
    const bool scalar = c < 0x110000 && !(c >= 0xD800 && c < 0xE000);
    ASSERT_EQ(first_invalid_utf8(encoded(c)).has_value(), !scalar) << c;
  }
}

// All sequences of one, two and three bytes: as many as Unicode has are valid.
TEST(LlmUtf8, AllShortSequences) {
  int counts[4] = {};
  std::string text;
  for (int length = 1; length <= 3; ++length)
    for (unsigned long bits = 0; bits < 1ul << (8 * length); ++bits) {
      text.clear();
      for (int i = 0; i < length; ++i)
        text += static_cast<char>(bits >> (8 * i));
      counts[length] += !first_invalid_utf8(text);
    }
  constexpr int one = 128, two = 1920, three = 61440;
  EXPECT_EQ(counts[1], one);
  EXPECT_EQ(counts[2], one * one + two);
  EXPECT_EQ(counts[3], one * one * one + 2 * one * two + three);
}

TEST(LlmUtf8, TellsWhere) {
  EXPECT_EQ(first_invalid_utf8("é\xC3"), 2u);
  EXPECT_EQ(first_invalid_utf8("ab\xE2\x82z"), 2u);
  EXPECT_EQ(first_invalid_utf8("\xF0\x9F\x98\x80\x80"), 4u);
  EXPECT_EQ(first_invalid_utf8(""), std::nullopt);
  // What follows in memory does not count.
  EXPECT_EQ(first_invalid_utf8(std::string_view("é").substr(0, 1)), 0u);
  EXPECT_EQ(
      first_invalid_utf8(std::string_view("a\xF0\x9F\x98\x80").substr(0, 4)),
      1u);
}

} // namespace
} // namespace girih::testing
