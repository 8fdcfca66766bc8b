// SPDX-License-Identifier: Apache-2.0
// Runs of candidates on one problem's operands, in this process.
#pragma once

#include "girih/autotune/outcome.h"
#include "girih/autotune/reference.h"
#include "girih/runtime/graph.h"
#include "girih/runtime/kernel.h"

#include <optional>
#include <span>
#include <vector>

namespace girih::autotune {

/// How long to look at a candidate.
enum class Effort : std::uint8_t { glance, usual, thorough };

/// Operands to run candidates on: several sets of the inputs, which take turns,
/// outputs of their own, and what the fallback makes of them. The arrays that
/// it was made of are only read. On a GPU calls are replays of graphs, on a
/// stream of its own; before each its second cache is overwritten.
class TestBench {
public:
  /// `directions` are those of the operands. Throws RuntimeError
  /// [out-of-memory].
  TestBench(std::span<const Array> arrays, std::vector<Direction> directions);

  /// Keeps the results of this launch as those that others must have, unless
  /// `reference` is known and says that they are wrong. All launches are
  /// compared with that, too. Throws what the launch throws.
  void set_reference(const Kernel &kernel, const LaunchOptions &options,
                     const Reference &reference = {});

  /// Compiles, runs, compares with the reference where there is one, and
  /// times. Never throws what the candidate throws: that is its outcome. A
  /// candidate whose first three runs each take more than four times `limit`
  /// seconds is not run again. `options.config` must be set unless the kernel
  /// was recorded before.
  Outcome run(const Kernel &kernel, const LaunchOptions &options, Effort effort,
              double limit = 0);

private:
  void restore(std::size_t set) const;
  void call(const Kernel &kernel, const LaunchOptions &options,
            std::size_t set) const;
  double run_once(const Kernel &kernel, const LaunchOptions &options) const;
  std::string compare() const;
  Timing time(const Kernel &kernel, const LaunchOptions &options,
              const TimingOptions &how) const;
  Timing time_restored(const std::function<void(int)> &run,
                       const TimingOptions &how) const;

  std::vector<Direction> directions_;
  std::vector<Array> originals_;
  std::vector<std::vector<Array>> sets_;
  std::vector<Array> reference_; // of written operands; empty: none
  std::optional<Expected> expected_;
  Device device_;
  Stream stream_;
  bool restores_ = false; // an operand is both read and written
};

/// What a launch that failed says, in one line.
std::string one_line(const char *text);

} // namespace girih::autotune
