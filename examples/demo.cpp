// SPDX-License-Identifier: Apache-2.0
// Vector add and matmul on what this machine has: the first part of `./x demo`.
#include "girih/compiler/compiler.h"
#include "girih/ops/ops.h"
#include "girih/ops/registry.h"
#include "girih/runtime/event.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <ranges>
#include <string>
#include <vector>

namespace {

using namespace girih;

Array random_array(std::vector<std::int64_t> shape, DType dtype, Device device,
                   unsigned seed) {
  std::int64_t count = 1;
  for (std::int64_t size : shape)
    count *= size;
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  std::vector<double> values(static_cast<std::size_t>(count));
  for (double &value : values)
    value = normal(random);
  return Array::from(values, shape, dtype, device);
}

// Median of some runs after a warm-up, between two events.
double median_seconds(Device device, const std::function<void()> &body) {
  std::vector<double> seconds;
  double total = 0;
  for (int run = -2; run < 25 && (run < 5 || total < 1); ++run) {
    Event begin(device), end(device);
    begin.record();
    body();
    end.record();
    const double time = seconds_between(begin, end);
    if (run >= 0)
      seconds.push_back(time);
    total += time;
  }
  std::ranges::sort(seconds);
  return seconds[seconds.size() / 2];
}

struct Row {
  std::string name, shape, check;
  double seconds = 0, bytes = 0, operations = 0;
  Config config;
};

void print(const Row &row) {
  fmt::print(
      "{:<11} {:<22} {:>10.3f} ms {:>9.1f} {:>11.1f}   {:<8} {}\n", row.name,
      row.shape, row.seconds * 1e3, row.bytes / row.seconds * 1e-9,
      row.operations / row.seconds * 1e-9, row.check, row.config.to_string());
  std::fflush(stdout);
}

Row run_add(std::int64_t size, DType dtype, Device device) {
  const Array a = random_array({size}, dtype, device, 1),
              b = random_array({size}, dtype, device, 2),
              c = Array::empty({size}, dtype, device);
  Row row{"vector add",
          fmt::format("{} {}", size, name(dtype)),
          "",
          0,
          3.0 * static_cast<double>(a.nbytes()),
          static_cast<double>(size),
          {}};
  row.seconds = median_seconds(device, [&] { ops::add_out(a, b, c); });
  const auto x = a.to_vector(), y = b.to_vector(), sum = c.to_vector();
  // Half a unit in the last place of the result: the kernel rounds once.
  const double unit = dtype == bf16 ? 0x1p-8 : 0x1p-24;
  const bool right = std::ranges::all_of(
      std::views::iota(std::size_t{0}, sum.size()), [&](std::size_t i) {
        return std::abs(sum[i] - (x[i] + y[i])) <= unit * std::abs(x[i] + y[i]);
      });
  row.check = right ? "right" : "WRONG";
  const Array operands[] = {a, b, c};
  row.config = ops::find_kernel("add").kernel.prepare(operands).config;
  return row;
}

// Compares some elements, spread over the result, with sums in f64.
bool spot_check(const Array &a, const Array &b, const Array &c, double unit) {
  const auto x = a.to_vector(), y = b.to_vector(), product = c.to_vector();
  const auto rows = static_cast<std::size_t>(c.size(0)),
             columns = static_cast<std::size_t>(c.size(1)),
             inner = static_cast<std::size_t>(a.size(1));
  std::mt19937 random(3);
  for (int i = 0; i < 1000; ++i) {
    const std::size_t m = random() % rows, n = random() % columns;
    double exact = 0, absolute = 0;
    for (std::size_t k = 0; k < inner; ++k) {
      const double term = x[m * inner + k] * y[k * columns + n];
      exact += term;
      absolute += std::abs(term);
    }
    const double bound = unit * std::abs(exact) +
                         static_cast<double>(inner) * 0x1p-23 * absolute;
    if (!(std::abs(product[m * columns + n] - exact) <= bound))
      return false;
  }
  return true;
}

Row run_matmul(std::int64_t size, DType dtype, Device device) {
  const Array a = random_array({size, size}, dtype, device, 1),
              b = random_array({size, size}, dtype, device, 2),
              c = Array::empty({size, size}, dtype, device);
  const double side = static_cast<double>(size);
  Row row{"matmul",
          fmt::format("{0}x{0}x{0} {1}", size, name(dtype)),
          "",
          0,
          3.0 * static_cast<double>(a.nbytes()),
          2 * side * side * side,
          {}};
  row.seconds = median_seconds(device, [&] { ops::matmul_out(a, b, c); });
  row.check =
      spot_check(a, b, c, dtype == bf16 ? 0x1p-8 : 0x1p-24) ? "right" : "WRONG";
  const Array operands[] = {a, b, c};
  row.config = ops::find_kernel("matmul").kernel.prepare(operands).config;
  return row;
}

bool run(Device device) {
  const DeviceProperties &known = properties(device);
  const bool gpu = device.kind == Device::Kind::cuda;
  if (gpu)
    fmt::print("Girih on {}: {}, sm_{}, {} multiprocessors, {:.0f} GiB\n\n",
               device.to_string(), known.name, known.compute_capability,
               known.processors,
               static_cast<double>(known.memory_bytes) * 0x1p-30);
  else
    fmt::print("Girih on the host: {}, {} threads ({})\n\n",
               compiler::host_target().arch, known.processors,
               cuda_device_count() ? "a GPU is here too"
                                   : cuda_unavailable_reason());
  fmt::print("{:<11} {:<22} {:>13} {:>9} {:>11}   {:<8} {}\n", "kernel",
             "operands", "time", "GB/s", "GFLOP/s", "result", "Config");
  bool right = true;
  const auto show = [&](const Row &row) {
    print(row);
    right = right && row.check == "right";
  };
  for (DType dtype : {f32, bf16})
    show(run_add(std::int64_t{1} << 24, dtype, device));
  for (DType dtype : {f32, bf16})
    show(run_matmul(gpu ? 2048 : 1024, dtype, device));
  return right;
}

} // namespace

int main(int argc, char **argv) {
  std::string device;
  CLI::App app("Runs vector add and matmul and shows how fast they are.",
               "demo");
  app.add_option("--device", device,
                 "host, cuda, cuda:1; default: the GPU if there is one");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(device.empty() ? default_device() : parse_device(device)) ? 0
                                                                         : 1;
  } catch (const std::exception &error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
