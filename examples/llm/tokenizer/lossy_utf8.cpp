// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/tokenizer/lossy_utf8.h"

#include <cstddef>
#include <utility>

namespace girih::llm {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD"; // U+FFFD

// How the bytes from some place on begin.
struct Beginning {
  enum Kind { whole, invalid, unfinished } kind;
  std::size_t length; // of the character, or of what can never be one
};

struct LeadByte {
  int more;              // bytes that must follow; -1: no character begins so
  unsigned lowest, most; // the first of them
};

LeadByte lead_byte(unsigned char byte) {
  if (byte < 0x80)
    return {0, 0, 0};
  if (byte >= 0xC2 && byte <= 0xDF)
    return {1, 0x80, 0xBF};
  if (byte >= 0xE0 && byte <= 0xEF)
    return {2, byte == 0xE0 ? 0xA0u : 0x80u, byte == 0xED ? 0x9Fu : 0xBFu};
  if (byte >= 0xF0 && byte <= 0xF4)
    return {3, byte == 0xF0 ? 0x90u : 0x80u, byte == 0xF4 ? 0x8Fu : 0xBFu};
  return {-1, 0, 0};
}

Beginning beginning(std::string_view bytes, std::size_t at) {
  auto [more, lowest, most] = lead_byte(static_cast<unsigned char>(bytes[at]));
  if (more < 0)
    return {Beginning::invalid, 1};
  for (int i = 1; i <= more; ++i) {
    auto length = static_cast<std::size_t>(i);
    if (at + length == bytes.size())
      return {Beginning::unfinished, length};
    auto byte = static_cast<unsigned char>(bytes[at + length]);
    if (byte < lowest || byte > most)
      return {Beginning::invalid, length};
    lowest = 0x80;
    most = 0xBF;
  }
  return {Beginning::whole, static_cast<std::size_t>(more) + 1};
}

} // namespace

std::string LossyUtf8::push(std::string_view more) {
  std::string joined, out;
  if (!held_.empty()) {
    joined = std::exchange(held_, {}).append(more);
    more = joined;
  }
  for (std::size_t at = 0; at < more.size();) {
    auto [kind, length] = beginning(more, at);
    if (kind == Beginning::whole)
      out += more.substr(at, length);
    else if (kind == Beginning::invalid)
      out += replacement;
    else
      held_ = more.substr(at, length);
    at += length;
  }
  return out;
}

std::string LossyUtf8::finish() {
  bool waits = !std::exchange(held_, {}).empty();
  return std::string(waits ? replacement : "");
}

} // namespace girih::llm
