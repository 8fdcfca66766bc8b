// SPDX-License-Identifier: Apache-2.0
// Byte pair encoding of one piece of text.
#pragma once

#include "girih/examples/llm/tokenizer/tokenizer_file.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace girih::llm {

/// Merges bytes into tokens: always the neighbours of the lowest rank, of equal
/// ones the leftmost. Takes O(n log n) for n bytes.
class Bpe {
public:
  explicit Bpe(const BpeModel &model);

  /// Memory that pieces share.
  class Scratch;

  /// Appends the ids of a piece.
  void encode(std::string_view piece, Scratch &scratch,
              std::vector<std::int32_t> &out) const;

private:
  struct Rule {
    std::int32_t rank, result;
  };
  struct PairHash {
    std::size_t operator()(std::uint64_t pair) const;
  };
  const Rule *rule(std::int32_t left, std::int32_t right) const;
  void propose(Scratch &scratch, std::int32_t left) const;
  void merge_all(Scratch &scratch) const;

  std::array<std::int32_t, 256> byte_ids_;
  std::unordered_map<std::uint64_t, Rule, PairHash> rules_;
  // Tokens by their bytes, where a piece that is one is not merged.
  std::unordered_map<std::string, std::int32_t> whole_pieces_;
};

class Bpe::Scratch {
  friend class Bpe;
  struct Symbol {
    std::int32_t id, previous, next; // neighbours' indices; -1: none
  };
  struct Candidate {
    std::int32_t rank, left, result;
    // The heap of the standard library has the greatest on top.
    bool operator<(const Candidate &other) const {
      return rank != other.rank ? rank > other.rank : left > other.left;
    }
  };
  std::vector<Symbol> symbols_;
  std::vector<Candidate> heap_;
};

} // namespace girih::llm
