// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz target over damaged copies of the files of a corpus; where the
// target has a mutator of its own, half of them are also changed by that:
//   TARGET [--seed S] [--from N] [--runs N] FOLDER...
// Run N of a seed is always the same input, so that `--from N --runs 1` is what
// a failure is looked at with.
#include "girih/examples/llm/fuzz/fuzz_target.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <vector>

extern "C" [[gnu::weak]] void __sanitizer_set_death_callback(void (*)());
extern "C" [[gnu::weak]] std::size_t LLVMFuzzerCustomMutator(std::uint8_t *data,
                                                             std::size_t size,
                                                             std::size_t most,
                                                             unsigned int seed);
/// What a target's mutator leaves to the driver: nothing here, as bytes are
/// damaged in any case.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t *, std::size_t size,
                                        std::size_t) {
  return size;
}

namespace {

using Random = std::mt19937_64;

struct Options {
  unsigned long long seed = 1, from = 0, runs = 20'000;
  std::vector<std::string> corpus;
};

unsigned long long seed_now, run_now;

void tell_run() {
  std::fprintf(stderr, "failed: --seed %llu --from %llu --runs 1\n", seed_now,
               run_now);
}

void on_signal(int number) {
  tell_run();
  std::signal(number, SIG_DFL);
  std::raise(number);
}

constexpr const char *tokens[] = {"{",
                                  "}",
                                  "[",
                                  "]",
                                  ":",
                                  ",",
                                  "\"",
                                  "null",
                                  "true",
                                  "\\u0000",
                                  "\\ud800",
                                  "1e999",
                                  "-1",
                                  "0",
                                  "0.5",
                                  "-0",
                                  "9223372036854775807",
                                  "9223372036854775808",
                                  "18446744073709551615",
                                  "18446744073709551616",
                                  "4294967296",
                                  "1e308",
                                  "[[[[[[[[",
                                  "\xff",
                                  "\xe2\x82",
                                  "\"\":",
                                  "[]",
                                  "{}",
                                  "\"a\":[],"};

std::size_t below(Random &random, std::size_t limit) {
  return limit == 0 ? 0 : static_cast<std::size_t>(random() % limit);
}

// A number of the text becomes another one.
void change_number(Random &random, std::string &text) {
  const std::size_t start =
      text.find_first_of("0123456789", below(random, text.size()));
  if (start == std::string::npos)
    return;
  const std::size_t end = text.find_first_not_of("0123456789.eE+-", start);
  text.replace(start, (end == std::string::npos ? text.size() : end) - start,
               random() % 2 ? std::to_string(random() % 300)
                            : tokens[11 + random() % 11]);
}

void mutate(Random &random, std::string &text, const std::string &other) {
  const std::size_t at = below(random, text.size() + 1),
                    length = 1 + below(random, 16);
  switch (random() % 9) {
  case 0:
    if (at < text.size())
      text[at] ^= static_cast<char>(1 << random() % 8);
    break;
  case 1:
    if (at < text.size())
      text[at] = static_cast<char>(random());
    break;
  case 2:
    text.erase(std::min(at, text.size()), length);
    break;
  case 3:
    text.resize(at);
    break;
  case 4:
    text.insert(at, tokens[random() % std::size(tokens)]);
    break;
  case 5:
    text.insert(at, text.substr(below(random, text.size()), length * 4));
    break;
  case 6:
    text.replace(at, length, other.substr(below(random, other.size()), length));
    break;
  default:
    change_number(random, text);
  }
}

// By the target's mutator, a few times.
void mutate_as_target(Random &random, std::string &text) {
  constexpr std::size_t most = std::size_t{1} << 16;
  for (std::size_t n = 1 + below(random, 3); n > 0; --n) {
    const std::size_t size = std::min(text.size(), most);
    text.resize(most);
    text.resize(LLVMFuzzerCustomMutator(
        reinterpret_cast<std::uint8_t *>(text.data()), size, most,
        static_cast<unsigned int>(random())));
  }
}

// In memory of its very size, so that a read past its end is seen.
void run(const std::string &text) {
  auto bytes = std::make_unique<std::uint8_t[]>(text.size());
  std::memcpy(bytes.get(), text.data(), text.size());
  LLVMFuzzerTestOneInput(bytes.get(), text.size());
}

std::vector<std::string> read_corpus(const std::vector<std::string> &folders) {
  std::vector<std::filesystem::path> paths;
  for (const std::string &each : folders)
    for (const auto &entry : std::filesystem::directory_iterator(each))
      if (entry.is_regular_file())
        paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> texts;
  for (const auto &each : paths) {
    std::ifstream file(each, std::ios::binary);
    texts.emplace_back(std::istreambuf_iterator<char>(file),
                       std::istreambuf_iterator<char>());
  }
  return texts;
}

Options parse(int count, char **arguments) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string name = arguments[i];
    unsigned long long *number = name == "--seed"   ? &options.seed
                                 : name == "--from" ? &options.from
                                 : name == "--runs" ? &options.runs
                                                    : nullptr;
    if (number && i + 1 < count)
      *number = std::strtoull(arguments[++i], nullptr, 10);
    else
      options.corpus.push_back(name);
  }
  return options;
}

} // namespace

int main(int count, char **arguments) {
  const Options options = parse(count, arguments);
  const std::vector<std::string> corpus = read_corpus(options.corpus);
  if (corpus.empty()) {
    std::fprintf(stderr, "no corpus: name its folders\n");
    return 1;
  }
  for (int each : {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE, SIGTRAP})
    std::signal(each, on_signal);
  if (__sanitizer_set_death_callback)
    __sanitizer_set_death_callback(tell_run);
  std::printf("seed %llu, runs %llu to %llu, %zu files\n", options.seed,
              options.from, options.from + options.runs, corpus.size());
  seed_now = options.seed;
  for (const std::string &each : corpus)
    run(each);
  for (run_now = options.from; run_now < options.from + options.runs;
       ++run_now) {
    Random random(options.seed * 0x9e3779b97f4a7c15u + run_now);
    std::string text = corpus[below(random, corpus.size())];
    const std::string &other = corpus[below(random, corpus.size())];
    const bool whole = LLVMFuzzerCustomMutator && random() % 2;
    if (whole)
      mutate_as_target(random, text);
    // Three of four of those stay whole.
    if (!whole || random() % 4 == 0)
      for (std::size_t n = 1 + below(random, 6); n > 0; --n)
        mutate(random, text, other);
    run(text);
  }
  return 0;
}
