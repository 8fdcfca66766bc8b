// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/launch/tuning_key.h"

#include "girih/dsl/record.h"
#include "girih/dsl/support/env.h"
#include "girih/runtime/cuda/gpu.h"
#include "girih/runtime/executable.h"
#include "girih/runtime/failure.h"
#include "girih/runtime/fork_mutex.h"
#include "girih/runtime/host/parallel.h"
#include "girih/runtime/launch/specialise.h"

#include <fmt/format.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <atomic>
#include <bit>
#include <map>
#include <mutex>
#include <utility>

namespace girih {
namespace {

void append_number(std::string &text, std::int64_t number) {
  const fmt::format_int digits(number);
  text.append(digits.data(), digits.size());
}

void append_bucket(std::string &text, const Array &array) {
  if (array.rank() == 0)
    text += '-';
  for (int dim = 0; dim < array.rank(); ++dim) {
    if (dim > 0)
      text += 'x';
    append_number(text, tuning_bucket(array.size(dim)));
  }
}

/// Whether the array is settled is a matter of the moment, not of its kind.
void append_class(std::string &text, const Array &array) {
  const OperandClass known = classify(array);
  text += known.by_value ? 'v' : known.aligned ? 'a' : 'u';
  for (const std::uint32_t mask :
       {known.size_div16, known.unit_stride, known.stride_div16}) {
    append_number(text, mask);
    text += ',';
  }
  if ((known.size_div8 | known.stride_div8) == 0)
    return;
  append_number(text, known.size_div8);
  text += ',';
  append_number(text, known.stride_div8);
  text += ',';
}

struct DeviceText {
  std::string device, compiler;
};

DeviceText text_of(Device device) {
  const compiler::Target target = target_of(device);
  const std::string build(compiler::build_id());
  if (device.kind == Device::Kind::host)
    return {fmt::format(
                "host {} {} {:016x}", target.arch, host_threads(),
                XXH3_64bits(target.features.data(), target.features.size())),
            build};
  const DeviceProperties &known = properties(device);
  return {fmt::format("{} {} {}", known.name, target.arch, known.processors),
          fmt::format("{} {}", build, assembler_version(device))};
}

/// Working it out takes longer than a lookup may. The threads of the host can
/// be told anew; drivers change in tests.
const DeviceText &known_text_of(Device device) {
  static ForkMutex *const mutex = new ForkMutex;
  static auto *const known = new std::map<std::string, DeviceText>;
  thread_local std::string name;
  name.clear();
  const bool host = device.kind == Device::Kind::host;
  append_number(name, host ? host_threads() : device.index);
  name += host ? 'h' : 'g';
  append_number(name,
                host ? 0
                     : static_cast<std::int64_t>(std::bit_cast<std::uintptr_t>(
                           &cuda::gpu(device.index))));
  {
    const std::lock_guard lock(*mutex);
    if (const auto found = known->find(name); found != known->end())
      return found->second;
  }
  DeviceText made = text_of(device);
  const std::lock_guard lock(*mutex);
  return known->try_emplace(name, std::move(made)).first->second;
}

struct Providers {
  ForkMutex mutex;
  std::shared_ptr<ConfigProvider> provider; // guarded by mutex
  bool decided = false;                     // guarded by mutex
};

Providers &providers() {
  static Providers *const made = new Providers;
  return *made;
}

constinit std::atomic<ConfigProviderFactory> registered{nullptr};
constinit std::atomic<std::uint32_t> generation{1};
thread_local bool asking = false;
thread_local ScopedThreadProvider *innermost = nullptr;

/// Marks that this thread asks.
struct Asking {
  Asking() : before(std::exchange(asking, true)) {}
  ~Asking() { asking = before; }
  Asking(const Asking &) = delete;
  Asking &operator=(const Asking &) = delete;
  bool before;
};

} // namespace

std::string TuningKey::text() const {
  std::string all;
  all.reserve(kernel.size() + dtypes.size() + bucket.size() + classes.size() +
              device.size() + compiler.size() + 6);
  for (const std::string *part :
       {&kernel, &dtypes, &bucket, &classes, &device, &compiler}) {
    all += *part;
    all += '\n';
  }
  return all;
}

KeyDigest digest_of(const TuningKey &key) {
  const std::string text = key.text();
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return {hash.low64, hash.high64};
}

std::int64_t tuning_bucket(std::int64_t size) {
  if (size <= 2)
    return size;
  if (size > std::int64_t{1} << 61)
    return std::int64_t{1} << 62;
  const auto top = static_cast<std::int64_t>(
      std::bit_ceil(static_cast<std::uint64_t>(size)));
  const std::int64_t middle = top / 4 * 3;
  return size <= middle ? middle : top;
}

TuningKey make_tuning_key(std::string identity,
                          std::span<const Array *const> arrays, Device device) {
  TuningKey key;
  key.kernel = std::move(identity);
  for (const Array *array : arrays) {
    for (std::string *part : {&key.dtypes, &key.bucket, &key.classes})
      if (!part->empty())
        *part += ' ';
    key.dtypes += name(array->dtype());
    append_bucket(key.bucket, *array);
    append_class(key.classes, *array);
  }
  const DeviceText &text = known_text_of(device);
  key.device = text.device;
  key.compiler = text.compiler;
  return key;
}

std::string kernel_identity(const KernelSource &source, const BlockRoles &roles,
                            std::span<const DType> dtypes,
                            std::span<const int> ranks,
                            const Config &fallback) {
  if (!roles.trial.empty())
    return roles.trial;
  return record(source, dtypes, ranks, {}, fallback).hash();
}

std::string tuning_device(Device device) {
  return known_text_of(device).device;
}

std::string tuning_compiler(Device device) {
  return known_text_of(device).compiler;
}

std::shared_ptr<ConfigProvider>
set_config_provider(std::shared_ptr<ConfigProvider> provider) {
  {
    const std::lock_guard lock(providers().mutex);
    providers().decided = true;
    std::swap(providers().provider, provider);
  }
  forget_chosen_configs();
  return provider;
}

ScopedThreadProvider::ScopedThreadProvider(
    std::shared_ptr<ConfigProvider> provider)
    : provider_(std::move(provider)), before_(std::exchange(innermost, this)) {}

ScopedThreadProvider::~ScopedThreadProvider() { innermost = before_; }

void forget_chosen_configs() {
  if (generation.fetch_add(1) == UINT32_MAX)
    generation.store(1);
}

void register_config_provider(ConfigProviderFactory factory) noexcept {
  registered.store(factory);
}

std::shared_ptr<ConfigProvider> current_config_provider() {
  if (asking)
    return nullptr;
  if (innermost)
    return innermost->provider_;
  {
    const std::lock_guard lock(providers().mutex);
    if (providers().decided)
      return providers().provider;
  }
  // Made outside the lock: a factory may open files.
  std::shared_ptr<ConfigProvider> made;
  if (const ConfigProviderFactory factory = registered.load()) {
    const Asking scope;
    try {
      made = factory();
    } catch (const Error &error) {
      log_line("tune", error.what());
    }
  }
  const std::lock_guard lock(providers().mutex);
  if (!std::exchange(providers().decided, true))
    providers().provider = std::move(made);
  return providers().provider;
}

std::optional<Config> ask(ConfigProvider &provider, const ConfigQuery &query) {
  const Asking scope;
  try {
    return provider.choose(query);
  } catch (const std::exception &error) {
    log_line("tune", fmt::format("{}: nothing is chosen: {}", query.source.name,
                                 error.what()));
    return std::nullopt;
  }
}

std::uint32_t config_generation() {
  return generation.load(std::memory_order_relaxed);
}

} // namespace girih
