// SPDX-License-Identifier: Apache-2.0
#include "gpu.h"

#include "girih/runtime/cuda/gpu.h"

#include <fmt/format.h>

#include <stdexcept>
#include <vector>

namespace girih::bench {

namespace {

// A block reads `unroll` chunks of 16 bytes a thread from one or two arrays and
// writes as many, its threads side by side; all loads come before the first
// store. The arrays are a multiple of what a block does, so that nothing is
// masked.
std::string ceiling_ptx(int reads, int unroll, int threads) {
  const char *load = "ld.global.v4.u32", *store = "st.global.v4.u32";
  std::string body;
  for (int i = 0; i < unroll; ++i)
    for (int read = 0; read < reads; ++read) {
      const int first = 8 * i + 4 * read + 10;
      body += fmt::format("  {} {{%r{}, %r{}, %r{}, %r{}}}, [%rd{}+{}];\n",
                          load, first, first + 1, first + 2, first + 3,
                          2 + read, 16 * threads * i);
    }
  for (int i = 0; i < unroll; ++i) {
    for (int lane = 0; lane < 4 && reads == 2; ++lane)
      body += fmt::format("  xor.b32 %r{0}, %r{0}, %r{1};\n", 8 * i + 10 + lane,
                          8 * i + 14 + lane);
    body += fmt::format("  {} [%rd4+{}], {{%r{}, %r{}, %r{}, %r{}}};\n", store,
                        16 * threads * i, 8 * i + 10, 8 * i + 11, 8 * i + 12,
                        8 * i + 13);
  }
  return fmt::format(R"(.version 7.4
.target sm_80
.address_size 64
.visible .entry ceiling(.param .u64 a, .param .u64 b, .param .u64 c)
.maxntid {0}, 1, 1
{{
  .reg .b32 %r<{1}>;
  .reg .b64 %rd<6>;
  mov.u32 %r1, %ctaid.x;
  mov.u32 %r2, %tid.x;
  mad.lo.u32 %r3, %r1, {2}, %r2;
  mul.wide.u32 %rd1, %r3, 16;
  ld.param.u64 %rd2, [a];
  ld.param.u64 %rd3, [b];
  ld.param.u64 %rd4, [c];
  add.u64 %rd2, %rd2, %rd1;
  add.u64 %rd3, %rd3, %rd1;
  add.u64 %rd4, %rd4, %rd1;
{3}  ret;
}}
)",
                     threads, 8 * unroll + 10, threads * unroll, body);
}

} // namespace

std::optional<Device> bench_gpu(const std::string &name) {
  if (cuda_device_count() == 0) {
    print_skip(name, "", cuda_unavailable_reason());
    return std::nullopt;
  }
  print_machine(cuda_device(0));
  return cuda_device(0);
}

namespace {

// Times one variant of the kernel; leaks nothing but the module's few KB.
Timing time_variant(const Array &a, const Array &b, const Array &c,
                    const std::string &ptx, int unroll, int threads) {
  const cuda::Gpu &gpu = cuda::gpu(a.device().index);
  const cuda::ContextScope scope(gpu);
  cuda::ModuleHandle module = nullptr;
  cuda::FunctionHandle function = nullptr;
  gpu.check(
      gpu.api().cuModuleLoadDataEx(&module, ptx.c_str(), 0, nullptr, nullptr),
      "cuModuleLoadDataEx");
  gpu.check(gpu.api().cuModuleGetFunction(&function, module, "ceiling"),
            "cuModuleGetFunction");
  const std::int64_t per_block = std::int64_t{16} * unroll * threads;
  if (a.nbytes() % per_block)
    throw std::runtime_error("the ceiling needs a multiple of its block");
  const auto blocks = static_cast<unsigned>(a.nbytes() / per_block);
  void *pointers[] = {a.data(), b.data(), c.data()};
  void *parameters[] = {&pointers[0], &pointers[1], &pointers[2]};
  const Timing timing = time_calls(a.device(), [&](int) {
    gpu.check(gpu.api().cuLaunchKernel(function, blocks, 1, 1,
                                       static_cast<unsigned>(threads), 1, 1, 0,
                                       nullptr, parameters, nullptr),
              "cuLaunchKernel");
  });
  gpu.api().cuModuleUnload(module);
  return timing;
}

} // namespace

namespace {

Ceiling ceiling_of(int reads, const Array &a, const Array &b, const Array &c) {
  Ceiling best;
  for (int unroll : {1, 2, 4})
    for (int threads : {128, 256, 512}) {
      const Timing timing = time_variant(
          a, b, c, ceiling_ptx(reads, unroll, threads), unroll, threads);
      if (best.timing.runs > 0 && timing.median >= best.timing.median)
        continue;
      best = {timing,
              fmt::format("{} x 16 bytes, {} threads", unroll, threads)};
    }
  return best;
}

} // namespace

Ceiling two_reads_one_write_ceiling(const Array &a, const Array &b,
                                    const Array &c) {
  return ceiling_of(2, a, b, c);
}

Ceiling copy_ceiling(const Array &a, const Array &b) {
  return ceiling_of(1, a, a, b);
}

} // namespace girih::bench
