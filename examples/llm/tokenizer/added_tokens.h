// SPDX-License-Identifier: Apache-2.0
// Finds added tokens in text before it is cut in any other way.
#pragma once

#include "girih/examples/llm/tokenizer/tokenizer_file.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace girih::llm {

/// A stretch of text, or an added token.
struct TextSegment {
  std::string_view text;
  std::int32_t id = -1; // of a token; -1: plain text
};

/// Tokens that are looked for together: the leftmost match counts, and of
/// those that begin there the longest.
class AddedTokenFinder {
public:
  /// Adds a token that is written `pattern` in the text. Of equal patterns the
  /// first counts.
  void add(const AddedToken &token, std::string_view pattern);

  /// Cuts text at the tokens in it; no segment of text is empty.
  std::vector<TextSegment> split(std::string_view text) const;

private:
  // Of the tree of patterns, a byte an edge.
  struct Node {
    std::vector<std::pair<unsigned char, std::int32_t>> next; // sorted
    std::int32_t token = -1;                                  // in tokens_
  };
  struct Match {
    std::size_t begin, end;
    std::int32_t token;
  };

  std::int32_t child(std::int32_t node, unsigned char byte) const;
  Match longest_at(std::string_view text, std::size_t at) const;
  bool stands_alone(std::string_view text, const Match &match) const;

  std::vector<Node> nodes_{1};
  std::vector<AddedToken> tokens_;
};

} // namespace girih::llm
