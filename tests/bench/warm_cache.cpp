// SPDX-License-Identifier: Apache-2.0
// The first launch of a process when the disk cache has the kernel and the
// device is already initialised: from the call to the result.
#include "report.h"

#include "girih/ops/registry.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <exception>

namespace girih::bench {
namespace {

std::vector<double> first_launch(const std::string &kernel, Device device) {
  const ops::KernelEntry &entry = ops::find_kernel(kernel);
  const std::vector<std::int64_t> sizes(entry.sizes.size(), 64);
  std::vector<Array> arrays;
  for (const ops::OperandShape &operand : entry.operands(f32, sizes))
    arrays.push_back(Array::zeros(operand.sizes, operand.dtype, device));
  synchronize(device);
  const auto begin = std::chrono::steady_clock::now();
  entry.kernel.launch(arrays);
  synchronize(device);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
          .count();
  // The figure is worth nothing unless the code came from the disk.
  const bool disk =
      entry.kernel.prepare(arrays).origin == KernelReport::Origin::disk;
  return {seconds, disk ? 1.0 : 0.0};
}

void line(const std::string &kernel, Device device) {
  const TemporaryDirectory cache;
  const auto child = [&] {
    return in_child([&] {
      setenv("GIRIH_CACHE_DIR", cache.path().c_str(), 1);
      return first_launch(kernel, device);
    });
  };
  const std::string name = fmt::format("first {} from disk", kernel);
  const double cold = child().at(0);
  std::vector<double> seconds;
  for (int run = 0; run < 9; ++run) {
    const auto result = child();
    if (result.at(1) == 0) {
      print_skip(name, device.to_string(), "the kernel was not on the disk");
      return;
    }
    seconds.push_back(result.at(0));
  }
  print_target(name, device.to_string(), summarise(seconds), 2e-3);
  fmt::print("#   the same, compiled: {}\n", duration(cold));
}

} // namespace
} // namespace girih::bench

int main(int, char **) try {
  using namespace girih;
  using namespace girih::bench;
  for (const char *kernel : {"add", "matmul"})
    line(kernel, host_device);
  const bool gpu =
      in_child([] {
        return std::vector<double>(cuda_device_count() > 0 ? 1U : 0U);
      }).size() == 1;
  for (const char *kernel : {"add", "matmul"}) {
    if (gpu)
      line(kernel, cuda_device(0));
    else
      print_skip(fmt::format("first {} from disk", kernel), "cuda:0",
                 cuda_unavailable_reason());
  }
  return 0;
} catch (const std::exception &error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
