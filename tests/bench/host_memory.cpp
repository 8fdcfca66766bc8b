// SPDX-License-Identifier: Apache-2.0
// Host kernels that memory limits: add against hand-written non-temporal loops
// of the same mix, bf16 matrix-vector against reading the weights only.
#include "host_ceiling.h"
#include "report.h"

#include "girih/ops/ops.h"
#include "girih/runtime/host/parallel.h"

#include <fmt/format.h>

#include <exception>

namespace girih::bench {
namespace {

void run_add(std::int64_t size, DType dtype) {
  const int threads = host_threads();
  const Array a = random_array({size}, dtype, host_device, 1);
  const Array b = random_array({size}, dtype, host_device, 2);
  const Array c = random_array({size}, dtype, host_device, 3);
  const auto bytes = static_cast<std::size_t>(a.nbytes());
  const HostTimings timings = time_host(
      [&] { ops::add_out(a, b, c); },
      [&] {
        two_reads_one_write(a.data(), b.data(), c.data(), bytes, threads);
      });
  print_line("host add", fmt::format("{} {}", size, name(dtype)), timings.ours,
             3.0 * static_cast<double>(bytes), "GB/s",
             {"non-temporal", timings.peer.median});
}

// The number of streams with which this machine reads fastest.
int best_streams(const Array &data, int threads) {
  volatile unsigned long long sink = 0;
  int best = 1;
  double least = 0;
  for (int streams : {1, 2, 4}) {
    const Timing timing = time_calls(
        host_device,
        [&](int) {
          sink = read_all(data.data(), static_cast<std::size_t>(data.nbytes()),
                          threads, streams);
        },
        {.warmup = 1, .min_runs = 3, .max_runs = 5, .cold_cache = false});
    if (least == 0 || timing.lowest < least) {
      best = streams;
      least = timing.lowest;
    }
  }
  return best;
}

// y = w x with w[rows, columns], or with `weights_first` false y = x w: the two
// orientations of the same memory.
void run_matrix_vector(std::int64_t rows, std::int64_t columns, DType dtype,
                       bool weights_first) {
  const int threads = host_threads();
  const Array w = random_array({rows, columns}, dtype, host_device, 1);
  const Array x =
      random_array({weights_first ? columns : rows}, dtype, host_device, 2);
  const Array y =
      Array::empty({weights_first ? rows : columns}, dtype, host_device);
  const auto bytes = static_cast<std::size_t>(w.nbytes());
  volatile unsigned long long sink = 0;
  const int streams = best_streams(w, threads);
  const HostTimings timings = time_host(
      [&] {
        weights_first ? ops::matmul_out(w, x, y) : ops::matmul_out(x, w, y);
      },
      [&] { sink = read_all(w.data(), bytes, threads, streams); });
  print_line(weights_first ? "host matrix-vector" : "host vector-matrix",
             fmt::format("{}x{} {}", rows, columns, name(dtype)), timings.ours,
             static_cast<double>(bytes), "GB/s", {"read", timings.peer.median});
}

} // namespace
} // namespace girih::bench

int main(int, char **) try {
  using namespace girih;
  bench::print_machine(host_device);
  bench::run_add(std::int64_t{1} << 27, f32);
  bench::run_add(std::int64_t{1} << 28, bf16);
  // 1 GiB of weights: far larger than any cache.
  bench::run_matrix_vector(32768, 16384, bf16, true);
  bench::run_matrix_vector(32768, 16384, bf16, false);
  bench::run_matrix_vector(16384, 16384, f32, true);
  return 0;
} catch (const std::exception &error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
