// SPDX-License-Identifier: Apache-2.0
// What the benches share: the aligned output line, host timing, random data.
#pragma once

#include "girih/runtime/array.h"
#include "girih/runtime/timing.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace girih::bench {

/// Host times of two calls, in bursts that take turns: what else the machine
/// does then slows both alike. At least 15 runs of each, and 1 s in all.
struct HostTimings {
  Timing ours, peer;
};
HostTimings time_host(const std::function<void()> &ours,
                      const std::function<void()> &peer);

/// What a line compares with: "ceiling", "openblas" ... and its median. A
/// ratio above 1 is faster than the peer.
struct Peer {
  std::string name;
  double seconds = 0; // 0: none
};

/// Prints `name  shape  median  rate  ratio  (min..max)`, aligned. `work` is
/// bytes or floating-point operations, given the unit: "GB/s", "GFLOP/s",
/// "TFLOP/s"; an empty unit prints no rate.
void print_line(const std::string &name, const std::string &shape,
                const Timing &timing, double work, const std::string &unit,
                const Peer &peer = {});

/// Prints a line for a target in seconds: the ratio is target over median.
void print_target(const std::string &name, const std::string &shape,
                  const Timing &timing, double target_seconds);

/// Prints `name  shape  skipped: reason`.
void print_skip(const std::string &name, const std::string &shape,
                const std::string &reason);

/// Prints the machine once: device, driver, host threads.
void print_machine(Device device);

/// "1.234 ms", four significant digits.
std::string duration(double seconds);

/// Random normal values, never zeros: data whose bits toggle as real data do.
/// Large arrays repeat a random block of prime length.
Array random_array(std::vector<std::int64_t> shape, DType dtype, Device device,
                   unsigned seed);

/// Runs `body` in a child process and returns what it returned: for timings
/// that must start cold. Throws std::runtime_error when the child fails. The
/// parent must not have used CUDA or MLIR before.
std::vector<double> in_child(const std::function<std::vector<double>()> &body);

/// A temporary directory, removed with its contents at the end.
class TemporaryDirectory {
public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory &) = delete;
  TemporaryDirectory &operator=(const TemporaryDirectory &) = delete;
  const std::string &path() const { return path_; }

private:
  std::string path_;
};

} // namespace girih::bench
