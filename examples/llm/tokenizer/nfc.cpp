// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/tokenizer/nfc.h"

#include "girih/examples/llm/tokenizer/characters.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace girih::llm {
namespace {

constexpr auto options =
    static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);

using Characters = std::vector<utf8proc_int32_t>;

auto combining_class(utf8proc_int32_t character) {
  return utf8proc_get_property(character)->combining_class;
}

Characters decomposed(std::string_view text) {
  Characters out;
  out.reserve(text.size());
  std::array<utf8proc_int32_t, 32> parts;
  for (std::size_t at = 0; at < text.size();) {
    auto character = static_cast<utf8proc_int32_t>(next_character(text, at));
    int boundary = 0;
    auto count = utf8proc_decompose_char(
        character, parts.data(), static_cast<utf8proc_ssize_t>(parts.size()),
        options, &boundary);
    out.insert(out.end(), parts.begin(), parts.begin() + count);
  }
  return out;
}

// utf8proc's own ordering swaps neighbours: quadratic in a run of marks, which
// a hostile text may consist of.
void order_marks(Characters &characters) {
  // Class, place and code point in one number: sorting keeps equal classes in
  // their order.
  std::vector<std::uint64_t> keys;
  for (std::size_t first = 0; first < characters.size(); ++first) {
    keys.clear();
    for (std::size_t i = first; i < characters.size(); ++i) {
      auto mark_class =
          static_cast<std::uint64_t>(combining_class(characters[i]));
      if (mark_class == 0)
        break;
      keys.push_back(mark_class << 56 | (i - first) << 21 |
                     static_cast<std::uint64_t>(characters[i]));
    }
    std::sort(keys.begin(), keys.end());
    for (std::uint64_t key : keys)
      characters[first++] =
          static_cast<utf8proc_int32_t>(key & ((1u << 21) - 1));
  }
}

} // namespace

std::string to_nfc(std::string_view text) {
  // All below U+0300, the first combining mark, is composed already.
  constexpr unsigned char first_lead = 0xCC;
  if (std::all_of(text.begin(), text.end(), [](char byte) {
        return static_cast<unsigned char>(byte) < first_lead;
      }))
    return std::string(text);
  Characters characters = decomposed(text);
  order_marks(characters);
  auto length = utf8proc_normalize_utf32(
      characters.data(), static_cast<utf8proc_ssize_t>(characters.size()),
      options);
  std::string out;
  out.reserve(text.size());
  for (utf8proc_ssize_t i = 0; i < length; ++i)
    append_utf8(out,
                static_cast<char32_t>(characters[static_cast<std::size_t>(i)]));
  return out;
}

} // namespace girih::llm
