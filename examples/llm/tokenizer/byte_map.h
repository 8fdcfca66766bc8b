// SPDX-License-Identifier: Apache-2.0
// The characters in which byte-level vocabularies write bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace girih::llm {

/// Printable bytes of Latin-1 are written as themselves, the other 68, in
/// order, as U+0100 and on: a space is U+0120.
char32_t character_of_byte(std::uint8_t byte);

/// Bytes as a vocabulary writes them.
std::string written_bytes(std::string_view bytes);

/// The bytes of a token as it is written; nothing if it has a character that
/// stands for no byte. The token must be UTF-8.
std::optional<std::string> bytes_of_written(std::string_view token);

} // namespace girih::llm
