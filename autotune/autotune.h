// SPDX-License-Identifier: Apache-2.0
// Tuned Configs in use: by the environment, and by Tuned.
#pragma once

#include "girih/autotune/problem.h"
#include "girih/autotune/search.h"
#include "girih/autotune/space.h"
#include "girih/autotune/table.h"

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

namespace girih::autotune {

/// GIRIH_AUTOTUNE.
enum class Mode : std::uint8_t { off, use, search };
/// What GIRIH_AUTOTUNE says; `otherwise` where it is unset. Throws RuntimeError
/// [environment].
Mode tuning_mode(Mode otherwise = Mode::use);

/// Gives what the store has; with Mode::search, what is not in there yet is
/// searched for by the first launch, in workers where worker_command() knows
/// one, else in this process, and kept.
class TunedConfigs : public ConfigProvider {
public:
  struct Options {
    Mode mode = Mode::use;
    std::string path; // of the store; empty: nothing is kept
    SearchOptions search = {};
    /// Space::derived unless given.
    std::function<Space(const Problem &)> space = {};
  };
  /// A store that cannot be read is no error: one line is logged, and nothing
  /// is known. One that is not there is not mentioned.
  explicit TunedConfigs(Options options);

  bool knows(std::string_view kernel) const override;
  std::optional<Config> choose(const ConfigQuery &query) override;
  /// Of what was read at first.
  const ConfigTable &table() const { return table_; }

private:
  std::optional<Config> search_for(const ConfigQuery &query);
  SearchResult run_search(const Problem &problem);

  Options options_;
  ConfigTable table_;
  std::mutex mutex_; // guards what follows, and one search at a time
  std::map<std::string, std::optional<Config>> found_; // by TuningKey::text
};

/// What the environment asks for; null for `off`, and for `use` without a
/// store. Linking autotune registers it (config_provider.h).
std::shared_ptr<ConfigProvider> provider_of_environment();

/// A kernel that tunes itself: the first call with operands of a bucket, dtypes
/// and device looks into the store, then searches its space, and later calls
/// run what was found. GIRIH_AUTOTUNE=use leaves out the search, `off` both.
/// Searching runs candidates on operands like those of the call, or on those
/// where there is no worker, and restores what they are not to change. A cheap,
/// thread-safe value handle.
///
///   const Tuned<> matmul(make("matmul", arrangement, application));
///   matmul(a, b, c);
template <class K = Kernel> class Tuned {
public:
  using MakeSpace = std::function<Space(const Problem &)>;

  explicit Tuned(const K &kernel, MakeSpace space = {},
                 const SearchOptions &options = {},
                 std::string store = store_path())
      // Plans of its own: other handles of the kernel are not tuned by it.
      : kernel_(kernel.source()),
        provider_(std::make_shared<TunedConfigs>(
            TunedConfigs::Options{tuning_mode(Mode::search), std::move(store),
                                  options, std::move(space)})) {}

  template <class... Arrays>
  void operator()(CallArgument first, const Arrays &...rest) const {
    const std::array<const Array *, 1 + sizeof...(rest)> pointers{&first.array,
                                                                  &rest...};
    const ScopedThreadProvider scope(provider_);
    kernel_.run(pointers, {}, first.where);
  }
  void
  launch(std::span<const Array> arrays, const Stream &stream = {},
         std::source_location where = std::source_location::current()) const {
    const ScopedThreadProvider scope(provider_);
    kernel_.launch(arrays, {{}, stream}, where);
  }
  /// Tunes for such operands, and says what a call runs.
  KernelReport prepare(std::span<const Array> arrays) const {
    const ScopedThreadProvider scope(provider_);
    return kernel_.prepare(arrays);
  }

private:
  K kernel_;
  std::shared_ptr<TunedConfigs> provider_;
};

} // namespace girih::autotune
