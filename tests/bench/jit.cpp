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
struct Case {
  const char *title, *kernel, *config;
  double ptx, code;    // targets, in seconds
  bool groups = false; // by warp groups, which sm_90a has
};

constexpr Case cases[] = {
    {"add", "add", "BLOCK=1024", 20e-3, 30e-3},
    {"matmul", "matmul", "BK=32 BM=128 BN=128 num_warps=8", 250e-3, 316e-3},
    {"largest matmul", "matmul",
     "BK=64 BM=128 BN=256 num_warps=8 num_stages=4 warp_specialize=1 "
     "persistent=1 order=grouped:8",
     300e-3, 1, true},
    {"attention", "attention",
     "ROWS=128 KEYS=128 num_warps=8 num_stages=2 warp_specialize=1 "
     "persistent=1 order=descending",
     300e-3, 1, true}};

LaunchOptions gpu_config(const Case &of) {
  return {.config = parse_config(of.config), .stream = {}};
}

double to_ptx(const Case &of, const std::string &arch) {
  const ops::KernelEntry &entry = ops::find_kernel(of.kernel);
  const auto arrays =
      placeholder_operands(entry, bf16, entry.sizes, cuda_device(0));
  return seconds_of([&] {
    const Program program = entry.kernel.program(arrays, gpu_config(of));
    compiler::compile(program, compiler::parse_target(arch));
  });
}

std::vector<Array> real_operands(const ops::KernelEntry &entry, DType dtype,
                                 Device device) {
  // Those of an attention kernel would be five times 1024.
  const std::vector<std::int64_t> sizes =
      entry.sizes.size() > 3
          ? entry.sizes
          : std::vector<std::int64_t>(entry.sizes.size(), 1024);
  std::vector<Array> arrays;
  for (const ops::OperandShape &operand : entry.operands(dtype, sizes))
    arrays.push_back(Array::zeros(operand.sizes, operand.dtype, device));
  return arrays;
}

// Everything that a first call does, save running; the device is initialised.
double to_code(const Case &of, DType dtype, Device device) {
  const ops::KernelEntry &entry = ops::find_kernel(of.kernel);
  const auto arrays = real_operands(entry, dtype, device);
  LaunchOptions options;
  if (device.kind == Device::Kind::cuda)
    options = gpu_config(of);
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
  // 0 without a GPU, of which this process knows nothing before others.
  const double capability =
      in_child([] {
        return std::vector<double>{
            cuda_device_count() > 0
                ? static_cast<double>(
                      properties(cuda_device(0)).compute_capability)
                : 0.0};
      }).at(0);
  for (const Case &each : cases)
    for (const char *arch : {"sm_80", "sm_90a"})
      if (!each.groups || std::string(arch) == "sm_90a")
        line(fmt::format("{} to PTX", each.title), arch, each.ptx,
             [&] { return to_ptx(each, arch); });
  for (const Case &each : cases)
    if (capability > 0 && (!each.groups || capability == 90))
      line(fmt::format("{} to machine code", each.title), "cuda:0 bf16",
           each.code, [&] { return to_code(each, bf16, cuda_device(0)); });
  if (capability == 0)
    print_skip("add to machine code", "cuda:0 bf16", cuda_unavailable_reason());
  for (const Case &each : cases)
    for (DType dtype : {f32, bf16})
      if (!each.groups)
        line(fmt::format("{} to host code", each.title),
             fmt::format("host {}", name(dtype)),
             each.ptx == 20e-3 ? 60e-3 : 250e-3,
             [&] { return to_code(each, dtype, host_device); });
  return 0;
} catch (const std::exception &error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
