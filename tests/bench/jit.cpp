// SPDX-License-Identifier: Apache-2.0
// Cold compile times in process, each in a process of its own: recording to
// PTX, to machine code on a GPU (CUDA_CACHE_DISABLE=1) and to host code.
#include "report.h"

#include "girih/compiler/compiler.h"
#include "girih/ops/registry.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <functional>

namespace girih::bench {
namespace {

double seconds_of(const std::function<void()> &body) {
  const auto begin = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
      .count();
}

// The Config is given, so that a machine without a GPU measures the same work.
LaunchOptions gpu_config(const std::string &kernel) {
  return {.config =
              parse_config(kernel == "add" ? "BLOCK=1024"
                                           : "BK=32 BM=128 BN=128 num_warps=8"),
          .stream = {}};
}

double to_ptx(const std::string &kernel, const std::string &arch) {
  const ops::KernelEntry &entry = ops::find_kernel(kernel);
  const auto arrays =
      placeholder_operands(entry, bf16, entry.sizes, cuda_device(0));
  return seconds_of([&] {
    const Program program = entry.kernel.program(arrays, gpu_config(kernel));
    compiler::compile(program, compiler::parse_target(arch));
  });
}

std::vector<Array> real_operands(const ops::KernelEntry &entry, DType dtype,
                                 Device device) {
  const std::vector<std::int64_t> sizes(entry.sizes.size(), 1024);
  std::vector<Array> arrays;
  for (const ops::OperandShape &operand : entry.operands(dtype, sizes))
    arrays.push_back(Array::zeros(operand.sizes, operand.dtype, device));
  return arrays;
}

// Everything that a first call does, save running; the device is initialised.
double to_code(const std::string &kernel, DType dtype, Device device) {
  const ops::KernelEntry &entry = ops::find_kernel(kernel);
  const auto arrays = real_operands(entry, dtype, device);
  LaunchOptions options;
  if (device.kind == Device::Kind::cuda)
    options = gpu_config(kernel);
  return seconds_of([&] { entry.kernel.prepare(arrays, options); });
}

void line(const std::string &name, const std::string &what, double target,
          const std::function<double()> &body) {
  std::vector<double> seconds;
  try {
    for (int run = 0; run < 7; ++run) {
      const TemporaryDirectory cache;
      seconds.push_back(in_child([&] {
                          setenv("CUDA_CACHE_DISABLE", "1", 1);
                          setenv("GIRIH_CACHE_DIR", cache.path().c_str(), 1);
                          return std::vector<double>{body()};
                        }).at(0));
    }
  } catch (const std::exception &error) {
    print_skip(name, what, error.what());
    return;
  }
  print_target(name, what, summarise(seconds), target);
}

} // namespace
} // namespace girih::bench

int main(int, char **) try {
  using namespace girih;
  using namespace girih::bench;
  const bool gpu =
      in_child([] {
        return std::vector<double>(cuda_device_count() > 0 ? 1U : 0U);
      }).size() == 1;
  for (const char *arch : {"sm_80", "sm_90a"})
    line("add to PTX", arch, 20e-3, [&] { return to_ptx("add", arch); });
  for (const char *arch : {"sm_80", "sm_90a"})
    line("matmul to PTX", arch, 250e-3, [&] { return to_ptx("matmul", arch); });
  if (gpu)
    for (const char *kernel : {"add", "matmul"})
      line(fmt::format("{} to machine code", kernel), "cuda:0 bf16",
           *kernel == 'a' ? 30e-3 : 316e-3,
           [&] { return to_code(kernel, bf16, cuda_device(0)); });
  else
    print_skip("add to machine code", "cuda:0 bf16", cuda_unavailable_reason());
  for (const char *kernel : {"add", "matmul"})
    for (DType dtype : {f32, bf16})
      line(fmt::format("{} to host code", kernel),
           fmt::format("host {}", name(dtype)), *kernel == 'a' ? 60e-3 : 250e-3,
           [&] { return to_code(kernel, dtype, host_device); });
  return 0;
} catch (const std::exception &error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
