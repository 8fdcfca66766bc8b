// SPDX-License-Identifier: Apache-2.0
// How keys and values are cut into pages.
#pragma once

#include <cstdint>

namespace girih::llm {

/// Tokens of a page.
inline constexpr std::int64_t page_size = 16;

/// Pages that hold so many tokens.
constexpr std::int64_t pages_of(std::int64_t tokens) {
  return tokens / page_size + (tokens % page_size > 0);
}

} // namespace girih::llm
