// SPDX-License-Identifier: Apache-2.0
// JSON of files that nobody vouches for.
#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
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

/// "line 3, column 7" of a byte of a text.
std::string place_in_text(std::string_view text, std::size_t byte);

/// The beginning of a text from a file, fit for a message: long ones are cut,
/// bytes other than printable ASCII become '?'.
std::string printable(std::string_view text);

/// What the library says of a parse error, without its own prefix, fit for a
/// message.
std::string plain_json_message(std::string_view what);

} // namespace girih::llm
