// SPDX-License-Identifier: Apache-2.0
// Graphs, the pool, CUDA C++, dependent launches and sticky errors on a real
// GPU; skipped where there is none.
#include "test_kernels.h"

#include "girih/runtime/cuda/nvrtc_compiler.h"

#include <gtest/gtest.h>

#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <sstream>
#include <thread>

extern char **environ;

namespace girih {
namespace {

using testing::add_config;
using testing::make_add;
using Values = std::vector<double>;

struct RealGpu : ::testing::Test {
  void SetUp() override {
    if (cuda_device_count() == 0)
      GTEST_SKIP() << cuda_unavailable_reason();
  }
  static Array filled(std::int64_t count, double value) {
    return Array::from(Values(static_cast<std::size_t>(count), value), {count},
                       f32, cuda_device());
  }
  static Values all(std::int64_t count, double value) {
    return Values(static_cast<std::size_t>(count), value);
  }
  static void sum(const Kernel &add, const Array &a, const Array &b,
                  const Array &c, const Stream &stream = {}) {
    add.launch(std::vector<Array>{a, b, c}, {{}, stream});
  }
};

TEST_F(RealGpu, GraphReplaysAndUpdates) {
  const Kernel add = make_add();
  const Stream stream = Stream::create(cuda_device());
  const Array a = filled(10007, 1), b = filled(10007, 10), c = filled(10007, 0);
  // The first compile of this kernel may happen in the capture.
  add.prepare(std::vector<Array>{a, b, c});
  Graph graph;
  graph.update(stream, [&] {
    const Array between = Array::zeros({10007}, f32, cuda_device());
    sum(add, a, b, between);
    sum(add, between, a, c);
  });
  for (int round = 0; round < 3; ++round) {
    graph.launch(stream);
    stream.synchronize();
    EXPECT_EQ(c.to_vector(), all(10007, 12));
    c.fill_bytes(0xff);
  }
  EXPECT_TRUE(graph.update(stream, [&] {
    const Array between = Array::zeros({10007}, f32, cuda_device());
    sum(add, b, b, between);
    sum(add, between, b, c);
  }));
  graph.launch(stream);
  stream.synchronize();
  EXPECT_EQ(c.to_vector(), all(10007, 30));
}

TEST_F(RealGpu, AFirstCompileInACapture) {
  if (properties(cuda_device()).driver_version < 12030)
    GTEST_SKIP() << "this driver loads nothing in a capture";
  const Stream stream = Stream::create(cuda_device());
  const Array a = filled(777, 2), c = filled(777, 0);
  Config config;
  config.blocks["BLOCK"] = 96; // of nobody else
  const Graph graph = Graph::capture(stream, [&] {
    make_add().launch(std::vector<Array>{a, a, c}, {config, {}});
  });
  EXPECT_EQ(graph.size(), 1u);
  graph.launch();
  EXPECT_EQ(c.to_vector(), all(777, 4));
}

TEST_F(RealGpu, ABrokenCaptureIsReportedAndLeavesTheStreamUsable) {
  const Kernel add = make_add();
  const Stream stream = Stream::create(cuda_device());
  const Array a = filled(100, 2), c = filled(100, 0);
  EXPECT_THROW(Graph::capture(stream, [&] { c.to_vector(); }), RuntimeError);
  EXPECT_THROW(Graph::capture(stream,
                              [&] {
                                // A fork that is not joined again.
                                const Stream other =
                                    Stream::create(cuda_device());
                                Event event(cuda_device());
                                event.record(stream);
                                other.wait(event);
                                sum(add, a, a, c, other);
                              }),
               RuntimeError);
  sum(add, a, a, c, stream);
  stream.synchronize();
  EXPECT_EQ(c.to_vector(), all(100, 4));
}

TEST_F(RealGpu, ThreadsAllocateAndLoadDuringACapture) {
  const Kernel add = make_add();
  const Stream stream = Stream::create(cuda_device());
  const Array a = filled(5000, 3), c = filled(5000, 0), d = filled(5000, 0);
  add.prepare(std::vector<Array>{a, a, c});
  const Graph graph = Graph::capture(stream, [&] {
    sum(add, a, a, c);
    std::thread([&] {
      const Stream own = Stream::create(cuda_device());
      const std::int64_t shape[] = {1 << 20};
      const Array large = Array::empty_on(own, shape, f32);
      sum(make_add(), a, a, d, own);
      own.synchronize();
    }).join();
  });
  graph.launch();
  EXPECT_EQ(c.to_vector(), all(5000, 6));
  EXPECT_EQ(d.to_vector(), all(5000, 6));
}

// Each GPU from a thread of its own, all through one kernel; what one has made
// goes to the next.
TEST_F(RealGpu, SeveralDevicesAtOnce) {
  const int count = cuda_device_count();
  if (count < 2)
    GTEST_SKIP() << "there is one GPU";
  const Kernel add = make_add();
  constexpr std::int64_t size = 1 << 20;
  std::vector<Array> results(static_cast<std::size_t>(count));
  std::vector<std::thread> threads;
  for (int device = 0; device < count; ++device)
    threads.emplace_back([&, device] {
      const Device own = cuda_device(device);
      const Stream stream = Stream::create(own);
      const Array a = Array::from(Values(size, device + 1), {size}, f32, own);
      Array sums = Array::zeros({size}, f32, own);
      for (int round = 0; round < 20; ++round) {
        const std::int64_t shape[] = {size};
        const Array next = Array::empty_on(stream, shape, f32);
        sum(add, a, sums, next, stream);
        sums = next;
      }
      stream.synchronize();
      results[static_cast<std::size_t>(device)] = sums;
    });
  for (std::thread &thread : threads)
    thread.join();
  for (int device = 0; device < count; ++device) {
    const Array &made = results[static_cast<std::size_t>(device)];
    EXPECT_EQ(made.device(), cuda_device(device));
    EXPECT_EQ(made.to_vector(), all(size, 20.0 * (device + 1)));
    EXPECT_EQ(made.to(cuda_device((device + 1) % count)).to_vector(),
              all(size, 20.0 * (device + 1)));
  }
}

TEST_F(RealGpu, PoolKeepsStreamsApart) {
  const Kernel add = make_add();
  std::mt19937 random(5);
  const std::vector<Stream> streams{Stream(), Stream::create(cuda_device()),
                                    Stream::create(cuda_device())};
  const std::int64_t before = pool_statistics(cuda_device()).used_bytes;
  struct Pending {
    Array result;
    double expected;
  };
  std::vector<Pending> pending;
  for (int round = 0; round < 300; ++round) {
    const std::int64_t count =
        1000 + static_cast<std::int64_t>(random() % 4) * 100000;
    const Stream &stream = streams[random() % streams.size()];
    const auto value = static_cast<double>(random() % 1000);
    const Array x = filled(count, value);
    // A temporary of any stream, freed while its kernels may still run.
    Array result = Array::empty({count}, f32, cuda_device());
    {
      const Array between = Array::empty({count}, f32, cuda_device());
      sum(add, x, x, between, stream);
      sum(add, between, x, result, stream);
    }
    pending.push_back({result, 3 * value});
    if (pending.size() == 6) {
      synchronize(cuda_device());
      for (const Pending &each : pending)
        ASSERT_EQ(each.result.to_vector(),
                  all(each.result.numel(), each.expected));
      pending.clear();
    }
  }
  pending.clear();
  const PoolStatistics now = pool_statistics(cuda_device());
  EXPECT_EQ(now.used_bytes, before);
  EXPECT_GT(now.reused, now.requests / 2);
  trim_pool(cuda_device());
  EXPECT_EQ(pool_statistics(cuda_device()).kept_bytes, 0);
}

constexpr const char *source = R"(
template <class T> __global__ void axpy(T *y, const T *x, T a, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n)
    y[i] = a * x[i] + y[i];
}
extern "C" __global__ void increment(float *y, int n) {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;");
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
  for (int i = threadIdx.x; i < n; i += blockDim.x)
    y[i] += 1;
}
extern "C" __global__ void trap(int *p) { p[1 << 28] = *(int *)16; }
)";

struct RealNvrtcOnGpu : RealGpu {
  void SetUp() override {
    RealGpu::SetUp();
    if (!IsSkipped() && !cuda::nvrtc().table)
      GTEST_SKIP() << cuda::nvrtc().reason;
  }
};

TEST_F(RealNvrtcOnGpu, RunsCudaKernels) {
  const CudaKernel axpy = cuda_kernel(source, "axpy<float>");
  const Array x = filled(1000, 2), y = filled(1000, 5);
  axpy({.blocks = {8}}, y, x, 3.0f, 1000);
  EXPECT_EQ(y.to_vector(), all(1000, 11));
  const Stream stream = Stream::create(cuda_device());
  const Graph graph =
      Graph::capture(stream, [&] { axpy({.blocks = {8}}, y, x, 1.0f, 1000); });
  for (int round = 0; round < 4; ++round)
    graph.launch(stream);
  stream.synchronize();
  EXPECT_EQ(y.to_vector(), all(1000, 19));
  EXPECT_GT(axpy.prepare(cuda_device()).registers, 0);
}

TEST_F(RealNvrtcOnGpu, DependentLaunchesKeepTheOrder) {
  const CudaKernel increment = cuda_kernel(source, "increment");
  if (properties(cuda_device()).compute_capability < 90)
    GTEST_SKIP() << "needs sm_90";
  const Stream stream = Stream::create(cuda_device());
  const Array y = filled(4096, 0);
  const CudaGrid grid{.threads = {256}, .stream = stream, .pdl = true};
  for (int round = 0; round < 200; ++round)
    increment(grid, y, 4096);
  stream.synchronize();
  EXPECT_EQ(y.to_vector(), all(4096, 200));
  if (properties(cuda_device()).driver_version < 12030)
    return;
  const Graph graph = Graph::capture(stream, [&] {
    for (int round = 0; round < 10; ++round)
      increment(grid, y, 4096);
  });
  graph.launch(stream);
  stream.synchronize();
  EXPECT_EQ(y.to_vector(), all(4096, 210));
}

/// Runs in a process of its own, as the context is lost afterwards.
TEST_F(RealNvrtcOnGpu, DISABLED_IllegalAddress) {
  const Array y = filled(1, 0);
  const unsigned line = __LINE__ + 1;
  cuda_kernel(source, "trap")({.threads = {1}}, y);
  try {
    synchronize(cuda_device());
    FAIL() << "no error";
  } catch (const RuntimeError &error) {
    EXPECT_EQ(error.id(), ErrorId::cuda);
    const std::string text = error.what();
    EXPECT_NE(text.find("trap ("), std::string::npos) << text;
    EXPECT_NE(text.find("gpu_real_test.cpp:" + std::to_string(line)),
              std::string::npos)
        << text;
  }
  try {
    Array::empty({1}, f32, cuda_device());
    FAIL() << "no error";
  } catch (const RuntimeError &error) {
    EXPECT_NE(std::string(error.what()).find("since an earlier error"),
              std::string::npos)
        << error.what();
  }
}

/// Runs a disabled test in another process.
void expect_alone(const std::string &test) {
  std::ifstream in("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> words;
  for (std::string word; std::getline(in, word, '\0');)
    if (!word.starts_with("--gtest"))
      words.push_back(word);
  words.push_back("--gtest_filter=" + test);
  words.emplace_back("--gtest_also_run_disabled_tests");
  std::vector<char *> arguments;
  for (std::string &word : words)
    arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t child = 0;
  ASSERT_EQ(posix_spawn(&child, "/proc/self/exe", nullptr, nullptr,
                        arguments.data(), environ),
            0);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST_F(RealNvrtcOnGpu, AStickyErrorNamesKernelAndLine) {
  expect_alone("RealNvrtcOnGpu.DISABLED_IllegalAddress");
}

TEST_F(RealGpu, DISABLED_FailedAssertion) {
  const unsigned line = __LINE__ + 5;
  const Kernel checked = make(
      "checked",
      [](Tensor a, Tensor b) { return arranged(a.tile({64}), b.tile({64})); },
      [](In a, Out b) {
        device_assert(Tile(a) < 3.F, "small enough");
        b = a;
      });
  const Array x = filled(1000, 7), y = filled(1000, 0);
  checked(x, y);
  try {
    synchronize(cuda_device());
    FAIL() << "no error";
  } catch (const RuntimeError &error) {
    EXPECT_EQ(error.id(), ErrorId::device_assert);
    const std::string text = error.what();
    for (const std::string &part :
         {"gpu_real_test.cpp:" + std::to_string(line) + ": error:",
          std::string("kernel checked: small enough: not so in program "),
          std::string(", lane ["), std::string("checked (")})
      EXPECT_NE(text.find(part), std::string::npos) << text;
  }
}

TEST_F(RealGpu, AFailedAssertionNamesItsLine) {
  expect_alone("RealGpu.DISABLED_FailedAssertion");
}

TEST_F(RealGpu, CompiledDependentLaunchesKeepTheOrder) {
  if (properties(cuda_device()).compute_capability < 90)
    GTEST_SKIP() << "needs sm_90";
  const Kernel add = make_add();
  const Stream stream = Stream::create(cuda_device());
  Config config = add_config(256);
  config.pdl = true;
  // Each launch reads what the one before it wrote, and writes what it read.
  const Array one = filled(1 << 16, 1), a = filled(1 << 16, 0),
              b = filled(1 << 16, 0);
  stream.synchronize();
  for (int round = 0; round < 200; ++round) {
    const Array &from = round % 2 ? b : a, &to = round % 2 ? a : b;
    add.launch(std::vector<Array>{from, one, to}, {config, stream});
  }
  stream.synchronize();
  EXPECT_EQ(a.to_vector(), all(1 << 16, 200));
}

} // namespace
} // namespace girih
