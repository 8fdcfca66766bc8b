// SPDX-License-Identifier: Apache-2.0
// A line of the user's source, kept beside everything that is recorded.
#pragma once

#include <source_location>
#include <string>

namespace girih {

/// A line of the user's source. Not part of a Program's text or hash.
struct SourceLine {
  std::string file;
  unsigned line = 0;

  SourceLine() = default;
  SourceLine(std::string path, unsigned number)
      : file(std::move(path)), line(number) {}
  SourceLine(const std::source_location &where) // NOLINT: implicit by design
      : file(where.file_name()), line(where.line()) {}

  /// Whether anything is known.
  bool known() const { return line != 0; }
  /// `file:line`, or nothing where unknown.
  std::string to_string() const {
    return known() ? file + ":" + std::to_string(line) : std::string();
  }
};

} // namespace girih
