// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/tokenizer/bpe.h"

#include "girih/examples/llm/tokenizer/byte_map.h"

#include <algorithm>

namespace girih::llm {

static std::uint64_t pair_of(std::int32_t left, std::int32_t right) {
  return static_cast<std::uint64_t>(left) << 32 |
         static_cast<std::uint32_t>(right);
}

// Ids come from a file: a hash that follows them would let it choose pairs that
// collide.
std::size_t Bpe::PairHash::operator()(std::uint64_t pair) const {
  pair = (pair ^ pair >> 30) * 0xBF58476D1CE4E5B9u;
  pair = (pair ^ pair >> 27) * 0x94D049BB133111EBu;
  return pair ^ pair >> 31;
}

Bpe::Bpe(const BpeModel &model) : byte_ids_(model.byte_ids) {
  rules_.reserve(model.merges.size());
  // Of a pair that is there twice the last counts, as in Hugging Face's
  // tokenizers.
  for (std::size_t rank = 0; rank < model.merges.size(); ++rank) {
    const Merge &merge = model.merges[rank];
    rules_[pair_of(merge.left, merge.right)] = {static_cast<std::int32_t>(rank),
                                                merge.result};
  }
  if (model.ignore_merges)
    for (const auto &[token, id] : model.vocabulary)
      if (auto bytes = bytes_of_written(token))
        whole_pieces_.emplace(*bytes, id);
}

const Bpe::Rule *Bpe::rule(std::int32_t left, std::int32_t right) const {
  auto found = rules_.find(pair_of(left, right));
  return found == rules_.end() ? nullptr : &found->second;
}

// Puts a symbol and the one behind it on the heap, if there is a rule for them.
void Bpe::propose(Scratch &scratch, std::int32_t left) const {
  const auto &symbols = scratch.symbols_;
  if (left < 0)
    return;
  const auto &symbol = symbols[static_cast<std::size_t>(left)];
  if (symbol.next < 0)
    return;
  const Rule *found =
      rule(symbol.id, symbols[static_cast<std::size_t>(symbol.next)].id);
  if (!found)
    return;
  scratch.heap_.push_back({found->rank, left, found->result});
  std::push_heap(scratch.heap_.begin(), scratch.heap_.end());
}

void Bpe::merge_all(Scratch &scratch) const {
  auto &symbols = scratch.symbols_;
  auto &heap = scratch.heap_;
  while (!heap.empty()) {
    auto [rank, left, result] = heap.front();
    std::pop_heap(heap.begin(), heap.end());
    heap.pop_back();
    // One of the two may be part of another token by now.
    auto &symbol = symbols[static_cast<std::size_t>(left)];
    if (symbol.id < 0 || symbol.next < 0)
      continue;
    auto &right = symbols[static_cast<std::size_t>(symbol.next)];
    const Rule *now = rule(symbol.id, right.id);
    if (!now || now->result != result)
      continue;
    symbol.id = result;
    symbol.next = right.next;
    right.id = -1;
    if (symbol.next >= 0)
      symbols[static_cast<std::size_t>(symbol.next)].previous = left;
    propose(scratch, symbol.previous);
    propose(scratch, left);
  }
}

void Bpe::encode(std::string_view piece, Scratch &scratch,
                 std::vector<std::int32_t> &out) const {
  if (!whole_pieces_.empty()) {
    auto found = whole_pieces_.find(std::string(piece));
    if (found != whole_pieces_.end()) {
      out.push_back(found->second);
      return;
    }
  }
  auto &symbols = scratch.symbols_;
  symbols.clear();
  auto size = static_cast<std::int32_t>(piece.size());
  for (std::int32_t i = 0; i < size; ++i) {
    auto byte = static_cast<unsigned char>(piece[static_cast<std::size_t>(i)]);
    symbols.push_back({byte_ids_[byte], i - 1, i + 1 < size ? i + 1 : -1});
  }
  for (std::int32_t i = 0; i < size; ++i)
    propose(scratch, i);
  merge_all(scratch);
  for (std::int32_t i = 0; i >= 0 && i < size;) {
    const auto &symbol = symbols[static_cast<std::size_t>(i)];
    out.push_back(symbol.id);
    i = symbol.next;
  }
}

} // namespace girih::llm
