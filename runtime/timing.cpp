// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/timing.h"

#include "girih/runtime/cuda/gpu.h"
#include "girih/runtime/event.h"
#include "girih/runtime/memory.h"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace girih {
namespace {

using Clock = std::chrono::steady_clock;

/// A buffer larger than the last-level cache, to overwrite between runs.
class CacheFlusher {
public:
  CacheFlusher(Device device, bool wanted) : device_(device) {
    if (!wanted)
      return;
    const std::int64_t cache = device.kind == Device::Kind::cuda
                                   ? properties(device).l2_bytes
                                   : std::int64_t{64} << 20;
    bytes_ = static_cast<std::size_t>(2 * cache);
    memory_ = allocate(bytes_, device);
  }

  /// On a GPU it is only submitted: the memset also covers the host's work of
  /// submitting the call that is timed.
  void flush(const Stream &stream) {
    if (!memory_)
      return;
    value_ = static_cast<std::uint8_t>(value_ + 1);
    if (device_.kind == Device::Kind::host) {
      std::memset(memory_.get(), value_, bytes_);
      return;
    }
    const cuda::Gpu &gpu = cuda::gpu(device_.index);
    cuda::ContextScope scope(gpu);
    gpu.check(gpu.api().cuMemsetD8Async(
                  reinterpret_cast<cuda::DevicePointer>(memory_.get()), value_,
                  bytes_, stream.native()),
              "cuMemsetD8Async");
  }

private:
  Device device_;
  std::size_t bytes_ = 0;
  std::uint8_t value_ = 0;
  std::shared_ptr<void> memory_;
};

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

bool enough(int runs, Clock::time_point start, const TimingOptions &options) {
  return runs >= options.max_runs ||
         (runs >= options.min_runs &&
          seconds_since(start) > options.max_seconds);
}

std::vector<double> time_on_host(const std::function<void(int)> &call,
                                 CacheFlusher &flusher,
                                 const TimingOptions &options) {
  std::vector<double> seconds;
  const auto start = Clock::now();
  for (int run = 0; !enough(run, start, options); ++run) {
    flusher.flush({});
    const auto begin = Clock::now();
    call(options.warmup + run);
    seconds.push_back(seconds_since(begin));
  }
  return seconds;
}

// In batches: a wait after every run would leave the GPU idle before the next,
// and the time of submitting would be measured.
std::vector<double> time_on_gpu(Device device,
                                const std::function<void(int)> &call,
                                CacheFlusher &flusher,
                                const TimingOptions &options, Stream stream) {
  constexpr int batch = 10;
  std::vector<Event> begins, ends;
  for (int at = 0; at < batch; ++at) {
    begins.emplace_back(device);
    ends.emplace_back(device);
  }
  std::vector<double> seconds;
  const auto start = Clock::now();
  for (int run = 0; !enough(run, start, options);) {
    const auto first = static_cast<std::size_t>(run);
    for (std::size_t at = 0; at < batch; ++at, ++run) {
      flusher.flush(stream);
      begins[at].record(stream);
      call(options.warmup + run);
      ends[at].record(stream);
    }
    stream.synchronize();
    for (std::size_t at = 0; first + at < static_cast<std::size_t>(run); ++at)
      seconds.push_back(seconds_between(begins[at], ends[at]));
  }
  return seconds;
}

} // namespace

Timing summarise(std::vector<double> seconds) {
  Timing timing;
  if (seconds.empty())
    return timing;
  std::ranges::sort(seconds);
  const auto at = [&](double part) {
    return seconds[static_cast<std::size_t>(
        part * static_cast<double>(seconds.size() - 1) + 0.5)];
  };
  const std::size_t half = seconds.size() / 2;
  timing.median = seconds.size() % 2 == 1
                      ? seconds[half]
                      : 0.5 * (seconds[half - 1] + seconds[half]);
  timing.lowest = seconds.front();
  timing.highest = seconds.back();
  timing.low = at(0.1);
  timing.high = at(0.9);
  timing.runs = static_cast<int>(seconds.size());
  return timing;
}

Timing time_calls(Device device, const std::function<void(int)> &call,
                  const TimingOptions &options, const Stream &stream) {
  CacheFlusher flusher(device, options.cold_cache);
  for (int run = 0; run < options.warmup; ++run)
    call(run);
  if (device.kind == Device::Kind::host)
    return summarise(time_on_host(call, flusher, options));
  const Stream used = stream.bound() ? stream : Stream::wrap(nullptr, device);
  used.synchronize();
  return summarise(time_on_gpu(device, call, flusher, options, used));
}

} // namespace girih
