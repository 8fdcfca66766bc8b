// SPDX-License-Identifier: Apache-2.0
// Vector add on a GPU against the ceiling of two reads and one write, measured
// in the same run.
#include "gpu.h"
#include "report.h"

#include "girih/ops/ops.h"
#include "girih/ops/registry.h"

#include <fmt/format.h>

#include <exception>

namespace girih::bench {
namespace {

void run(std::int64_t size, DType dtype, Device device) {
  const Array a = random_array({size}, dtype, device, 1);
  const Array b = random_array({size}, dtype, device, 2);
  const Array c = Array::zeros({size}, dtype, device);
  const std::string shape = fmt::format("{} {}", size, name(dtype));
  const double bytes = 3.0 * static_cast<double>(a.nbytes());
  const Ceiling ceiling = two_reads_one_write_ceiling(a, b, c);
  print_line("ceiling 2 reads 1 write", shape, ceiling.timing, bytes, "GB/s");
  const Timing ours = time_calls(device, [&](int) { ops::add_out(a, b, c); });
  print_line("add", shape, ours, bytes, "GB/s",
             {"ceiling", ceiling.timing.median});
  const Array operands[] = {a, b, c};
  const KernelReport report = ops::find_kernel("add").kernel.prepare(operands);
  fmt::print("#   ceiling: {}; add: {}, {} registers\n", ceiling.variant,
             report.config.to_string(), report.registers);
}

} // namespace
} // namespace girih::bench

int main(int, char **) try {
  using namespace girih;
  const auto device = bench::bench_gpu("add");
  if (!device)
    return 0;
  bench::run(std::int64_t{1} << 28, bf16, *device);
  bench::run(std::int64_t{1} << 28, f32, *device);
  bench::run(std::int64_t{1} << 24, bf16, *device);
  return 0;
} catch (const std::exception &error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
