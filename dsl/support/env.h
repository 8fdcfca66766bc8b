// SPDX-License-Identifier: Apache-2.0
// The registry of environment variables; the only place that reads them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace girih {

/// One environment variable. `ours` is false for those of the system that we
/// honour; they are listed because getenv appears nowhere else.
struct EnvVariable {
  std::string_view name;
  std::string_view type;          // "path", "list", "integer", "size", "flag"
  std::string_view default_value; // as printed in the documentation
  std::string_view doc;           // one line
  bool ours;
};

/// All variables, in the order of the documentation's table.
std::span<const EnvVariable> environment();

/// The value, read anew at each call; nothing where unset or empty. A name that
/// is not in the registry is an InternalError.
std::optional<std::string> env(std::string_view name);

/// As an integer between `low` and `high`. Throws RuntimeError [environment].
std::optional<std::int64_t> env_integer(std::string_view name, std::int64_t low,
                                        std::int64_t high);

/// As a number of bytes with an optional suffix K, M, G: "512M". Throws
/// RuntimeError [environment].
std::optional<std::int64_t> env_size(std::string_view name);

/// Whether the comma-separated list `name` holds `word`. Words that the
/// variable does not have are refused with RuntimeError [environment]:
/// GIRIH_DEBUG has lineinfo, sync, bounds, race, nan; GIRIH_LOG has compile,
/// cache, remarks, tune.
bool env_has(std::string_view name, std::string_view word);

/// The table of docs and README: one Markdown row per variable of ours.
std::string environment_table();

} // namespace girih
