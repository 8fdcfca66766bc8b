// SPDX-License-Identifier: Apache-2.0
// Finds stop strings in text that comes in pieces.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace girih::llm {

class StopStrings {
public:
  /// Empty strings stop nothing.
  explicit StopStrings(std::vector<std::string> strings = {});

  /// More text; gives what can be shown: neither a stop string, nor what may
  /// yet become one. The earliest one counts, of those that begin together the
  /// first to be complete.
  std::string push(std::string_view text);
  /// Whether one was found. Nothing is shown after it.
  bool found() const { return found_; }
  /// There is no more text: what was held back.
  std::string finish();

private:
  std::vector<std::string> strings_;
  std::string held_;
  bool found_ = false;
};

} // namespace girih::llm
