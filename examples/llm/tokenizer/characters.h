// SPDX-License-Identifier: Apache-2.0
// Valid UTF-8, character by character, and kinds of characters.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace girih::llm {

/// The character at byte `at` of valid text; `at` moves behind it.
char32_t next_character(std::string_view text, std::size_t &at);

/// The byte where the character ends before byte `end` (> 0) begins.
std::size_t character_before(std::string_view text, std::size_t end);

void append_utf8(std::string &out, char32_t character);

/// White_Space of Unicode: 25 code points.
bool is_white_space(char32_t character);

/// `\w` of Unicode's regular expressions (UTS 18): letters, marks, decimal
/// digits, connectors and joiners.
bool is_word_character(char32_t character);

} // namespace girih::llm
