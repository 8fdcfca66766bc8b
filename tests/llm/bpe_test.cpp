// SPDX-License-Identifier: Apache-2.0
// Merges by a heap against merges by looking at all pairs each time.
#include "girih/examples/llm/tokenizer/bpe.h"
#include "girih/examples/llm/tokenizer/byte_map.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <utility>

namespace girih::testing {
namespace {

using Ids = std::vector<std::int32_t>;
using llm::Bpe;
using llm::BpeModel;

// Tokens are of the letters a, b, c; merges come in an order that need not be
// one in which they can be learned.
BpeModel random_model(std::mt19937 &random, std::size_t merges) {
  BpeModel out;
  for (unsigned byte = 0; byte < 256; ++byte) {
    auto id = static_cast<std::int32_t>(byte);
    out.byte_ids[byte] = id;
    out.vocabulary[llm::written_bytes(
        std::string(1, static_cast<char>(byte)))] = id;
  }
  std::vector<std::string> tokens = {"a", "b", "c"};
  for (std::size_t i = 0; i < merges; ++i) {
    const std::string left = tokens[random() % tokens.size()];
    const std::string right = tokens[random() % tokens.size()];
    auto next = static_cast<std::int32_t>(out.vocabulary.size());
    auto result = out.vocabulary.emplace(left + right, next);
    if (result.second)
      tokens.push_back(left + right);
    out.merges.push_back(
        {out.vocabulary[left], out.vocabulary[right], result.first->second});
  }
  std::shuffle(out.merges.begin(), out.merges.end(), random);
  return out;
}

Ids slow_encode(const BpeModel &model, const std::string &text) {
  std::map<std::pair<std::int32_t, std::int32_t>, std::size_t> ranks;
  for (std::size_t rank = 0; rank < model.merges.size(); ++rank)
    ranks[{model.merges[rank].left, model.merges[rank].right}] = rank;
  Ids ids;
  for (char c : text)
    ids.push_back(model.byte_ids[static_cast<unsigned char>(c)]);
  while (true) {
    std::size_t best = model.merges.size(), place = 0;
    for (std::size_t i = 0; i + 1 < ids.size(); ++i) {
      auto found = ranks.find({ids[i], ids[i + 1]});
      if (found != ranks.end() && found->second < best) {
        best = found->second;
        place = i;
      }
    }
    if (best == model.merges.size())
      return ids;
    ids[place] = model.merges[best].result;
    ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(place) + 1);
  }
}

TEST(BpeTest, RandomModelsAndTexts) {
  std::mt19937 random(1);
  for (int i = 0; i < 300; ++i) {
    BpeModel model = random_model(random, random() % 60);
    Bpe bpe(model);
    Bpe::Scratch scratch;
    for (int k = 0; k < 20; ++k) {
      std::string text;
      for (auto count = random() % 40; count > 0; --count)
        text += static_cast<char>('a' + random() % (random() % 8 ? 2 : 4));
      Ids ids = {-7}; // what is there stays
      bpe.encode(text, scratch, ids);
      ids.erase(ids.begin());
      EXPECT_EQ(ids, slow_encode(model, text)) << text;
    }
  }
}

TEST(BpeTest, EqualRanksFromTheLeft) {
  BpeModel model;
  model.byte_ids['a'] = 1;
  model.merges = {{1, 1, 2}};
  Bpe::Scratch scratch;
  Ids ids;
  Bpe(model).encode("aaaaa", scratch, ids);
  EXPECT_EQ(ids, (Ids{2, 2, 1}));
}

TEST(BpeTest, LastOfEqualMergesCounts) {
  BpeModel model;
  model.byte_ids['a'] = 1;
  model.byte_ids['b'] = 2;
  model.byte_ids['c'] = 3;
  Bpe::Scratch scratch;
  Ids ids;
  model.merges = {{1, 2, 4}, {2, 3, 5}, {1, 2, 4}};
  Bpe(model).encode("abc", scratch, ids);
  EXPECT_EQ(ids, (Ids{1, 5}));
}

TEST(BpeTest, NothingInNothingOut) {
  Bpe::Scratch scratch;
  Ids ids;
  Bpe(BpeModel{}).encode("", scratch, ids);
  EXPECT_EQ(ids, Ids{});
}

} // namespace
} // namespace girih::testing
