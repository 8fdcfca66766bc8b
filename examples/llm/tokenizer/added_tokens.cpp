// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/tokenizer/added_tokens.h"

#include "girih/examples/llm/tokenizer/characters.h"

#include <algorithm>

namespace girih::llm {
namespace {

// Where white space that ends at `end` begins, not before `lowest`.
std::size_t space_before(std::string_view text, std::size_t end,
                         std::size_t lowest) {
  while (end > lowest) {
    std::size_t begin = character_before(text, end), at = begin;
    if (!is_white_space(next_character(text, at)))
      break;
    end = begin;
  }
  return end;
}

std::size_t space_after(std::string_view text, std::size_t begin) {
  while (begin < text.size()) {
    std::size_t at = begin;
    if (!is_white_space(next_character(text, at)))
      break;
    begin = at;
  }
  return begin;
}

} // namespace

std::int32_t AddedTokenFinder::child(std::int32_t node,
                                     unsigned char byte) const {
  const auto &next = nodes_[static_cast<std::size_t>(node)].next;
  auto edge = std::lower_bound(next.begin(), next.end(), std::pair(byte, -1));
  return edge != next.end() && edge->first == byte ? edge->second : -1;
}

void AddedTokenFinder::add(const AddedToken &token, std::string_view pattern) {
  std::int32_t node = 0;
  for (char each : pattern) {
    auto byte = static_cast<unsigned char>(each);
    std::int32_t to = child(node, byte);
    if (to < 0) {
      to = static_cast<std::int32_t>(nodes_.size());
      nodes_.emplace_back();
      auto &next = nodes_[static_cast<std::size_t>(node)].next;
      next.insert(std::lower_bound(next.begin(), next.end(),
                                   std::pair(byte, std::int32_t{-1})),
                  {byte, to});
    }
    node = to;
  }
  Node &last = nodes_[static_cast<std::size_t>(node)];
  if (pattern.empty() || last.token >= 0)
    return;
  last.token = static_cast<std::int32_t>(tokens_.size());
  tokens_.push_back(token);
}

AddedTokenFinder::Match AddedTokenFinder::longest_at(std::string_view text,
                                                     std::size_t at) const {
  Match out{at, at, -1};
  std::int32_t node = 0;
  for (std::size_t end = at; end < text.size();) {
    node = child(node, static_cast<unsigned char>(text[end++]));
    if (node < 0)
      break;
    if (auto token = nodes_[static_cast<std::size_t>(node)].token; token >= 0)
      out = {at, end, token};
  }
  return out;
}

bool AddedTokenFinder::stands_alone(std::string_view text,
                                    const Match &match) const {
  if (match.begin > 0) {
    std::size_t before = character_before(text, match.begin);
    if (is_word_character(next_character(text, before)))
      return false;
  }
  std::size_t after = match.end;
  return after == text.size() ||
         !is_word_character(next_character(text, after));
}

std::vector<TextSegment> AddedTokenFinder::split(std::string_view text) const {
  std::vector<TextSegment> out;
  std::size_t done = 0;     // before it all is in segments
  std::size_t stripped = 0; // to where white space was taken last
  auto add_text = [&](std::size_t end) {
    if (done < end)
      out.push_back({text.substr(done, end - done)});
  };
  for (std::size_t at = 0; !tokens_.empty() && at < text.size();) {
    Match match = longest_at(text, at);
    if (match.token < 0) {
      ++at;
      continue;
    }
    // What a match covers is not searched again, whether it counts or not;
    // white space that it takes is, and there all is as in Hugging Face's
    // tokenizers: a token found there gives the rest back, unless it takes the
    // white space itself, of which nothing is left.
    at = match.end;
    const AddedToken &token = tokens_[static_cast<std::size_t>(match.token)];
    if (token.single_word && !stands_alone(text, match))
      continue;
    std::size_t begin = match.begin, end = match.end;
    if (token.lstrip)
      begin = std::max(space_before(text, begin, done), done);
    if (token.rstrip) // not space by space again where it was taken already
      end = stripped = space_after(text, std::max(end, stripped));
    if (begin >= end)
      continue;
    add_text(begin);
    out.push_back({{}, token.id});
    done = end;
  }
  add_text(text.size());
  return out;
}

} // namespace girih::llm
