// SPDX-License-Identifier: Apache-2.0
// How long a call takes: the one way in which benches and the tuner measure.
#pragma once

#include "girih/runtime/device.h"
#include "girih/runtime/stream.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace girih {

/// How to measure.
struct TimingOptions {
  int warmup = 3;
  int min_runs = 10;
  int max_runs = 200;
  double max_seconds = 1.0; // stop after this, once min_runs are done
  bool cold_cache = true;   // overwrite the cache before each run
};

/// Seconds of one call.
struct Timing {
  double median = 0, lowest = 0, highest = 0;
  double low = 0, high = 0; // 10th and 90th percentile
  int runs = 0;

  /// Width of the middle 80 %, relative to the median.
  double spread() const { return median > 0 ? (high - low) / median : 0; }
};

/// Calls `call(n)` for n = 0, 1, ... and times each: with events of `stream` on
/// a GPU, with the clock on the host. n is there to rotate through inputs, so
/// that no run finds the data of the one before in the cache.
Timing time_calls(Device device, const std::function<void(int)> &call,
                  const TimingOptions &options = {}, const Stream &stream = {});

/// Median, extremes and percentiles of measured seconds.
Timing summarise(std::vector<double> seconds);

} // namespace girih
