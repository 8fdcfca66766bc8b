// SPDX-License-Identifier: Apache-2.0
// Text of ids as they come is the text of all of them.
#include "girih/examples/llm/tokenizer/lossy_utf8.h"
#include "girih/examples/llm/tokenizer/text_stream.h"
#include "girih/examples/llm/weights/default_model.h"

#include "tokenizer_files.h"

#include <gtest/gtest.h>

#include <random>

namespace girih::testing {
namespace {

using llm::LossyUtf8;
using llm::TextStream;
using llm::Tokenizer;
using Ids = std::vector<std::int32_t>;

// Ids of bytes in byte_vocabulary.
std::int32_t byte_id(const Tokenizer &tokenizer, unsigned char byte) {
  for (std::int32_t id = 0; id < 256; ++id)
    if (tokenizer.decode({id}) == std::string(1, static_cast<char>(byte)))
      return id;
  return -1;
}

TEST(TextStreamTest, WholeCharactersOnly) {
  Tokenizer tokenizer = tokenizer_of(FileParts{});
  TextStream stream(tokenizer);
  Ids ids = tokenizer.encode("a\u00e9\U0001f999");
  ASSERT_EQ(ids.size(), 7u);
  const Strings wanted = {"a", "", "\u00e9", "", "", "", "\U0001f999"};
  for (std::size_t i = 0; i < ids.size(); ++i)
    EXPECT_EQ(stream.push(ids[i]), wanted[i]) << i;
  EXPECT_EQ(stream.finish(), "");
  EXPECT_EQ(stream.push(byte_id(tokenizer, 'b')), "b");
}

TEST(TextStreamTest, GivesUpOnWhatIsNoCharacter) {
  Tokenizer tokenizer = tokenizer_of(FileParts{});
  TextStream stream(tokenizer);
  Ids ids = tokenizer.encode("\U0001f999a"); // 4 bytes, and one
  EXPECT_EQ(stream.push(ids[0]), "");
  EXPECT_EQ(stream.push(ids[1]), "");
  EXPECT_EQ(stream.push(ids[4]), "\ufffda");
  EXPECT_EQ(stream.push(ids[3]), "\ufffd");
  EXPECT_EQ(stream.push(ids[0]), "");
  EXPECT_EQ(stream.push(ids[0]), "\ufffd");
  EXPECT_EQ(stream.finish(), "\ufffd");
  EXPECT_EQ(stream.finish(), "");
}

TEST(TextStreamTest, SkipsSpecialTokens) {
  Tokenizer tokenizer = tokenizer_of(qwen2_fixture());
  TextStream skipping(tokenizer), showing(tokenizer, false);
  EXPECT_EQ(skipping.push(272), "");
  EXPECT_EQ(showing.push(272), "<|im_end|>");
  EXPECT_EQ(showing.push(1'000'000) + showing.push(-1), "");
}

TEST(TextStreamTest, RandomIds) {
  std::mt19937 random(5);
  for (const Tokenizer &tokenizer :
       {tokenizer_of(qwen2_fixture()),
        Tokenizer::parse(llm::default_model_file("tokenizer.json").text(), "",
                         "tokenizer.json")}) {
    for (int i = 0; i < 2000; ++i) {
      Ids ids(random() % 30);
      // Mostly bytes from 0x80 on: they make characters now and then.
      for (std::int32_t &id : ids)
        id = static_cast<std::int32_t>(random() % 4 ? 94 + random() % 150
                                                    : random() % 1100);
      bool skip = random() % 2;
      TextStream stream(tokenizer, skip);
      std::string text;
      for (std::int32_t id : ids)
        text += stream.push(id);
      EXPECT_EQ(text + stream.finish(), tokenizer.decode(ids, skip));
    }
  }
}

// The replacement as the Encoding Standard tells it, written byte by byte.
std::string lossy(const std::string &bytes) {
  std::string out, character;
  int needed = 0;
  unsigned lower = 0x80, upper = 0xBF;
  auto replace = [&] {
    out += "\ufffd";
    character.clear();
    needed = 0;
  };
  for (std::size_t i = 0; i < bytes.size();) {
    auto byte = static_cast<unsigned char>(bytes[i]);
    if (needed == 0) {
      ++i;
      lower = byte == 0xE0 ? 0xA0 : byte == 0xF0 ? 0x90 : 0x80;
      upper = byte == 0xED ? 0x9F : byte == 0xF4 ? 0x8F : 0xBF;
      character = static_cast<char>(byte);
      if (byte < 0x80)
        out += character;
      else if (byte >= 0xC2 && byte <= 0xF4)
        needed = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
      else
        replace();
      continue;
    }
    if (byte < lower || byte > upper) {
      replace(); // and the byte is looked at again
      continue;
    }
    ++i;
    lower = 0x80;
    upper = 0xBF;
    character += static_cast<char>(byte);
    if (--needed == 0)
      out += character;
  }
  if (needed)
    replace();
  return out;
}

TEST(TextStreamTest, RandomBytesInRandomPieces) {
  std::mt19937 random(6);
  const std::string likely = "a\xC2\xE0\xED\xF0\xF4\xF5\x80\x8F\x90\x9F\xA0"
                             "\xBF\xC0\xFF\xE2\x82\xAC";
  for (int i = 0; i < 20000; ++i) {
    std::string bytes;
    for (auto count = random() % 12; count > 0; --count)
      bytes += random() % 8 ? likely[random() % likely.size()]
                            : static_cast<char>(random() % 256);
    LossyUtf8 stream;
    std::string text;
    for (std::size_t at = 0; at < bytes.size();) {
      std::size_t length = random() % 4;
      text += stream.push(std::string_view(bytes).substr(at, length));
      at += length;
    }
    EXPECT_EQ(text + stream.finish(), lossy(bytes));
  }
}

} // namespace
} // namespace girih::testing
