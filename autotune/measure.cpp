// SPDX-License-Identifier: Apache-2.0
#include "girih/autotune/measure.h"

#include "girih/autotune/inputs.h"
#include "girih/dsl/support/diagnostics.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace girih::autotune {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t most_sets = 4;
// Sets are made until they hold more than the caches that a run could find its
// operands in; on a GPU those are overwritten besides.
constexpr std::int64_t host_bytes = 16 << 20,
                       most_bytes = std::int64_t{1} << 31;
constexpr double too_slow = 4;

TimingOptions options_of(Effort effort, Device device) {
  TimingOptions options;
  // On the host, rotating inputs do it: overwriting takes longer than most
  // runs.
  options.cold_cache = device.kind == Device::Kind::cuda;
  switch (effort) {
  case Effort::glance:
    options.warmup = 1;
    options.min_runs = 3;
    options.max_runs = 10;
    options.max_seconds = 0.01;
    break;
  case Effort::usual:
    options.warmup = 1;
    options.min_runs = 5;
    options.max_runs = 50;
    options.max_seconds = 0.05;
    break;
  case Effort::thorough:
    options.warmup = 1;
    options.min_runs = 9;
    options.max_runs = 200;
    options.max_seconds = 0.2;
    break;
  }
  return options;
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

} // namespace

std::string one_line(const char *text) {
  std::string line(text);
  if (const auto end = line.find('\n'); end != std::string::npos)
    line.resize(end);
  return line;
}

TestBench::TestBench(std::span<const Array> arrays,
                     std::vector<Direction> directions)
    : directions_(std::move(directions)),
      originals_(arrays.begin(), arrays.end()) {
  std::int64_t bytes = 0;
  for (const Array &array : originals_)
    if (!array.by_value()) {
      device_ = array.device();
      bytes += array.nbytes();
    }
  std::size_t sets = 1;
  while (sets < most_sets &&
         static_cast<std::int64_t>(sets) * bytes < host_bytes)
    ++sets;
  if (sets == 1 && bytes < most_bytes)
    sets = 2;
  for (std::size_t set = 0; set < sets; ++set) {
    std::vector<Array> &made = sets_.emplace_back();
    for (std::size_t at = 0; at < originals_.size(); ++at) {
      const bool written = directions_[at] != Direction::in;
      restores_ |= directions_[at] == Direction::inout;
      made.push_back(written    ? twin_of(originals_[at])
                     : set == 0 ? originals_[at]
                                : copy_of(originals_[at]));
    }
    restore(set);
  }
  if (device_.kind == Device::Kind::cuda)
    stream_ = Stream::create(device_);
  synchronize(device_);
}

/// Written operands as they were before any run.
void TestBench::restore(std::size_t set) const {
  for (std::size_t at = 0; at < originals_.size(); ++at) {
    const Array &array = sets_[set][at];
    if (directions_[at] == Direction::in || !has_span(array))
      continue;
    if (directions_[at] == Direction::inout)
      copy_elements(originals_[at], array);
    else
      span_of(array).fill_bytes(0xa5);
  }
}

void TestBench::call(const Kernel &kernel, const LaunchOptions &options,
                     std::size_t set) const {
  LaunchOptions used = options;
  used.stream = stream_;
  kernel.launch(sets_[set], used);
}

void TestBench::set_reference(const Kernel &kernel,
                              const LaunchOptions &options,
                              const Reference &reference) {
  restore(0);
  expected_.reset();
  if (reference)
    expected_.emplace(reference, sets_[0]);
  synchronize(device_);
  call(kernel, options, 0);
  synchronize(device_);
  reference_.clear();
  if (expected_ && !expected_->compare(sets_[0]).empty())
    return;
  for (std::size_t at = 0; at < directions_.size(); ++at)
    if (directions_[at] != Direction::in)
      reference_.push_back(copy_of(sets_[0][at]));
  synchronize(device_);
}

/// Seconds of a run of set 0, and of waiting for it.
double TestBench::run_once(const Kernel &kernel,
                           const LaunchOptions &options) const {
  const auto start = Clock::now();
  call(kernel, options, 0);
  synchronize(device_);
  return seconds_since(start);
}

/// What is wrong with the results of the last run of set 0; empty: nothing.
std::string TestBench::compare() const {
  if (expected_)
    if (std::string wrong = expected_->compare(sets_[0]); !wrong.empty())
      return wrong;
  std::size_t next = 0;
  if (reference_.empty())
    return {};
  for (std::size_t at = 0; at < directions_.size(); ++at) {
    if (directions_[at] == Direction::in)
      continue;
    const Array &wanted = reference_[next++];
    if (const std::int64_t wrong = count_wrong(sets_[0][at], wanted))
      return fmt::format("{} elements of operand {} differ from those of the "
                         "fallback",
                         wrong, at);
  }
  return {};
}

Timing TestBench::time(const Kernel &kernel, const LaunchOptions &options,
                       const TimingOptions &how) const {
  std::vector<Graph> graphs;
  if (device_.kind == Device::Kind::cuda)
    for (std::size_t set = 0; set < sets_.size(); ++set)
      graphs.push_back(
          Graph::capture(stream_, [&] { call(kernel, options, set); }));
  const auto run = [&](int n) {
    const std::size_t set = static_cast<std::size_t>(n) % sets_.size();
    if (graphs.empty())
      call(kernel, options, set);
    else
      graphs[set].launch(stream_);
  };
  if (restores_)
    return time_restored(run, how);
  return time_calls(device_, run, how, stream_);
}

/// Operands that runs change are put back between them: on the host before
/// each, on a GPU before each batch of ten.
Timing TestBench::time_restored(const std::function<void(int)> &run,
                                const TimingOptions &how) const {
  TimingOptions once = how;
  once.warmup = 0;
  once.min_runs = once.max_runs = 1;
  std::vector<double> seconds;
  const auto start = Clock::now();
  int number = 0;
  while (static_cast<int>(seconds.size()) < how.min_runs ||
         (static_cast<int>(seconds.size()) < how.max_runs &&
          seconds_since(start) < how.max_seconds)) {
    for (std::size_t set = 0; set < sets_.size(); ++set)
      restore(set);
    synchronize(device_);
    const Timing timing =
        time_calls(device_, [&](int) { run(number++); }, once, stream_);
    seconds.push_back(timing.median);
  }
  return summarise(std::move(seconds));
}

Outcome TestBench::run(const Kernel &kernel, const LaunchOptions &options,
                       Effort effort, double limit) {
  Outcome outcome;
  if (options.config)
    outcome.config = *options.config;
  try {
    const KernelReport report = kernel.prepare(sets_[0], options);
    outcome.config = options.config ? *options.config : report.config;
    outcome.registers = report.registers;
    outcome.threads = report.threads;
    outcome.local_bytes = report.local_bytes;
    outcome.shared_bytes = report.shared_bytes;
    outcome.compile_seconds = report.compile_seconds + report.assemble_seconds;
    restore(0);
    synchronize(device_);
    double first = run_once(kernel, options);
    if (outcome.note = compare(); !outcome.note.empty()) {
      outcome.status = Outcome::Status::wrong;
      return outcome;
    }
    // What a first run meets once, new memory or a busy machine, is not what
    // makes a candidate slow.
    const double most = too_slow * limit + 1e-3;
    outcome.runs = 1;
    while (limit > 0 && first > most && outcome.runs < 3) {
      first = std::min(first, run_once(kernel, options));
      ++outcome.runs;
    }
    outcome.seconds = first;
    if (limit > 0 && first > most)
      return outcome;
    const Timing timing = time(kernel, options, options_of(effort, device_));
    outcome.seconds = timing.median;
    outcome.spread = timing.spread();
    outcome.runs = timing.runs;
  } catch (const std::exception &error) {
    outcome.status = Outcome::Status::failed;
    outcome.note = one_line(error.what());
    outcome.seconds = 0;
  }
  return outcome;
}

} // namespace girih::autotune
