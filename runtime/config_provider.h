// SPDX-License-Identifier: Apache-2.0
// Who chooses Configs where the caller of a kernel demands none. Layers above
// this one put a provider in place; without one every kernel runs with its
// default Config.
#pragma once

#include "girih/dsl/config.h"
#include "girih/dsl/make.h"
#include "girih/runtime/array.h"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace girih {

/// What a Config is measured for, and applied to; nothing else. All parts are
/// text, so that they can be stored, compared and read.
struct TuningKey {
  /// 32 hex digits: hash of the kernel's Program under trial block sizes. A
  /// changed kernel, or another constant of it, is another key.
  std::string kernel;
  std::string dtypes;   // "bf16 bf16 f32", one for each operand
  std::string bucket;   // "4096x1024 1024x512 -", one for each operand
  std::string classes;  // what code may know of them: alignment, strides
  std::string device;   // "NVIDIA H200 sm_90a 132", "host znver4 16 ..."
  std::string compiler; // build of the compiler, and the assembler
  bool operator==(const TuningKey &) const = default;

  /// All parts, a line each.
  std::string text() const;
};

/// A hash of TuningKey::text(): what tables are searched by.
using KeyDigest = std::array<std::uint64_t, 2>;
KeyDigest digest_of(const TuningKey &key);
struct KeyDigestHash {
  std::size_t operator()(const KeyDigest &digest) const { return digest[0]; }
};

/// What a size counts as: the next power of two, or three of the one below.
/// There is no upper end.
std::int64_t tuning_bucket(std::int64_t size);

/// A launch that needs a Config.
struct ConfigQuery {
  const KernelSource &source;
  std::span<const Array *const> arrays;
  Device device;
  const TuningKey &key;
  const Config &fallback; // what runs unless the provider knows better
};

/// Thread-safe. Asked once for each kernel and shape of operands; later calls
/// have a plan.
class ConfigProvider {
public:
  virtual ~ConfigProvider() = default;
  /// Whether choose() may say something of kernels of that name: others cost
  /// no key.
  virtual bool knows(std::string_view kernel) const = 0;
  /// The Config to launch with; nothing: the fallback. Launches that it makes
  /// itself are not asked about. What it throws is logged, and the fallback
  /// runs; so it does where the kernel cannot run with the Config.
  virtual std::optional<Config> choose(const ConfigQuery &query) = 0;
};

/// Puts a provider in place, or none, and gives the one before. Kernels that
/// have been launched already are asked about anew.
std::shared_ptr<ConfigProvider>
set_config_provider(std::shared_ptr<ConfigProvider> provider);

/// Kernels that have been launched already are asked about anew.
void forget_chosen_configs();

/// Asks another provider about the launches of this thread for a scope.
class ScopedThreadProvider {
public:
  explicit ScopedThreadProvider(std::shared_ptr<ConfigProvider> provider);
  ~ScopedThreadProvider();
  ScopedThreadProvider(const ScopedThreadProvider &) = delete;
  ScopedThreadProvider &operator=(const ScopedThreadProvider &) = delete;

private:
  std::shared_ptr<ConfigProvider> provider_;
  ScopedThreadProvider *before_;
  friend std::shared_ptr<ConfigProvider> current_config_provider();
};

/// Called once, before the first launch that needs a Config, unless a provider
/// was put in place before: what it gives is the provider. For static
/// initialisers: nothing is done and nothing throws.
using ConfigProviderFactory = std::shared_ptr<ConfigProvider> (*)();
void register_config_provider(ConfigProviderFactory factory) noexcept;

/// Device and compiler of keys of that device.
std::string tuning_device(Device device);
std::string tuning_compiler(Device device);

} // namespace girih
