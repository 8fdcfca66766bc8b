// SPDX-License-Identifier: Apache-2.0
#include "report.h"

#include "girih/compiler/compiler.h"
#include "girih/runtime/host/parallel.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <stdexcept>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace girih::bench {

namespace {

void print_columns(const std::string &name, const std::string &shape,
                   const Timing &timing, const std::string &rate,
                   const std::string &ratio) {
  fmt::print("{:<24} {:<26} {:>10} {:>16}  {:<26} ({} .. {})\n", name, shape,
             duration(timing.median), rate, ratio, duration(timing.lowest),
             duration(timing.highest));
  std::fflush(stdout);
}

// Writes all of a child's results, or fails the child.
void write_results(int pipe, const std::vector<double> &results) {
  const auto *bytes = reinterpret_cast<const char *>(results.data());
  std::size_t left = results.size() * sizeof(double);
  while (left) {
    const ssize_t done = write(pipe, bytes, left);
    if (done <= 0)
      _exit(1);
    bytes += done;
    left -= static_cast<std::size_t>(done);
  }
}

} // namespace

HostTimings time_host(const std::function<void()> &ours,
                      const std::function<void()> &peer) {
  const auto seconds_of = [](const std::function<void()> &body) {
    const auto begin = std::chrono::steady_clock::now();
    body();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() -
                                         begin)
        .count();
  };
  // A thread pool spins for a while after its call, OpenBLAS's for some 30 ms:
  // a call of the other would share its cores with that.
  const auto burst = [&](const std::function<void()> &body,
                         std::vector<double> &seconds) {
    std::this_thread::sleep_for(std::chrono::milliseconds(80));
    body();
    double total = 0;
    for (int run = 0; run < 5; ++run) {
      seconds.push_back(seconds_of(body));
      total += seconds.back();
    }
    return total;
  };
  std::vector<double> first, second;
  double total = 0;
  while (first.size() < 15 || (total < 1 && first.size() < 200))
    total += burst(ours, first) + burst(peer, second);
  return {summarise(std::move(first)), summarise(std::move(second))};
}

std::string duration(double seconds) {
  if (seconds < 1e-6)
    return fmt::format("{:.1f} ns", seconds * 1e9);
  if (seconds < 1e-3)
    return fmt::format("{:.2f} us", seconds * 1e6);
  if (seconds < 1)
    return fmt::format("{:.3f} ms", seconds * 1e3);
  return fmt::format("{:.3f} s", seconds);
}

void print_line(const std::string &name, const std::string &shape,
                const Timing &timing, double work, const std::string &unit,
                const Peer &peer) {
  std::string rate, ratio;
  if (!unit.empty())
    rate = fmt::format("{:.1f} {}",
                       work / timing.median / (unit == "TFLOP/s" ? 1e12 : 1e9),
                       unit);
  if (peer.seconds > 0)
    ratio =
        fmt::format("{:.3f} of {}", peer.seconds / timing.median, peer.name);
  print_columns(name, shape, timing, rate, ratio);
}

void print_target(const std::string &name, const std::string &shape,
                  const Timing &timing, double target_seconds) {
  print_columns(name, shape, timing, "",
                fmt::format("{:.2f} of target {}",
                            timing.median / target_seconds,
                            duration(target_seconds)));
}

void print_skip(const std::string &name, const std::string &shape,
                const std::string &reason) {
  fmt::print("{:<24} {:<26} skipped: {}\n", name, shape, reason);
  std::fflush(stdout);
}

void print_machine(Device device) {
  const DeviceProperties &known = properties(device);
  if (device.kind == Device::Kind::cuda)
    fmt::print("# {}: {}, sm_{}, {} multiprocessors, driver {}.{}\n",
               device.to_string(), known.name, known.compute_capability,
               known.processors, known.driver_version / 1000,
               known.driver_version % 1000 / 10);
  else
    fmt::print("# host: {}, {} threads\n", compiler::host_target().arch,
               host_threads());
}

Array random_array(std::vector<std::int64_t> shape, DType dtype, Device device,
                   unsigned seed) {
  std::int64_t count = 1;
  for (std::int64_t size : shape)
    count *= size;
  constexpr std::int64_t prime = 1048573;
  const std::int64_t block = std::min(count, prime);
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::vector<double> values(static_cast<std::size_t>(block));
  for (double &value : values)
    value = normal(random);
  const Array pattern = Array::from(values, {block}, dtype, device);
  const Array result = Array::empty({count}, dtype, device);
  // Doubles the filled part: few copies, on whatever device.
  std::int64_t filled = block;
  result.slice(0, 0, block).copy_from(pattern);
  while (filled < count) {
    const std::int64_t more = std::min(filled, count - filled);
    result.slice(0, filled, filled + more).copy_from(result.slice(0, 0, more));
    filled += more;
  }
  return result.reshape(shape);
}

std::vector<double> in_child(const std::function<std::vector<double>()> &body) {
  int ends[2];
  if (pipe(ends) != 0)
    throw std::runtime_error("pipe failed");
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child < 0)
    throw std::runtime_error("fork failed");
  if (child == 0) {
    close(ends[0]);
    try {
      write_results(ends[1], body());
    } catch (const std::exception &error) {
      fmt::print(stderr, "{}\n", error.what());
      _exit(1);
    }
    _exit(0); // no destructors: the parent owns what was there before
  }
  close(ends[1]);
  std::vector<double> results;
  double value;
  while (read(ends[0], &value, sizeof value) == ssize_t(sizeof value))
    results.push_back(value);
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw std::runtime_error("the child process failed");
  return results;
}

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern =
      (std::filesystem::temp_directory_path() / "girih-bench-XXXXXX").string();
  if (!mkdtemp(pattern.data()))
    throw std::runtime_error("cannot make a temporary directory");
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

} // namespace girih::bench
