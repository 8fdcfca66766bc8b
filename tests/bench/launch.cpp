// SPDX-License-Identifier: Apache-2.0
// Host time of one launch. With a driver that does nothing it is all ours; on a
// GPU the driver's own time, measured beside it, is in it.
#include "gpu.h"
#include "no_op_driver.h"
#include "report.h"

#include "girih/ops/ops.h"
#include "girih/ops/registry.h"
#include "girih/runtime/cuda/gpu.h"

#include <fmt/format.h>

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <functional>

namespace girih::bench {
namespace {

constexpr int batch = 500; // below the depth at which a GPU's queue blocks

Timing per_launch(Device device, const std::function<void()> &launch) {
  for (int i = 0; i < batch; ++i)
    launch();
  std::vector<double> seconds;
  for (int run = 0; run < 50; ++run) {
    synchronize(device);
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < batch; ++i)
      launch();
    seconds.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
            .count() /
        batch);
  }
  synchronize(device);
  return summarise(seconds);
}

template <std::size_t... I>
void call_all(const Kernel &kernel, const std::vector<Array> &arrays,
              std::index_sequence<I...>) {
  kernel(arrays[0], arrays[I + 1]...);
}

// The targets leave the driver's time out, so that a line with it has none.
void run(Device device, const std::string &where, bool with_driver) {
  const auto show = [&](const char *name, const Timing &timing, double target) {
    if (with_driver)
      print_line(name, where, timing, 0, "");
    else
      print_target(name, where, timing, target);
  };
  const auto small = [&] { return Array::zeros({256}, f32, device); };
  const Kernel &add = ops::find_kernel("add").kernel;
  const Array a = small(), b = small(), c = small();
  show("launch of 3 arrays", per_launch(device, [&] { add(a, b, c); }), 1e-6);
  const Kernel &sum = ops::find_kernel("add16").kernel;
  std::vector<Array> arrays;
  for (int i = 0; i < 16; ++i)
    arrays.push_back(small());
  show("launch of 16 arrays",
       per_launch(
           device,
           [&] { call_all(sum, arrays, std::make_index_sequence<15>()); }),
       1.5e-6);
  show("ops::add_out", per_launch(device, [&] { ops::add_out(a, b, c); }),
       1e-6);
  const Array m = Array::zeros({16, 16}, f32, device), n = m.to(device),
              o = m.to(device);
  show("ops::matmul_out", per_launch(device, [&] { ops::matmul_out(m, n, o); }),
       1e-6);
}

// cuLaunchKernel alone: an empty kernel of one block.
void run_driver(Device device) {
  const char *ptx = ".version 7.0\n.target sm_80\n.address_size 64\n"
                    ".visible .entry empty(.param .u64 a, .param .u64 b, "
                    ".param .u64 c)\n{\n  ret;\n}\n";
  const cuda::Gpu &gpu = cuda::gpu(device.index);
  const cuda::ContextScope scope(gpu);
  cuda::ModuleHandle module = nullptr;
  cuda::FunctionHandle function = nullptr;
  gpu.check(gpu.api().cuModuleLoadDataEx(&module, ptx, 0, nullptr, nullptr),
            "cuModuleLoadDataEx");
  gpu.check(gpu.api().cuModuleGetFunction(&function, module, "empty"),
            "cuModuleGetFunction");
  std::int64_t values[3] = {};
  void *parameters[] = {&values[0], &values[1], &values[2]};
  print_line("cuLaunchKernel alone", device.to_string(),
             per_launch(device,
                        [&] {
                          gpu.api().cuLaunchKernel(function, 1, 1, 1, 128, 1, 1,
                                                   0, nullptr, parameters,
                                                   nullptr);
                        }),
             0, "");
}

void run_without_gpu() {
  const cuda::ScopedDriver driver(no_op_driver());
  run(cuda_device(0), "driver that does nothing", false);
  if (no_op_launches() == 0)
    throw std::runtime_error("no launch reached the driver");
  fmt::print("#   {} launches reached the driver\n", no_op_launches());
}

// In a process of its own: kernels keep what they loaded through a driver, so
// that later launches on the GPU would go to the one that does nothing.
void run_without_gpu_apart() {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    try {
      run_without_gpu();
    } catch (const std::exception &error) {
      fmt::print(stderr, "{}\n", error.what());
      std::fflush(stdout);
      _exit(1);
    }
    std::fflush(stdout);
    _exit(0);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
    throw std::runtime_error("the launches without a GPU failed");
}

} // namespace
} // namespace girih::bench

int main(int, char **) try {
  using namespace girih;
  using namespace girih::bench;
  run_without_gpu_apart();
  if (const auto device = bench_gpu("launch")) {
    run_driver(*device);
    run(*device, device->to_string() + ", driver incl.", true);
  }
  return 0;
} catch (const std::exception &error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
