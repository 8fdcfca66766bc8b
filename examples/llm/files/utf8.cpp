// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/files/utf8.h"

namespace girih::llm {
namespace {

struct Lead {
  std::size_t length;        // 0: no character begins so
  unsigned char least, most; // of the second byte
};

// Table 3-7 of the Unicode standard.
Lead lead_of(unsigned char byte) {
  if (byte < 0x80)
    return {1, 0, 0};
  if (byte < 0xC2 || byte > 0xF4)
    return {0, 0, 0};
  if (byte < 0xE0)
    return {2, 0x80, 0xBF};
  if (byte < 0xF0)
    return {3, static_cast<unsigned char>(byte == 0xE0 ? 0xA0 : 0x80),
            static_cast<unsigned char>(byte == 0xED ? 0x9F : 0xBF)};
  return {4, static_cast<unsigned char>(byte == 0xF0 ? 0x90 : 0x80),
          static_cast<unsigned char>(byte == 0xF4 ? 0x8F : 0xBF)};
}

} // namespace

std::optional<std::size_t> first_invalid_utf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const Lead lead = lead_of(static_cast<unsigned char>(text[i]));
    if (lead.length == 0 || text.size() - i < lead.length)
      return i;
    for (std::size_t k = 1; k < lead.length; ++k) {
      const auto byte = static_cast<unsigned char>(text[i + k]);
      if (byte < (k == 1 ? lead.least : 0x80) ||
          byte > (k == 1 ? lead.most : 0xBF))
        return i;
    }
    i += lead.length;
  }
  return std::nullopt;
}

} // namespace girih::llm
