// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/tokenizer/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <cstdint>
#include <new>
#include <utility>

namespace girih::llm {
namespace {

constexpr std::size_t longest_regex = 4096;
// Steps of one match: of regexes that nobody looked at, and, for each byte, of
// the known ones.
constexpr std::uint32_t unknown_steps = 1'000'000;
constexpr std::uint64_t known_steps_per_byte = 64;
constexpr std::uint32_t most_kib = 64 * 1024, most_depth = 100'000;

template <auto Free> struct Freed {
  template <typename T> void operator()(T *object) const { Free(object); }
};
template <typename T, auto Free> using Owned = std::unique_ptr<T, Freed<Free>>;

std::string message_of(int error) {
  unsigned char text[256];
  int length = pcre2_get_error_message(error, text, sizeof text);
  return length < 0 ? "error " + std::to_string(error)
                    : std::string(reinterpret_cast<const char *>(text),
                                  static_cast<std::size_t>(length));
}

PCRE2_SPTR bytes_of(std::string_view text) {
  // PCRE2 refuses a null pointer.
  return reinterpret_cast<PCRE2_SPTR>(text.empty() ? "" : text.data());
}

// What matching needs beside the regex, for texts of `length` bytes together.
class MatchState {
public:
  MatchState(const pcre2_code *code, bool known, std::size_t length)
      : code_(code), context_(pcre2_match_context_create(nullptr)),
        data_(pcre2_match_data_create_from_pattern(code, nullptr)) {
    if (!context_ || !data_)
      throw std::bad_alloc();
    std::uint64_t steps =
        known ? unknown_steps + known_steps_per_byte * length : unknown_steps;
    pcre2_set_match_limit(
        context_.get(),
        static_cast<std::uint32_t>(std::min<std::uint64_t>(steps, UINT32_MAX)));
    pcre2_set_heap_limit(context_.get(), most_kib);
    pcre2_set_depth_limit(context_.get(), most_depth);
  }

  /// The first match at `at` or behind it; false: there is none.
  bool find(std::string_view text, std::size_t at) {
    int count = match(text, at, PCRE2_NO_UTF_CHECK);
    if (count == PCRE2_ERROR_JIT_STACKLIMIT) // 32 KiB; the interpreter has more
      count = match(text, at, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT);
    if (count < 0 && count != PCRE2_ERROR_NOMATCH)
      throw RegexError("cannot be matched: " + message_of(count));
    return count >= 0;
  }

  std::size_t begin() const {
    return pcre2_get_ovector_pointer(data_.get())[0];
  }
  std::size_t end() const { return pcre2_get_ovector_pointer(data_.get())[1]; }

private:
  int match(std::string_view text, std::size_t at, std::uint32_t options) {
    return pcre2_match(code_, bytes_of(text), text.size(), at, options,
                       data_.get(), context_.get());
  }

  const pcre2_code *code_;
  Owned<pcre2_match_context, pcre2_match_context_free> context_;
  Owned<pcre2_match_data, pcre2_match_data_free> data_;
};

void split_piece(MatchState &state, std::string_view text,
                 std::vector<std::string_view> &out) {
  std::size_t done = 0; // before it all is in `out`
  auto cut = [&](std::size_t end) {
    if (done < end)
      out.push_back(text.substr(done, end - done));
    done = std::max(done, end);
  };
  for (std::size_t at = 0; at <= text.size() && state.find(text, at);) {
    cut(state.begin());
    cut(state.end());
    at = state.end();
    // A match of nothing cuts, and the search goes on behind the character.
    if (state.begin() == state.end())
      do
        ++at;
      while (at < text.size() &&
             (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80);
  }
  cut(text.size());
}

} // namespace

struct Regex::Code {
  Owned<pcre2_code, pcre2_code_free> code;
  bool known = false;
};

Regex::Regex(std::string_view regex) {
  if (regex.size() > longest_regex)
    throw RegexError("is longer than " + std::to_string(longest_regex) +
                     " bytes");
  std::string pattern = regex_for_pcre2(regex);
  int error = 0;
  std::size_t at = 0;
  auto code = std::make_shared<Code>();
  code->known = is_known_regex(regex);
  code->code.reset(pcre2_compile(
      bytes_of(pattern), pattern.size(),
      PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C, &error, &at, nullptr));
  if (!code->code)
    throw RegexError("is no regular expression: " + message_of(error));
  // Where the system allows no new code, the interpreter does the same.
  pcre2_jit_compile(code->code.get(), PCRE2_JIT_COMPLETE);
  code_ = std::move(code);
}

void Regex::split(std::vector<std::string_view> &pieces) const {
  std::size_t length = 0;
  for (std::string_view piece : pieces)
    length += piece.size();
  MatchState state(code_->code.get(), code_->known, length);
  std::vector<std::string_view> out;
  for (std::string_view piece : pieces)
    split_piece(state, piece, out);
  pieces = std::move(out);
}

} // namespace girih::llm
