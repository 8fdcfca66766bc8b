// SPDX-License-Identifier: Apache-2.0
// Matmul on the host against OpenBLAS with the same number of threads.
#include "host_ceiling.h"
#include "report.h"

#include "girih/ops/ops.h"
#include "girih/runtime/host/parallel.h"

#include <fmt/format.h>

#include <exception>

namespace girih::bench {
namespace {

void run(std::int64_t size, DType dtype, const OpenBlas &blas) {
  const int threads = host_threads();
  const Array a = random_array({size, size}, dtype, host_device, 1);
  const Array b = random_array({size, size}, dtype, host_device, 2);
  const Array c = Array::empty({size, size}, dtype, host_device);
  const bool compare = dtype == f32 && !*blas.missing();
  const int n = static_cast<int>(size);
  const Array d = Array::empty({size, size}, dtype, host_device);
  const HostTimings timings =
      time_host([&] { ops::matmul_out(a, b, c); },
                [&] {
                  if (compare)
                    blas.sgemm(n, n, n, static_cast<const float *>(a.data()),
                               static_cast<const float *>(b.data()),
                               static_cast<float *>(d.data()), threads);
                });
  const double side = static_cast<double>(size);
  print_line("host matmul",
             fmt::format("{}x{}x{} {}", size, size, size, name(dtype)),
             timings.ours, 2 * side * side * side, "GFLOP/s",
             compare ? Peer{"OpenBLAS", timings.peer.median} : Peer{});
}

} // namespace
} // namespace girih::bench

int main(int, char **) try {
  using namespace girih;
  bench::print_machine(host_device);
  const bench::OpenBlas blas;
  if (*blas.missing())
    bench::print_skip("host matmul", "OpenBLAS", blas.missing());
  else
    fmt::print("# OpenBLAS uses its kernels for {}\n", blas.core());
  for (std::int64_t size : {256, 512, 1000, 1024, 2048})
    bench::run(size, f32, blas);
  for (DType dtype : {bf16, f64})
    bench::run(1024, dtype, blas);
  return 0;
} catch (const std::exception &error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
