// SPDX-License-Identifier: Apache-2.0
// Known ids: of the built-in model's tokenizer by Hugging Face, and of the
// fixture of their own test of Qwen2.
#include "expect_model_error.h"
#include "tokenizer_files.h"

#include "girih/examples/llm/tokenizer/nfc.h"
#include "girih/examples/llm/tokenizer/text_stream.h"
#include "girih/tests/support/source_root.h"

#include <algorithm>
#include <fstream>
#include <random>

namespace girih::testing {
namespace {

using llm::EncodeOptions;
using llm::Tokenizer;
using nlohmann::json;
using Ids = std::vector<std::int32_t>;

TEST(TokenizerTest, VectorsOfTheBuiltInModel) {
  const auto bard = source_root() / "examples/llm/data/bard-5m";
  if (!std::filesystem::exists(bard))
    GTEST_SKIP() << "no source tree here";
  Tokenizer tokenizer = Tokenizer::open(bard);
  json vectors = json::parse(std::ifstream(bard / "tokenizer_vectors.json"));
  ASSERT_GE(vectors.size(), 15u);
  for (const json &each : vectors) {
    auto text = each["text"].get<std::string>();
    auto ids = each["ids"].get<Ids>();
    EXPECT_EQ(tokenizer.encode(text), ids) << text;
    EXPECT_EQ(tokenizer.decode(ids), each["decoded"].get<std::string>());
  }
  EXPECT_EQ(tokenizer.size(), 1024);
  EXPECT_EQ(tokenizer.eos(), 1020);
  EXPECT_EQ(tokenizer.bos(), std::nullopt);
}

TEST(TokenizerTest, Qwen2Fixture) {
  Tokenizer tokenizer = tokenizer_of(qwen2_fixture());
  EXPECT_EQ(
      tokenizer.encode("lower lower newer 010;}\n<|endoftext|>\u03d2\u0301"),
      (Ids{75, 78, 86, 260, 259, 260, 220, 77, 68, 86, 260, 220, 15, 16, 15,
           266, 270, 267}));
  EXPECT_EQ(tokenizer.encode(" ###"), (Ids{268, 269}));
  EXPECT_EQ(tokenizer.decode(
                tokenizer.encode("\u03d2\u0301\u03d2\u0308\u017f\u0307")),
            "\u03d3\u03d4\u1e9b");
}

// Of another independent implementation: pieces that are tokens win over
// merges where the file says so.
TEST(TokenizerTest, WholePiecesBeforeMerges) {
  FileParts parts;
  parts.tokens = {"ab", "bc", "abc"};
  parts.merges = {{"b", "c"}, {"a", "b"}};
  EXPECT_EQ(tokenizer_of(parts).encode("abc"), (Ids{64, 257}));
  parts.ignore_merges = true;
  EXPECT_EQ(tokenizer_of(parts).encode("abc"), (Ids{258}));
  EXPECT_EQ(tokenizer_of(parts).encode("abc abc"), (Ids{258, 220, 64, 257}));
}

TEST(TokenizerTest, Tokens) {
  Tokenizer tokenizer = tokenizer_of(qwen2_fixture());
  EXPECT_EQ(tokenizer.size(), 273);
  EXPECT_EQ(tokenizer.id_of("Ġlow"), 259);
  EXPECT_EQ(tokenizer.id_of(" low"), std::nullopt);
  EXPECT_EQ(tokenizer.id_of("<|im_end|>"), 272);
  EXPECT_TRUE(tokenizer.special(272));
  for (std::int32_t id : {259, 273, -1, INT32_MAX, INT32_MIN})
    EXPECT_FALSE(tokenizer.special(id)) << id;
}

// Rows of the embedding that pad it are no tokens.
TEST(TokenizerTest, DecodesNothingForNoToken) {
  Tokenizer tokenizer = tokenizer_of(qwen2_fixture());
  EXPECT_EQ(tokenizer.decode({75, -1, 273, INT32_MAX, INT32_MIN, 78}), "lo");
  EXPECT_EQ(tokenizer.decode({}), "");
}

TEST(TokenizerTest, SkipsSpecialTokensOnly) {
  FileParts parts;
  parts.added = {added_token(256, "<end>", {"special"}),
                 added_token(257, "<think>")};
  Tokenizer tokenizer = tokenizer_of(parts);
  EXPECT_EQ(tokenizer.encode("<think>a<end>"), (Ids{257, 64, 256}));
  EXPECT_EQ(tokenizer.decode({257, 64, 256}, true), "<think>a");
  EXPECT_EQ(tokenizer.decode({257, 64, 256}), "<think>a<end>");
}

// A character that stands for no byte makes a token say itself; all others are
// bytes, even where that is no UTF-8.
TEST(TokenizerTest, DecodesAddedTokensLikeOthers) {
  FileParts parts;
  parts.added = {added_token(256, "Ġx y"), added_token(257, "éé"),
                 added_token(258, "Ġz")};
  Tokenizer tokenizer = tokenizer_of(parts);
  EXPECT_EQ(tokenizer.decode({256, 257, 258}), "Ġx y\ufffd\ufffd z");
}

TEST(TokenizerTest, PlainTextHidesAddedTokens) {
  Tokenizer tokenizer = tokenizer_of(qwen2_fixture());
  EncodeOptions plain{.parse_special = false};
  Ids ids = tokenizer.encode("<|im_end|>low", plain);
  EXPECT_EQ(std::count(ids.begin(), ids.end(), 272), 0);
  EXPECT_EQ(tokenizer.decode(ids), "<|im_end|>low");
  EXPECT_EQ(tokenizer.encode("<|im_end|>low"), (Ids{272, 75, 78, 86}));
}

TEST(TokenizerTest, RefusesWhatIsNotUtf8) {
  Tokenizer tokenizer = tokenizer_of(qwen2_fixture());
  for (const char *bad : {"\xff", "\x80", "\xc3", "\xc0\x80", "\xed\xa0\x80",
                          "\xf4\x90\x80\x80", "\xe2\x82", "\xf0\x9f\x98"})
    expect_model_error([&] { tokenizer.encode(std::string("a\nb") + bad); },
                       "text", "byte 3", "is not UTF-8 (line 2, column");
  std::string nul("a\0b", 3);
  EXPECT_EQ(tokenizer.decode(tokenizer.encode(nul)), nul);
}

std::string random_text(std::mt19937 &random) {
  const Strings parts = {"a",
                         "lower",
                         " low",
                         "  ",
                         "\n",
                         "\r\n",
                         "\t",
                         "'s",
                         "'S",
                         "'\u017f",
                         "12",
                         "\u00bd",
                         "\u00e9",
                         "e\u0301",
                         "\u0316\u0301",
                         "\u1100\u1161",
                         "\u2126",
                         "\u0344",
                         "\u6f22\u5b57",
                         "\u3000",
                         "\u00a0",
                         "\u180e",
                         "\U0001f999",
                         "\u200d",
                         ";}\n",
                         "##",
                         "<|im_end|>",
                         "<|im",
                         std::string(1, '\0'),
                         "\ufffd",
                         "\U0010ffff",
                         "_",
                         "..."};
  std::string out;
  for (auto count = random() % 20; count > 0; --count)
    out += parts[random() % parts.size()];
  return out;
}

TEST(TokenizerTest, RoundTrips) {
  std::mt19937 random(11);
  FileParts parts = qwen2_fixture();
  Tokenizer composing = tokenizer_of(parts);
  parts.nfc = false;
  Tokenizer exact = tokenizer_of(parts);
  for (int i = 0; i < 2000; ++i) {
    std::string text = random_text(random);
    for (bool parse : {true, false}) {
      EncodeOptions options{.parse_special = parse};
      EXPECT_EQ(exact.decode(exact.encode(text, options)), text);
      EXPECT_EQ(composing.decode(composing.encode(text, options)),
                llm::to_nfc(text));
    }
  }
}

// Long texts of one kind: time that grows faster than their length would show
// as a test that does not end.
TEST(TokenizerTest, LongTexts) {
  FileParts parts = qwen2_fixture();
  parts.tokens.push_back("aa");
  parts.tokens.push_back("aaaa");
  parts.merges.push_back({"a", "a"});
  parts.merges.push_back({"aa", "aa"});
  for (auto &each : parts.added)
    each["id"] = each["id"].get<int>() + 2;
  for (const Strings &regexes :
       {Strings{qwen_regex}, Strings{llama3_regex}, deepseek_regexes}) {
    parts.regexes = regexes;
    Tokenizer tokenizer = tokenizer_of(parts);
    for (const char *unit :
         {"a", "^", " ", "\n", " \n", "'s", "'", "1", "\t ", "<|im_", "\u6f22",
          "\u0301", "\xcc\x81\xcc\x96", "a ", "\u00a0", "\x01", "<|im_end|>"}) {
      std::string text;
      while (text.size() < 1'000'000)
        text += unit;
      Ids ids = tokenizer.encode(text);
      EXPECT_EQ(tokenizer.decode(ids), llm::to_nfc(text)) << unit;
    }
    EXPECT_EQ(tokenizer.encode(std::string(100'000, 'a')).size(), 25'000u);
  }
}

} // namespace
} // namespace girih::testing
