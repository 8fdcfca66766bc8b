// SPDX-License-Identifier: Apache-2.0
// Bytes as characters, kinds of characters, and the composed form of text.
#include "girih/examples/llm/tokenizer/byte_map.h"
#include "girih/examples/llm/tokenizer/characters.h"
#include "girih/examples/llm/tokenizer/nfc.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace girih::testing {
namespace {

using namespace llm;

TEST(ByteMapTest, KnownBytes) {
  EXPECT_EQ(character_of_byte('a'), U'a');
  EXPECT_EQ(character_of_byte(' '), 0x120u);
  EXPECT_EQ(character_of_byte('\n'), 0x10Au);
  EXPECT_EQ(character_of_byte('\t'), 0x109u);
  EXPECT_EQ(character_of_byte(0), 0x100u);
  EXPECT_EQ(character_of_byte(0xAD), 0x143u);
  EXPECT_EQ(character_of_byte(0xFF), 0xFFu);
}

TEST(ByteMapTest, ThereAndBack) {
  std::set<char32_t> seen;
  for (unsigned byte = 0; byte < 256; ++byte) {
    std::string one(1, static_cast<char>(byte));
    seen.insert(character_of_byte(static_cast<std::uint8_t>(byte)));
    EXPECT_EQ(bytes_of_written(written_bytes(one)), one) << byte;
  }
  EXPECT_EQ(seen.size(), 256u);
  EXPECT_EQ(bytes_of_written(""), "");
  for (const char *other : {" ", "a b", "\u00ad", "\u0144", "\u6f22", "\x7f"})
    EXPECT_EQ(bytes_of_written(other), std::nullopt) << other;
}

TEST(CharactersTest, ForwardsAndBackwards) {
  const std::u32string characters = {0,     'a',    0x7F,    0x80,    0x7FF,
                                     0x800, 0xFFFF, 0x10000, 0x1F999, 0x10FFFF};
  std::string text;
  for (char32_t c : characters)
    append_utf8(text, c);
  std::size_t at = 0;
  for (char32_t c : characters)
    EXPECT_EQ(next_character(text, at), c);
  EXPECT_EQ(at, text.size());
  for (auto c = characters.rbegin(); c != characters.rend(); ++c) {
    at = character_before(text, at);
    std::size_t place = at;
    EXPECT_EQ(next_character(text, place), *c);
  }
  EXPECT_EQ(at, 0u);
}

TEST(CharactersTest, Kinds) {
  int spaces = 0;
  for (char32_t c = 0; c <= 0x10FFFF; ++c)
    spaces += is_white_space(c);
  EXPECT_EQ(spaces, 25);
  EXPECT_FALSE(is_white_space(0x180E));
  for (char32_t c : {U'a', U'Z', U'_', U'0', U'\u00e9', U'\u0301', U'\u6f22',
                     U'\u0664', U'\u2160', U'\u24b6', U'\u200d', U'\u203f'})
    EXPECT_TRUE(is_word_character(c)) << static_cast<unsigned>(c);
  for (char32_t c : {U' ', U'-', U'\u00bd', U'\u2014', U'\U0001f999', U'\u200b',
                     U'\0', U'\u00ad'})
    EXPECT_FALSE(is_word_character(c)) << static_cast<unsigned>(c);
}

TEST(NfcTest, KnownTexts) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", ""},
      {"plain \u00e9\u02ff", "plain \u00e9\u02ff"},
      {"e\u0301", "\u00e9"},
      {"\u03d2\u0301\u03d2\u0308\u017f\u0307", "\u03d3\u03d4\u1e9b"},
      {"\u2126\u212b", "\u03a9\u00c5"},             // singletons
      {"\u1100\u1161\u11a8", "\uac01"},             // Hangul
      {"\uac00\u11a8", "\uac01"},                   //
      {"a\u0301\u0323", "\u1ea1\u0301"},            // marks in order
      {"a\u0323\u0301", "\u1ea1\u0301"},            //
      {"a\u0301\u0301", "\u00e1\u0301"},            // blocked
      {"\u0344", "\u0308\u0301"},                   // excluded
      {"\u0958", "\u0915\u093c"},                   // excluded
      {"\u1e0a\u0323", "\u1e0c\u0307"},             //
      {"\u0fb2\u0f71\u0f80", "\u0fb2\u0f71\u0f80"}, //
      {"\ufb01\u00bd", "\ufb01\u00bd"},             // compatibility stays
      {"\U0001d15e", "\U0001d157\U0001d165"},       // excluded, past U+FFFF
      {"\u0301", "\u0301"}};
  for (const auto &[text, wanted] : cases)
    EXPECT_EQ(to_nfc(text), wanted) << text;
}

TEST(NfcTest, Once) {
  std::mt19937 random(2);
  const std::u32string likely = U"aeo\u0301\u0323\u0308\u0316\u0344\u1100\u1161"
                                U"\u11a8\u03d2\u017f\u2126\u00e9\u1e69";
  for (int i = 0; i < 5000; ++i) {
    std::string text;
    for (auto count = random() % 12; count > 0; --count)
      append_utf8(text, likely[random() % likely.size()]);
    std::string once = to_nfc(text);
    EXPECT_EQ(to_nfc(once), once);
  }
}

// In the order that is worst for sorting by neighbours.
TEST(NfcTest, LongRunsOfMarks) {
  std::string text = "a", wanted = "a";
  for (int i = 0; i < 200'000; ++i)
    text += "\u0302\u0316"; // above, below
  for (const char *mark : {"\u0316", "\u0302"})
    for (int i = 0; i < 200'000; ++i)
      wanted += mark;
  std::string composed = to_nfc(text);
  // The first of the marks above goes into the letter.
  wanted.erase(wanted.size() - 2);
  wanted.replace(0, 1, "\u00e2");
  EXPECT_EQ(composed, wanted);
}

} // namespace
} // namespace girih::testing
