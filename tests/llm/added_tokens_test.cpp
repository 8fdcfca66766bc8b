// SPDX-License-Identifier: Apache-2.0
// Added tokens and their flags. What is awkward here is what Hugging Face's
// tokenizers 0.23 do.
#include "girih/examples/llm/tokenizer/added_tokens.h"

#include "tokenizer_files.h"

#include <gtest/gtest.h>

namespace girih::testing {
namespace {

using llm::AddedToken;
using llm::AddedTokenFinder;
using llm::Tokenizer;
using Ids = std::vector<std::int32_t>;

AddedToken token(const std::string &content, std::int32_t id,
                 const std::string &flags = "") {
  AddedToken out;
  out.content = content;
  out.id = id;
  out.lstrip = flags.find('l') != std::string::npos;
  out.rstrip = flags.find('r') != std::string::npos;
  out.single_word = flags.find('w') != std::string::npos;
  return out;
}

// Texts in brackets, tokens as numbers.
std::string split(const std::vector<AddedToken> &tokens,
                  const std::string &text) {
  AddedTokenFinder finder;
  for (const AddedToken &each : tokens)
    finder.add(each, each.content);
  std::string out;
  for (const llm::TextSegment &segment : finder.split(text))
    out += segment.id >= 0 ? std::to_string(segment.id)
                           : "[" + std::string(segment.text) + "]";
  return out;
}

TEST(AddedTokensTest, LeftmostThenLongest) {
  std::vector<AddedToken> tokens = {token("<a>", 1), token("<a><b>", 2),
                                    token("b><", 3), token("<", 4)};
  EXPECT_EQ(split(tokens, "x<a>y"), "[x]1[y]");
  EXPECT_EQ(split(tokens, "<a><b>"), "2");
  EXPECT_EQ(split(tokens, "<a><b"), "14[b]");
  EXPECT_EQ(split(tokens, "ab><a>"), "[a]3[a>]");
  EXPECT_EQ(split(tokens, ""), "");
  EXPECT_EQ(split({}, "x"), "[x]");
  EXPECT_EQ(split({}, ""), "");
}

TEST(AddedTokensTest, FirstOfEqualOnesCounts) {
  EXPECT_EQ(split({token("x", 1), token("x", 2)}, "x"), "1");
}

TEST(AddedTokensTest, TakesWhiteSpace) {
  EXPECT_EQ(split({token("#", 1, "l")}, "a \n\u3000#  b"), "[a]1[  b]");
  EXPECT_EQ(split({token("#", 1, "r")}, "a  #\u00a0\t b"), "[a  ]1[b]");
  EXPECT_EQ(split({token("#", 1, "lr")}, " # # "), "11");
  EXPECT_EQ(split({token("#", 1, "l")}, "\u180e#\u200b"), "[\u180e]1[\u200b]");
  EXPECT_EQ(split({token("#", 1, "r"), token("$", 2, "l")}, "#  $  $"), "122");
}

TEST(AddedTokensTest, TokensInWhiteSpaceThatOthersTake) {
  std::vector<AddedToken> tokens = {token("#", 1, "r"), token(" x", 2)};
  EXPECT_EQ(split(tokens, "#  x"), "12");
  EXPECT_EQ(split(tokens, "# xx"), "12[x]");
  EXPECT_EQ(split(tokens, "# x x"), "122");
  EXPECT_EQ(split({token("#", 1, "r"), token(" q", 2, "l")}, "#  q"), "12");
  // Tokens of nothing but white space that has been taken are no more.
  EXPECT_EQ(split({token("  ", 1, "lr")}, "       word"), "1[word]");
}

TEST(AddedTokensTest, SingleWords) {
  std::vector<AddedToken> tokens = {token("word", 1, "w")};
  EXPECT_EQ(split(tokens, "word"), "1");
  EXPECT_EQ(split(tokens, "a word-word."), "[a ]1[-]1[.]");
  for (const char *inside : {"swords", "word_", "word1", "\u00e9word",
                             "word\u0301", "\u6f22word", "word\u200d"})
    EXPECT_EQ(split(tokens, inside), "[" + std::string(inside) + "]");
  EXPECT_EQ(split(tokens, "\U0001f999word\u2014"), "[\U0001f999]1[\u2014]");
  // What it covers is not searched for others.
  tokens.push_back(token("or", 2));
  EXPECT_EQ(split(tokens, "words or"), "[words ]2");
}

TEST(AddedTokensTest, LongWhiteSpace) {
  std::string spaces(300'000, ' ');
  EXPECT_EQ(split({token(" ", 1, "r")}, spaces).size(), 300'000u);
  EXPECT_EQ(split({token("#", 1, "lr")}, spaces + "#" + spaces + "#" + spaces),
            "11");
  std::string many;
  for (int i = 0; i < 300'000; ++i)
    many += "# ";
  EXPECT_EQ(split({token("#", 1, "lr")}, many), std::string(300'000, '1'));
}

// Raw ones are looked for before the text is normalized, others after.
TEST(AddedTokensTest, Normalized) {
  FileParts parts;
  parts.nfc = true;
  parts.added = {added_token(256, "caf\u00e9", {"normalized"}),
                 added_token(257, "th\u00e9"),
                 added_token(258, "e\u0301e\u0301", {"normalized"})};
  Tokenizer tokenizer = tokenizer_of(parts);
  EXPECT_EQ(tokenizer.encode("caf\u00e9cafe\u0301"), (Ids{256, 256}));
  EXPECT_EQ(tokenizer.encode("th\u00e9"), (Ids{257}));
  EXPECT_EQ(tokenizer.encode("the\u0301").size(), 4u);
  EXPECT_EQ(tokenizer.encode("\u00e9\u00e9"), (Ids{258}));
  // A mark behind a token does not reach it.
  EXPECT_EQ(tokenizer.encode("th\u00e9\u0301"),
            (Ids{257, 136, 223})); // U+0301 is the bytes CC 81
}

TEST(AddedTokensTest, SpecialOnesWin) {
  FileParts parts;
  parts.nfc = true;
  parts.added = {added_token(256, "x\u00e9", {"normalized"}),
                 added_token(257, "xe\u0301", {"normalized", "special"})};
  EXPECT_EQ(tokenizer_of(parts).encode("x\u00e9"), (Ids{257}));
}

TEST(AddedTokensTest, TokensOfTheVocabulary) {
  FileParts parts;
  parts.tokens = {"low"};
  parts.added = {added_token(256, "low", {"special"})};
  Tokenizer tokenizer = tokenizer_of(parts);
  EXPECT_EQ(tokenizer.encode("alow"), (Ids{64, 256}));
  EXPECT_TRUE(tokenizer.special(256));
  EXPECT_EQ(tokenizer.size(), 257);
}

} // namespace
} // namespace girih::testing
