// SPDX-License-Identifier: Apache-2.0
// Matmul on a GPU: TFLOP/s. The ratio to cuBLAS comes from python's harness.
// `bench_matmul CONFIG` takes a Config for all lines instead of the default.
#include "gpu.h"
#include "report.h"

#include "girih/ops/registry.h"

#include <fmt/format.h>

#include <exception>

namespace girih::bench {
namespace {

struct Problem {
  std::int64_t m, n, k;
  DType dtype;
  bool weights; // b is a view of w[N, K]
};

void run(const Problem &problem, const LaunchOptions &options, Device device) {
  const auto [m, n, k, dtype, weights] = problem;
  const Kernel &kernel = ops::find_kernel("matmul").kernel;
  const Array a = random_array({m, k}, dtype, device, 1);
  const Array b = weights
                      ? random_array({n, k}, dtype, device, 2).transpose(0, 1)
                      : random_array({k, n}, dtype, device, 2);
  const Array operands[] = {
      a, b, Array::zeros({m, n}, dtype == i8 ? i32 : dtype, device)};
  const KernelReport report = kernel.prepare(operands, options);
  const Timing ours =
      time_calls(device, [&](int) { kernel.launch(operands, options); });
  print_line(weights ? "matmul, b = w.T" : "matmul",
             fmt::format("{}x{}x{} {}", m, n, k, name(dtype)), ours,
             2.0 * static_cast<double>(m) * static_cast<double>(n) *
                 static_cast<double>(k),
             "TFLOP/s");
  fmt::print("#   {}; {} registers, {} bytes of shared memory{}\n",
             report.config.to_string(), report.registers, report.shared_bytes,
             report.local_bytes ? fmt::format(", {} bytes SPILLED a thread",
                                              report.local_bytes)
                                : "");
}

} // namespace
} // namespace girih::bench

int main(int argc, char **argv) try {
  using namespace girih;
  const auto device = bench::bench_gpu("matmul");
  if (!device)
    return 0;
  LaunchOptions options;
  if (argc > 1)
    options.config = parse_config(argv[1]);
  const bench::Problem problems[] = {
      {4096, 4096, 4096, bf16, false}, {4096, 4096, 4096, bf16, true},
      {4096, 4096, 4096, f16, false},  {8192, 8192, 8192, bf16, false},
      {2048, 2048, 2048, bf16, false}, {1024, 1024, 1024, bf16, false},
      {4097, 4099, 4101, bf16, false}, {16, 4096, 4096, bf16, true},
      {1, 4096, 4096, bf16, true},     {4096, 4096, 4096, i8, true},
      {2048, 2048, 2048, f32, false},
  };
  for (const bench::Problem &problem : problems)
    try {
      bench::run(problem, options, *device);
    } catch (const Error &error) {
      // One Config does not fit every dtype: say so and go on.
      bench::print_skip("matmul",
                        fmt::format("{}x{}x{} {}", problem.m, problem.n,
                                    problem.k, name(problem.dtype)),
                        error.what());
    }
  return 0;
} catch (const std::exception &error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
