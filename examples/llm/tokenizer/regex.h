// SPDX-License-Identifier: Apache-2.0
// Regular expressions of tokenizer.json, run by PCRE2.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace girih::llm {

/// A regex that cannot be used, or that hits its limit on some text.
class RegexError : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// The same regex for PCRE2. The files are written for Oniguruma; what the two
/// would read differently is refused with a RegexError, and `\s` becomes the 25
/// code points that Oniguruma has for it (PCRE2 adds U+180E).
std::string regex_for_pcre2(std::string_view regex);

/// Whether it is one of the families' regexes: these take linear time on every
/// text, so no limit needs to stop them.
bool is_known_regex(std::string_view regex);

/// GPT-2's, which a ByteLevel step with use_regex stands for.
extern const std::string_view gpt2_regex;

/// A compiled regex that cuts text into matches and the gaps between them. May
/// be used by several threads at once.
class Regex {
public:
  /// Throws RegexError.
  explicit Regex(std::string_view regex);

  /// Cuts each piece of valid UTF-8 further; for the regex it begins and ends
  /// there. No result is empty. Throws RegexError where a regex that is not
  /// known takes too many steps.
  void split(std::vector<std::string_view> &pieces) const;

private:
  struct Code;
  std::shared_ptr<const Code> code_;
};

} // namespace girih::llm
