// SPDX-License-Identifier: Apache-2.0
// Pieces of the families' regexes against loops written by hand, and what
// becomes of regexes that nobody knows.
#include "girih/examples/llm/tokenizer/pretokenizer.h"

#include "expect_model_error.h"
#include "tokenizer_files.h"

#include <cctype>
#include <random>

namespace girih::testing {
namespace {

using llm::PretokenizerSteps;

PretokenizerSteps steps_of(const Strings &regexes) {
  PretokenizerSteps out;
  for (const std::string &regex : regexes)
    out.splits.push_back({regex, "split " + std::to_string(out.splits.size())});
  return out;
}

Strings pieces_of(const PretokenizerSteps &steps, const std::string &text) {
  std::vector<std::string> storage;
  Strings out;
  for (std::string_view piece :
       llm::Pretokenizer(steps, "tokenizer.json").split(text, storage))
    out.emplace_back(piece);
  return out;
}

Strings pieces_of(const Strings &regexes, const std::string &text) {
  return pieces_of(steps_of(regexes), text);
}

// ASCII only. Each function returns where the match that begins at `at` ends;
// npos: there is none.
class AsciiMatcher {
public:
  static constexpr std::size_t none = std::string::npos;
  explicit AsciiMatcher(const std::string &text) : text_(text) {}

  static bool letter(char c) { return std::isalpha(c) != 0; }
  static bool digit(char c) { return c >= '0' && c <= '9'; }
  static bool space(char c) { return c == ' ' || (c >= 9 && c <= 13); }
  static bool newline(char c) { return c == '\n' || c == '\r'; }
  static bool mark(char c) { return std::ispunct(c) != 0; }

  template <typename F> std::size_t run(std::size_t at, F &&is) const {
    while (at < text_.size() && is(text_[at]))
      ++at;
    return at;
  }
  bool is(std::size_t at, bool (*kind)(char)) const {
    return at < text_.size() && kind(text_[at]);
  }

  std::size_t contraction(std::size_t at) const {
    if (text_[at] != '\'')
      return none;
    for (const char *end : {"s", "t", "re", "ve", "m", "ll", "d"}) {
      std::size_t i = 0;
      while (end[i] && at + 1 + i < text_.size() &&
             std::tolower(text_[at + 1 + i]) == end[i])
        ++i;
      if (!end[i])
        return at + 1 + i;
    }
    return none;
  }

  std::size_t white_space(std::size_t at) const {
    std::size_t end = run(at, space);
    if (end == at)
      return none;
    for (std::size_t last = end; last > at; --last)
      if (newline(text_[last - 1]))
        return last;
    return end == text_.size() || end - at == 1 ? end : end - 1;
  }

  std::size_t others(std::size_t at, bool (*kind)(char)) const {
    std::size_t begin = text_[at] == ' ' ? at + 1 : at;
    std::size_t end = run(begin, kind);
    return end == begin ? none : run(end, newline);
  }

  std::size_t general(std::size_t at, std::size_t most_digits) const {
    if (std::size_t end = contraction(at); end != none)
      return end;
    char c = text_[at];
    bool leads = !letter(c) && !digit(c) && !newline(c);
    if (letter(c) || (leads && is(at + 1, letter)))
      return run(at + 1, letter);
    if (digit(c))
      return std::min(run(at, digit), at + most_digits);
    auto other = [](char x) { return !space(x) && !letter(x) && !digit(x); };
    if (std::size_t end = others(at, +other); end != none)
      return end;
    return white_space(at);
  }

  std::size_t deepseek(std::size_t at) const {
    char c = text_[at];
    if (mark(c) && is(at + 1, letter))
      return run(at + 1, letter);
    bool leads = !letter(c) && !mark(c) && !newline(c);
    if (letter(c) || (leads && is(at + 1, letter)))
      return run(at + 1, letter);
    if (std::size_t end = others(at, mark); end != none)
      return end;
    return white_space(at);
  }

private:
  const std::string &text_;
};

template <typename F>
void cut(const std::string &text, F &&match, Strings &out) {
  std::size_t done = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = match(AsciiMatcher(text), at);
    if (end == AsciiMatcher::none) {
      ++at; // part of a gap
      continue;
    }
    if (done < at)
      out.push_back(text.substr(done, at - done));
    out.push_back(text.substr(at, end - at));
    at = done = end;
  }
  if (done < text.size())
    out.push_back(text.substr(done));
}

Strings ascii_pieces(const std::string &text, std::size_t most_digits) {
  Strings out;
  cut(
      text,
      [&](const AsciiMatcher &m, std::size_t at) {
        return m.general(at, most_digits);
      },
      out);
  return out;
}

Strings ascii_deepseek(const std::string &text) {
  Strings first, out;
  cut(
      text,
      [](const AsciiMatcher &m, std::size_t at) {
        std::size_t end = m.run(at, AsciiMatcher::digit);
        return end == at ? AsciiMatcher::none : std::min(end, at + 3);
      },
      first);
  for (const std::string &piece : first)
    cut(
        piece,
        [](const AsciiMatcher &m, std::size_t at) { return m.deepseek(at); },
        out);
  return out;
}

TEST(PretokenizerTest, RandomAsciiAgainstLoops) {
  std::mt19937 random(3);
  const std::string few = "ab1 \n\r\t'.sStTrRlL ";
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (auto count = random() % 16; count > 0; --count)
      text += random() % 3 ? few[random() % few.size()]
                           : static_cast<char>(random() % 128);
    EXPECT_EQ(pieces_of({qwen_regex}, text), ascii_pieces(text, 1)) << text;
    EXPECT_EQ(pieces_of({llama3_regex}, text), ascii_pieces(text, 3)) << text;
    EXPECT_EQ(pieces_of(deepseek_regexes, text), ascii_deepseek(text)) << text;
  }
}

TEST(PretokenizerTest, WhiteSpaceGoesToTheWordBehindIt) {
  EXPECT_EQ(pieces_of({qwen_regex}, "a   word"), (Strings{"a", "  ", " word"}));
  EXPECT_EQ(pieces_of({qwen_regex}, "   "), (Strings{"   "}));
  EXPECT_EQ(pieces_of({qwen_regex}, ""), (Strings{}));
  EXPECT_EQ(pieces_of({qwen_regex}, " \n \n x"), (Strings{" \n \n", " x"}));
}

TEST(PretokenizerTest, Unicode) {
  // The long s folds to s; U+180E is no white space, U+0085 is.
  EXPECT_EQ(pieces_of({qwen_regex}, "it'\u017f"), (Strings{"it", "'\u017f"}));
  EXPECT_EQ(pieces_of({qwen_regex}, "\u180e\u180ea"),
            (Strings{"\u180e\u180e", "a"}));
  EXPECT_EQ(pieces_of({qwen_regex}, "\u0085\u0085."),
            (Strings{"\u0085", "\u0085", "."}));
  EXPECT_EQ(pieces_of({llama3_regex}, "12\u0664\u00bd5"),
            (Strings{"12\u0664", "\u00bd5"}));
  EXPECT_EQ(pieces_of({qwen_regex}, "\u6f22\u5b57\u3001\u304b"),
            (Strings{"\u6f22\u5b57", "\u3001\u304b"}));
  // Marks are no letters to Qwen, but are to DeepSeek, which also keeps
  // characters of Chinese and Japanese apart from others.
  EXPECT_EQ(pieces_of({qwen_regex}, "e\u0301x"), (Strings{"e", "\u0301x"}));
  EXPECT_EQ(pieces_of(deepseek_regexes, "e\u0301x"), (Strings{"e\u0301x"}));
  EXPECT_EQ(pieces_of(deepseek_regexes, "abc\u6f22\u5b57\u304bd1234"),
            (Strings{"abc", "\u6f22\u5b57\u304b", "d", "123", "4"}));
}

TEST(PretokenizerTest, ByteLevelByItself) {
  PretokenizerSteps steps;
  steps.split_byte_level = true;
  EXPECT_EQ(pieces_of(steps, "it's  12 x?!"),
            (Strings{"it", "'s", " ", " 12", " x", "?!"}));
  steps.add_prefix_space = true;
  EXPECT_EQ(pieces_of(steps, "a b"), (Strings{" a", " b"}));
  EXPECT_EQ(pieces_of(steps, " a"), (Strings{" a"}));
  EXPECT_EQ(pieces_of(steps, "\na"), (Strings{" ", "\n", "a"}));
  steps.splits = {{"\\p{N}", "digits"}};
  EXPECT_EQ(pieces_of(steps, "a1b"), (Strings{" a", " 1", " b"}));
}

TEST(PretokenizerTest, UnknownRegexes) {
  EXPECT_EQ(pieces_of({"[\\p{Lu}\\d]+?|(?<=a)b*"}, "ABab1"),
            (Strings{"A", "B", "a", "b", "1"}));
  EXPECT_EQ(pieces_of({"(a|bc)++"}, "xabcay"), (Strings{"x", "abca", "y"}));
  // A match of nothing cuts, and goes on.
  EXPECT_EQ(pieces_of({"(?=\u00e9)"}, "a\u00e9\u00e9"),
            (Strings{"a", "\u00e9", "\u00e9"}));
  EXPECT_EQ(pieces_of({"x*"}, "a\u00e9xx"), (Strings{"a", "\u00e9", "xx"}));
}

void expect_refused(const std::string &regex, const std::string &words) {
  expect_model_error([&] { pieces_of({"a", regex}, "x"); }, "tokenizer.json",
                     "split 1", words);
}

// What Oniguruma, for which the files are written, would read otherwise.
TEST(PretokenizerTest, RefusesWhatIsReadInTwoWays) {
  for (const char *regex : {".", "^a", "a$", "a]", "}"})
    expect_refused(regex, "outside of a set");
  for (const char *regex : {"\\w", "\\b", "\\1", "\\h", "\\X", "\\C", "\\Qa",
                            "\\x41", "\\u0041", "[\\w]", "\\\u00e9"})
    expect_refused(regex, "has the escape \\");
  for (const char *regex : {"(?i)a", "(?i:ss)", "(?m:a)", "(?<n>a)", "(?P<n>a)",
                            "(*UTF)a", "(?#a)", "(?R)", "(*ACCEPT)"})
    expect_refused(regex, "has a group that begins with");
  for (const char *regex :
       {"a{,3}", "a{2}?", "a{2,3}+", "a{x}", "a{", "{2", "a{1,2,3}", "a{2"})
    expect_refused(regex, "that is not {n}, {n,} or {n,m}");
  for (const char *regex : {"[a[b]]", "[a&&b]", "[[:alpha:]]"})
    expect_refused(regex, "has a set within a set");
  for (const char *regex : {"\\p{Han}", "\\p{^L}", "\\pL", "\\p{", "\\P{Cn}",
                            "\\p{L&}", "[\\p{Latin}]"})
    expect_refused(regex, "other than a general category");
  expect_refused("[]a]", "begins with ']'");
  expect_refused("[^]a]", "begins with ']'");
  expect_refused("[a", "a set without end");
  expect_refused("[\\S]", "\\S in a set");
  expect_refused("[\\s-a]", "a range that begins with a class");
  expect_refused("a\\", "a backslash at its end");
  expect_refused(std::string("a\0b", 3), "outside of a set");
}

TEST(PretokenizerTest, RefusesWhatDoesNotCompile) {
  expect_refused("(a", "is no regular expression: missing closing parenthesis");
  expect_refused("[z-a]", "range out of order");
  expect_refused("a**b)", "is no regular expression");
  expect_refused(std::string(5000, 'a'), "is longer than 4096 bytes");
  std::string deep;
  for (int i = 0; i < 400; ++i)
    deep += "(?:";
  expect_refused(deep + "a" + std::string(400, ')'), "too deeply nested");
  expect_refused("(?:(?:(?:(?:a{900}){900}){900}){900})", "is too large");
}

// One that takes exponential time on a text that is made for it.
TEST(PretokenizerTest, StopsRegexesThatTakeForever) {
  expect_model_error(
      [&] { pieces_of({"(?:a|a)+[bd]", "c"}, std::string(60, 'a') + "c"); },
      "tokenizer.json", "split 0", "cannot be matched: match limit exceeded");
}

TEST(PretokenizerTest, DeepMatches) {
  // More than the stack of compiled matches holds.
  std::string text(20'000, 'a');
  EXPECT_EQ(pieces_of({"(?:a|b)+"}, text), (Strings{text}));
}

} // namespace
} // namespace girih::testing
