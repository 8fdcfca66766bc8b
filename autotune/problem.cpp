// SPDX-License-Identifier: Apache-2.0
#include "girih/autotune/problem.h"

#include "girih/runtime/host/parallel.h"

#include <unistd.h>

#include <mutex>
#include <set>

namespace girih::autotune {
namespace {

/// Writes down what it is asked.
class Collector : public ConfigProvider {
public:
  bool knows(std::string_view) const override { return true; }
  std::optional<Config> choose(const ConfigQuery &query) override {
    Problem made = problem_of(query);
    const std::lock_guard lock(mutex_);
    if (seen_.insert(made.key.text() + made.shape()).second)
      problems_.push_back(std::move(made));
    return std::nullopt;
  }
  std::vector<Problem> take() { return std::move(problems_); }

private:
  std::mutex mutex_;
  std::set<std::string> seen_;
  std::vector<Problem> problems_;
};

/// Puts a provider in place for a scope.
class ScopedProvider {
public:
  explicit ScopedProvider(std::shared_ptr<ConfigProvider> provider)
      : before_(set_config_provider(std::move(provider))) {}
  ~ScopedProvider() { set_config_provider(std::move(before_)); }
  ScopedProvider(const ScopedProvider &) = delete;
  ScopedProvider &operator=(const ScopedProvider &) = delete;

private:
  std::shared_ptr<ConfigProvider> before_;
};

std::int64_t second_cache() {
  const long bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);
  return bytes > 0 ? bytes : 1 << 20;
}

} // namespace

std::string Problem::shape() const {
  std::string text;
  for (const auto &sizes : shapes) {
    text += text.empty() ? "" : " ";
    if (sizes.empty())
      text += '-';
    for (std::size_t dim = 0; dim < sizes.size(); ++dim)
      text += (dim == 0 ? "" : "x") + std::to_string(sizes[dim]);
  }
  return text;
}

compiler::Cost Problem::estimate(const Config &config) const {
  return compiler::estimate(config, roles, shapes, dtypes, machine_of(device));
}

Problem problem_of(const ConfigQuery &query) {
  Problem made{.label = query.source.name,
               .kernel = Kernel(query.source),
               .arrays = {},
               .key = query.key,
               .fallback = query.fallback,
               .device = query.device,
               .roles = {},
               .shapes = {},
               .dtypes = {}};
  std::vector<int> ranks;
  for (const Array *array : query.arrays) {
    made.arrays.push_back(*array);
    made.dtypes.push_back(array->dtype());
    made.shapes.emplace_back(array->shape().begin(), array->shape().end());
    made.bytes += array->by_value() ? 0 : static_cast<double>(array->nbytes());
    ranks.push_back(array->rank());
  }
  made.roles = analyse_roles(query.source, made.dtypes, ranks);
  // A fallback that leaves blocks to the kernel's own fallbacks is completed:
  // the same Config is then written in one way only.
  for (const BlockUse &use : made.roles.blocks)
    if (use.fallback > 0)
      made.fallback.blocks.try_emplace(use.name, use.fallback);
  return made;
}

std::vector<Problem> collect_problems(const std::function<void()> &body) {
  const auto collector = std::make_shared<Collector>();
  const ScopedProvider scope(collector);
  body();
  return collector->take();
}

compiler::Machine machine_of(Device device) {
  compiler::Machine machine;
  const DeviceProperties &known = properties(device);
  machine.processors = known.processors;
  if (device.kind == Device::Kind::host) {
    machine.target = {compiler::Target::Kind::host, {}, {}};
    machine.processors = host_threads();
    machine.l2_bytes = second_cache();
  } else {
    machine.target = compiler::nvptx_target(known.compute_capability);
    machine.l2_bytes = known.l2_bytes;
  }
  return machine;
}

} // namespace girih::autotune
