// SPDX-License-Identifier: Apache-2.0
#include "girih/dsl/support/env.h"

#include "girih/dsl/support/diagnostics.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace girih {
namespace {

constexpr EnvVariable variables[] = {
    {"GIRIH_AUTOTUNE", "word", "use",
     "`use`: Configs that were tuned run where the caller gives none; "
     "`search`: "
     "what was not tuned yet is, by its first call; `off`: neither.",
     true},
    {"GIRIH_CACHE_DIR", "path", "$XDG_CACHE_HOME/girih",
     "Folder of compiled kernels; no disk cache with `off`.", true},
    {"GIRIH_CACHE_SIZE", "size", "1G",
     "The disk cache is trimmed to this size, least recently used first.",
     true},
    {"GIRIH_DEBUG", "list", "",
     "`lineinfo`: source lines in the code; `sync`: check after each launch. "
     "On the host, slowly: `bounds`: no index that is data, and no number as "
     "an index of a tile, is out of range; "
     "`race`: programs do not touch each other's elements and write all; "
     "`nan`: what is stored is no NaN made by the kernel.",
     true},
    {"GIRIH_DEVICE", "name", "",
     "Default device: `host`, `cuda`, `cuda:1`. Empty: the first usable GPU, "
     "else the host.",
     true},
    {"GIRIH_DUMP", "path", "",
     "Folder that receives every stage of every kernel compiled.", true},
    {"GIRIH_LOG", "list", "",
     "What to say on standard error: `compile`, `cache`, `remarks`, `tune`.",
     true},
    {"GIRIH_NUM_THREADS", "integer", "all cores", "Threads of the host device.",
     true},
    {"GIRIH_NVRTC", "path", "",
     "The libnvrtc to use, which compiles CUDA C++; `off` refuses such "
     "kernels.",
     true},
    {"GIRIH_OVERRIDE", "path", "",
     "Folder of edited stages, read back instead of the compiler's own.", true},
    {"GIRIH_POOL_KEEP", "size", "256M on the host, all on a GPU",
     "Freed memory that the pool of each device keeps for the next request.",
     true},
    {"GIRIH_PTXAS", "path", "",
     "The ptxas to use; `off` leaves assembly to the driver.", true},
    {"GIRIH_TUNE_BUDGET", "integer", "10",
     "Seconds that `GIRIH_AUTOTUNE=search` takes for a kernel and shape.",
     true},
    {"GIRIH_TUNE_STORE", "path", "$XDG_DATA_HOME/girih/tuned.sqlite",
     "File of what was tuned; none with `off`.", true},
    {"CUDA_HOME", "path", "", "Where ptxas and NVRTC are looked for.", false},
    {"CUDA_PATH", "path", "", "Where ptxas and NVRTC are looked for.", false},
    {"GIRIH_FUZZ_FIRST", "integer", "1", "Of the tests: the first random seed.",
     false},
    {"GIRIH_FUZZ_SEEDS", "integer", "", "Of the tests: how many random seeds.",
     false},
    {"GIRIH_MODEL_DIR", "path", "",
     "Of the tests: the folder of DeepSeek-R1-Distill-Qwen-1.5B.", false},
    {"GIRIH_OP_RESULTS", "path", "",
     "Of the tests of operators: the file that keeps what they called, and "
     "whether they passed.",
     false},
    {"HOME", "path", "",
     "Parent of .cache and .local/share where XDG_CACHE_HOME and XDG_DATA_HOME "
     "are unset.",
     false},
    {"PATH", "list", "", "Where ptxas is looked for.", false},
    {"TMPDIR", "path", "/tmp", "Folder of temporary files.", false},
    {"XDG_CACHE_HOME", "path", "$HOME/.cache", "Parent of the cache folder.",
     false},
    {"XDG_DATA_HOME", "path", "$HOME/.local/share",
     "Parent of the folder of what was tuned.", false},
};

struct Words {
  std::string_view name;
  std::string_view words;
};
constexpr Words lists[] = {
    {"GIRIH_DEBUG", "lineinfo,sync,bounds,race,nan"},
    {"GIRIH_LOG", "compile,cache,remarks,tune"},
};

bool list_has(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    auto comma = std::min(list.find(','), list.size());
    if (list.substr(0, comma) == word)
      return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

[[noreturn]] void refuse(std::string_view name, std::string_view value,
                         std::string_view why) {
  throw RuntimeError(ErrorId::environment, {name, value, why});
}

} // namespace

std::span<const EnvVariable> environment() { return variables; }

std::optional<std::string> env(std::string_view name) {
  auto known = std::any_of(std::begin(variables), std::end(variables),
                           [&](const auto &each) { return each.name == name; });
  ensure(known, "environment variable without a row in the registry");
  const char *value = std::getenv(std::string(name).c_str());
  if (!value || !*value)
    return std::nullopt;
  return std::string(value);
}

std::optional<std::int64_t> env_integer(std::string_view name, std::int64_t low,
                                        std::int64_t high) {
  auto text = env(name);
  if (!text)
    return std::nullopt;
  std::int64_t value = 0;
  const char *end = text->data() + text->size();
  auto [rest, error] = std::from_chars(text->data(), end, value);
  if (error != std::errc() || rest != end || value < low || value > high)
    refuse(name, *text,
           "expected an integer from " + std::to_string(low) + " to " +
               std::to_string(high));
  return value;
}

std::optional<std::int64_t> env_size(std::string_view name) {
  auto text = env(name);
  if (!text)
    return std::nullopt;
  std::int64_t value = 0;
  const char *end = text->data() + text->size();
  auto [rest, error] = std::from_chars(text->data(), end, value);
  int shift = 0;
  if (error == std::errc() && rest + 1 == end) {
    auto suffix = std::string_view("KMG").find(*rest);
    if (suffix != std::string_view::npos) {
      shift = 10 * (static_cast<int>(suffix) + 1);
      ++rest;
    }
  }
  if (error != std::errc() || rest != end || value < 0 ||
      value > (INT64_MAX >> shift))
    refuse(name, *text, "expected a size such as 512M");
  return value << shift;
}

bool env_has(std::string_view name, std::string_view word) {
  auto text = env(name);
  if (!text)
    return false;
  std::string_view allowed;
  for (const Words &each : lists)
    if (each.name == name)
      allowed = each.words;
  ensure(list_has(allowed, word), "a word that the variable does not have");
  std::string_view rest = *text;
  while (!rest.empty()) {
    auto comma = std::min(rest.find(','), rest.size());
    if (!list_has(allowed, rest.substr(0, comma)))
      refuse(name, *text, "expected a list of " + std::string(allowed));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return list_has(*text, word);
}

std::string environment_table() {
  std::string out =
      "| variable | type | default | meaning |\n|---|---|---|---|\n";
  for (const EnvVariable &each : variables) {
    if (!each.ours)
      continue;
    out += "| `" + std::string(each.name) + "` | " + std::string(each.type) +
           " | " + std::string(each.default_value) + " | " +
           std::string(each.doc) + " |\n";
  }
  return out;
}

} // namespace girih
