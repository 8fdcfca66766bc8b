// SPDX-License-Identifier: Apache-2.0
// What Oniguruma and PCRE2 read alike, and the families' regexes, which are
// written in it.
#include "girih/examples/llm/tokenizer/regex.h"

#include "girih/examples/llm/files/json.h"

#include <algorithm>
#include <array>

namespace girih::llm {
namespace {

// As the inside of a class.
constexpr std::string_view white_space =
    "\\x{9}-\\x{D}\\x{20}\\x{85}\\x{A0}\\x{1680}\\x{2000}-\\x{200A}\\x{2028}"
    "\\x{2029}\\x{202F}\\x{205F}\\x{3000}";

// The one group that ignores case: with other letters Oniguruma would let two
// characters match one, as "ss" does in German.
constexpr std::string_view contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";

constexpr std::string_view qwen =
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?"
    "[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
constexpr std::string_view llama3 =
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?"
    "[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
constexpr std::string_view deepseek_digits = "\\p{N}{1,3}";
constexpr std::string_view deepseek_han = "[一-龥぀-ゟ゠-ヿ]+";
constexpr std::string_view deepseek_words =
    "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|"
    "[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|"
    "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

constexpr std::string_view gpt2 =
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|"
    "\\s+(?!\\S)|\\s+";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; }

class Translator {
public:
  explicit Translator(std::string_view regex) : rest_(regex) {}

  std::string run() {
    while (!rest_.empty())
      item();
    return std::move(out_);
  }

private:
  [[noreturn]] static void refuse(std::string_view what) {
    throw RegexError("has " + std::string(what) + ", which is not read here");
  }

  // Copies `count` characters.
  void keep(std::size_t count) {
    out_ += rest_.substr(0, count);
    rest_.remove_prefix(count);
  }

  void item() {
    switch (rest_.front()) {
    case '(':
      return group();
    case '[':
      return set();
    case '\\':
      return escape(false);
    case '*':
    case '+':
    case '?': // greedy, or lazy or possessive by what follows
      return keep(rest_.size() > 1 && (rest_[1] == '?' || rest_[1] == '+') ? 2
                                                                           : 1);
    case '{':
      return counted();
    case '.':
    case '^':
    case '$':
    case ']':
    case '}':
    case '\0':
      refuse("a '" + printable(rest_.substr(0, 1)) + "' outside of a set");
    default:
      keep(1);
    }
  }

  void group() {
    if (rest_.starts_with(contractions))
      return keep(contractions.size());
    constexpr std::array<std::string_view, 6> kinds = {"(?:",  "(?=",  "(?!",
                                                       "(?<=", "(?<!", "(?>"};
    for (std::string_view kind : kinds)
      if (rest_.starts_with(kind))
        return keep(kind.size());
    if (rest_.starts_with("(?") || rest_.starts_with("(*"))
      refuse("a group that begins with '" + printable(rest_.substr(0, 3)) +
             "'");
    keep(1);
  }

  // {n}, {n,} or {n,m} without a mark behind: Oniguruma has its own reading of
  // all others.
  void counted() {
    std::size_t end = 1, commas = 0;
    while (end < rest_.size() && (is_digit(rest_[end]) || rest_[end] == ','))
      commas += rest_[end++] == ',';
    bool good = end < rest_.size() && rest_[end] == '}' && is_digit(rest_[1]) &&
                commas <= 1;
    char behind = end + 1 < rest_.size() ? rest_[end + 1] : ' ';
    if (!good || behind == '?' || behind == '+')
      refuse("a '{' that is not {n}, {n,} or {n,m}");
    keep(end + 1);
  }

  void escape(bool in_set) {
    if (rest_.size() < 2)
      refuse("a backslash at its end");
    switch (char c = rest_[1]) {
    case 's':
      out_ += in_set ? std::string(white_space)
                     : "[" + std::string(white_space) + "]";
      return rest_.remove_prefix(2);
    case 'S':
      if (in_set)
        refuse("\\S in a set");
      out_ += "[^" + std::string(white_space) + "]";
      return rest_.remove_prefix(2);
    case 'd':
      out_ += "\\p{Nd}";
      return rest_.remove_prefix(2);
    case 'p':
    case 'P':
      return property();
    case 'r':
    case 'n':
    case 't':
      return keep(2);
    default:
      if (is_letter(c) || is_digit(c) || c < '!' || c > '~')
        refuse("the escape \\" + printable(rest_.substr(1, 1)));
      keep(2);
    }
  }

  // A general category, such as \p{L} or \p{Lu}.
  void property() {
    std::size_t end = rest_.find('}');
    std::string_view name;
    if (rest_.substr(2).starts_with("{") && end != std::string_view::npos)
      name = rest_.substr(3, end - 3);
    bool category =
        (name.size() == 1 || name.size() == 2) &&
        std::string_view("LMNPSZ").find(name[0]) != std::string_view::npos &&
        (name.size() == 1 || (name[1] >= 'a' && name[1] <= 'z'));
    if (!category)
      refuse("a property other than a general category");
    keep(end + 1);
  }

  void set() {
    keep(rest_.substr(1).starts_with("^") ? 2 : 1);
    if (rest_.starts_with("]"))
      refuse("a set that begins with ']'");
    while (!rest_.starts_with("]")) {
      if (rest_.empty())
        refuse("a set without end");
      if (rest_.front() == '[' || rest_.starts_with("&&"))
        refuse("a set within a set");
      if (rest_.front() != '\\') {
        keep(1);
        continue;
      }
      bool several =
          rest_.size() > 1 && is_letter(rest_[1]) &&
          std::string_view("rnt").find(rest_[1]) == std::string_view::npos;
      escape(true);
      if (several && rest_.starts_with("-") && !rest_.starts_with("-]"))
        refuse("a range that begins with a class");
    }
    keep(1);
  }

  std::string_view rest_;
  std::string out_;
};

} // namespace

const std::string_view gpt2_regex = gpt2;

std::string regex_for_pcre2(std::string_view regex) {
  return Translator(regex).run();
}

bool is_known_regex(std::string_view regex) {
  constexpr std::array known = {qwen,         llama3,         deepseek_digits,
                                deepseek_han, deepseek_words, gpt2};
  return std::find(known.begin(), known.end(), regex) != known.end();
}

} // namespace girih::llm
