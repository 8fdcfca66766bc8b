// SPDX-License-Identifier: Apache-2.0
// JSON of files that nobody vouches for.
#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace girih::llm {

/// What a text may have at most: its tree takes a few times its bytes.
struct JsonLimits {
  std::size_t bytes = std::size_t{64} << 20;
  std::size_t depth = 64;
  std::size_t values = std::size_t{1} << 23;
};

/// The tree of a text. Throws ModelError with line and column for what is not
/// JSON, is past a limit, or has the same key twice in an object; `file` is for
/// messages.
nlohmann::json parse_json(std::string_view text, const std::string &file,
                          const JsonLimits &limits = {});

/// How many bytes there are up to the first that is 0, which no JSON has. The
/// library's parser would take it for the end of the text.
std::optional<std::size_t> zero_byte_in_json(std::string_view text);

/// "line 3, column 7", which is the last of so many bytes of a text; one more
/// than it has: its end.
std::string place_in_text(std::string_view text, std::size_t byte);

/// The beginning of a text from a file, fit for a message: long ones are cut,
/// bytes other than printable ASCII become '?'.
std::string printable(std::string_view text);

/// What the library says of a parse error, without its own prefix, fit for a
/// message.
std::string plain_json_message(std::string_view what);

} // namespace girih::llm
