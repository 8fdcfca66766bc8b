// SPDX-License-Identifier: Apache-2.0
// Linear layers on the host: few rows against reading the weights only, which
// are more than the caches hold, in turn; many rows against the matrix product.
#include "host_ceiling.h"
#include "report.h"

#include "girih/ops/ops.h"
#include "girih/runtime/host/parallel.h"

#include <fmt/format.h>

#include <exception>
#include <vector>

namespace girih::bench {
namespace {

constexpr std::int64_t columns = 8960, outputs = 1536;

// Weights of about 1 GiB in all, used one after the other.
std::vector<Array> weights_of(DType dtype) {
  std::vector<Array> all;
  const std::int64_t bytes = columns * outputs * bits(dtype) / 8;
  for (std::int64_t at = 0; at < (std::int64_t{1} << 30) / bytes; ++at)
    all.push_back(random_array({outputs, columns}, dtype, host_device,
                               static_cast<unsigned>(at)));
  return all;
}

void run_few_rows(std::int64_t rows, DType dtype) {
  const int threads = host_threads();
  const std::vector<Array> weights = weights_of(dtype);
  const Array x = random_array({rows, columns}, dtype, host_device, 2);
  const Array y = Array::empty({rows, outputs}, dtype, host_device);
  const auto bytes = static_cast<std::size_t>(weights[0].nbytes());
  volatile unsigned long long sink = 0;
  std::size_t ours = 0, read = 0;
  const HostTimings timings = time_host(
      [&] { ops::linear_out(x, weights[++ours % weights.size()], y); },
      [&] {
        sink = read_all(weights[++read % weights.size()].data(), bytes, threads,
                        2);
      });
  print_line("host linear",
             fmt::format("{}x{}x{} {}", rows, outputs, columns, name(dtype)),
             timings.ours, static_cast<double>(bytes), "GB/s",
             {"read", timings.peer.median});
}

void run_many_rows(std::int64_t rows, DType dtype) {
  const Array weight = random_array({outputs, columns}, dtype, host_device, 1);
  const Array x = random_array({rows, columns}, dtype, host_device, 2);
  const Array y = Array::empty({rows, outputs}, dtype, host_device);
  const HostTimings timings =
      time_host([&] { ops::linear_out(x, weight, y); },
                [&] { ops::matmul_out(x, weight.transpose(0, 1), y); });
  print_line("host linear",
             fmt::format("{}x{}x{} {}", rows, outputs, columns, name(dtype)),
             timings.ours, 2.0 * static_cast<double>(rows * outputs * columns),
             "GFLOP/s", {"matmul", timings.peer.median});
}

} // namespace
} // namespace girih::bench

int main(int, char **) try {
  using namespace girih;
  bench::print_machine(host_device);
  for (const DType dtype : {bf16, f32})
    for (const std::int64_t rows : {1, 2, 4, 8})
      bench::run_few_rows(rows, dtype);
  for (const DType dtype : {bf16, f32})
    for (const std::int64_t rows : {16, 32, 64, 128})
      bench::run_many_rows(rows, dtype);
  return 0;
} catch (const std::exception &error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
