// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/tokenizer/byte_map.h"

#include "girih/examples/llm/tokenizer/characters.h"

#include <array>

namespace girih::llm {
namespace {

constexpr char32_t first_other = 0x100, characters = first_other + 68;

constexpr bool written_as_itself(unsigned byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) ||
         byte >= 0xAE;
}

constexpr auto character_table = [] {
  std::array<char32_t, 256> table{};
  char32_t other = first_other;
  for (unsigned byte = 0; byte < 256; ++byte)
    table[byte] = written_as_itself(byte) ? char32_t{byte} : other++;
  return table;
}();

constexpr auto byte_table = [] {
  std::array<int, characters> table{};
  for (int &byte : table)
    byte = -1;
  for (unsigned byte = 0; byte < 256; ++byte)
    table[character_table[byte]] = static_cast<int>(byte);
  return table;
}();

} // namespace

char32_t character_of_byte(std::uint8_t byte) { return character_table[byte]; }

std::string written_bytes(std::string_view bytes) {
  std::string out;
  for (char byte : bytes)
    append_utf8(out, character_of_byte(static_cast<std::uint8_t>(byte)));
  return out;
}

std::optional<std::string> bytes_of_written(std::string_view token) {
  std::string out;
  for (std::size_t at = 0; at < token.size();) {
    char32_t character = next_character(token, at);
    if (character >= characters || byte_table[character] < 0)
      return std::nullopt;
    out += static_cast<char>(byte_table[character]);
  }
  return out;
}

} // namespace girih::llm
