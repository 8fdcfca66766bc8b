// SPDX-License-Identifier: Apache-2.0
// Kernels called from end to end, on the host and on a GPU where there is one:
// recorded, compiled, cached, run.
#include "temporary_folder.h"
#include "test_kernels.h"

#include "girih/runtime/executable.h"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <random>
#include <thread>

namespace girih {
namespace {

using testing::make_add;
using testing::make_matmul;
using Origin = KernelReport::Origin;
using Values = std::vector<double>;

// What an earlier build left in the user's cache is not what is tested here. In
// the bundle this is part of a program that does more than tests.
class Isolated : public ::testing::Environment {
  void SetUp() override { setenv("GIRIH_CACHE_DIR", "off", 1); }
};
[[maybe_unused]] const auto *const isolated =
    ::testing::AddGlobalTestEnvironment(new Isolated);

/// Where the kernels of this test run.
thread_local Device device = host_device;

class KernelOn : public ::testing::TestWithParam<Device> {
protected:
  void SetUp() override {
    if (GetParam().kind == Device::Kind::cuda && cuda_device_count() == 0)
      GTEST_SKIP() << cuda_unavailable_reason();
    device = GetParam();
  }
  ~KernelOn() override { device = host_device; }
};

INSTANTIATE_TEST_SUITE_P(Devices, KernelOn,
                         ::testing::Values(host_device, cuda_device()),
                         [](const auto &test) {
                           return test.param.kind == Device::Kind::host
                                      ? "host"
                                      : "cuda";
                         });

/// Small integers: sums and products are exact in every dtype used here.
Array integers(std::initializer_list<std::int64_t> shape, DType dtype,
               unsigned seed) {
  std::mt19937 random(seed);
  std::int64_t count = 1;
  for (std::int64_t size : shape)
    count *= size;
  Values values(static_cast<std::size_t>(count));
  for (double &value : values)
    value = static_cast<double>(random() % 5) - 2;
  return Array::from(values, shape, dtype, device);
}

Array poisoned(std::initializer_list<std::int64_t> shape, DType dtype) {
  Array array = Array::empty(shape, dtype, device);
  array.fill_bytes(0xff); // NaN in every float dtype
  return array;
}

Values sum_of(const Array &a, const Array &b) {
  Values left = a.to_vector();
  const Values right = b.to_vector();
  std::ranges::transform(left, right, left.begin(), std::plus());
  return left;
}

Values product_of(const Array &a, const Array &b) {
  const std::int64_t rows = a.size(0), columns = b.size(1), inner = a.size(1);
  const Values left = a.to_vector(), right = b.to_vector();
  Values result;
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t column = 0; column < columns; ++column) {
      double sum = 0;
      for (std::int64_t k = 0; k < inner; ++k)
        sum += left[static_cast<std::size_t>(row * inner + k)] *
               right[static_cast<std::size_t>(k * columns + column)];
      result.push_back(sum);
    }
  return result;
}

TEST_P(KernelOn, AddAllSizes) {
  const Kernel add = make_add();
  for (DType dtype : {f32, bf16, f64, i32})
    for (std::int64_t size :
         {0, 1, 2, 3, 7, 16, 31, 64, 127, 1023, 1024, 1025, 4099, 100003}) {
      const Array a = integers({size}, dtype, 1),
                  b = integers({size}, dtype, 2);
      const Array c = poisoned({size}, dtype);
      add(a, b, c);
      ASSERT_EQ(c.to_vector(), sum_of(a, b)) << name(dtype) << " " << size;
    }
}

TEST_P(KernelOn, AddStridedLeavesTheRestAlone) {
  const Kernel add = make_add();
  for (std::int64_t step : {2, 3, 16}) {
    const Array a =
        integers({1000 * step}, f32, 3).slice(0, 0, 1000 * step, step);
    const Array b = integers({1000}, f32, 4);
    const Array whole = Array::zeros({1000 * step}, f32, device);
    const Array c = whole.slice(0, 0, 1000 * step, step);
    add(a, b, c);
    EXPECT_EQ(c.to_vector(), sum_of(a, b)) << step;
    for (std::int64_t at = 1; at < step; ++at) {
      const Values between = whole.slice(0, at, 1000 * step, step).to_vector();
      EXPECT_EQ(between, Values(between.size(), 0.0)) << step;
    }
  }
}

TEST_P(KernelOn, AddBackwardAndBroadcast) {
  const Kernel add = make_add();
  const Array b = integers({777}, f32, 5);
  const Array backward(static_cast<float *>(b.data()) + 776, {777}, f32, device,
                       {-1});
  const std::int64_t shape[] = {777};
  const Array one = integers({1}, f32, 6).broadcast_to(shape);
  const Array c = poisoned({777}, f32);
  add(backward, one, c);
  EXPECT_EQ(c.to_vector(), sum_of(backward, one));
}

TEST_P(KernelOn, Matmul) {
  const Kernel matmul = make_matmul();
  const std::int64_t sizes[][3] = {{1, 1, 1},    {1, 17, 5},   {64, 64, 64},
                                   {65, 63, 67}, {31, 127, 8}, {128, 1, 33},
                                   {5, 3, 0},    {0, 4, 4},    {97, 101, 103}};
  for (DType dtype : {f32, bf16})
    for (const auto &[m, n, k] : sizes) {
      const Array a = integers({m, k}, dtype, 7),
                  b = integers({k, n}, dtype, 8);
      const Array c = poisoned({m, n}, f32);
      matmul(a, b, c);
      ASSERT_EQ(c.to_vector(), product_of(a, b))
          << name(dtype) << " " << m << "x" << n << "x" << k;
    }
}

TEST_P(KernelOn, MatmulOfTransposes) {
  const Kernel matmul = make_matmul();
  const Array a = integers({50, 70}, f32, 9).transpose(0, 1);
  const Array b = integers({90, 50}, f32, 10).transpose(0, 1);
  const Array c = poisoned({90, 70}, f32).transpose(0, 1);
  matmul(a, b, c);
  EXPECT_EQ(c.to_vector(), product_of(a, b));
}

TEST_P(KernelOn, ManyThreadsManyKernels) {
  std::atomic<int> good{0};
  const Kernel shared = make_add();
  {
    std::vector<std::jthread> threads;
    for (unsigned at = 0; at < 6; ++at)
      threads.emplace_back([&, at] {
        device = GetParam();
        const Kernel own = make_matmul();
        for (std::int64_t size : {3, 40, 129}) {
          const Array a = integers({size, size}, f32, at),
                      b = integers({size, size}, f32, at + 50),
                      c = poisoned({size, size}, f32);
          own(a, b, c);
          good += c.to_vector() == product_of(a, b) ? 1 : 0;
          const Array x = integers({size * 100}, f32, at),
                      y = poisoned({size * 100}, f32);
          shared(x, x, y);
          good += y.to_vector() == sum_of(x, x) ? 1 : 0;
        }
      });
  }
  EXPECT_EQ(good, 36);
}

TEST(HostKernel, FreshCacheThenWarmCache) {
  const testing::TemporaryFolder folder;
  FileSystem files;
  const Array a = integers({100}, f32, 11), c = poisoned({100}, f32);
  for (const Origin expected : {Origin::compiled, Origin::disk}) {
    DiskCache disk(folder.path() + "/cache", std::int64_t{1} << 30, files);
    const ScopedToolchain scope(current_toolchain(), disk);
    const Kernel add = make_add();
    const std::vector<Array> arrays{a, a, c};
    EXPECT_EQ(add.prepare(arrays).origin, expected);
    c.fill_bytes(0xff);
    add(a, a, c);
    EXPECT_EQ(c.to_vector(), sum_of(a, a));
  }
}

TEST(HostKernel, ProcessesShareOneColdCache) {
  GIRIH_SKIP_IF_NO_THREADS_AFTER_FORK();
  const testing::TemporaryFolder folder;
  std::vector<pid_t> children;
  for (unsigned at = 0; at < 4; ++at) {
    const pid_t child = fork();
    if (child == 0) {
      alarm(120);
      FileSystem files;
      DiskCache disk(folder.path() + "/cache", std::int64_t{1} << 30, files);
      const ScopedToolchain scope(current_toolchain(), disk);
      bool good = true;
      for (std::int64_t block : {32, 64, 128}) {
        LaunchOptions options;
        options.config.emplace().blocks["BLOCK"] = block;
        const Array a = integers({1000}, f32, at), c = poisoned({1000}, f32);
        const std::vector<Array> arrays{a, a, c};
        make_add().launch(arrays, options);
        good &= c.to_vector() == sum_of(a, a);
      }
      _exit(good ? 0 : 1);
    }
    children.push_back(child);
  }
  for (pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
}

TEST(HostKernel, ForkedChildCompilesAndRuns) {
  GIRIH_SKIP_IF_NO_THREADS_AFTER_FORK();
  const Kernel add = make_add();
  const Array a = integers({500}, f32, 12), c = poisoned({500}, f32);
  add(a, a, c);
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    const Array x = integers({33, 33}, f32, 13), y = poisoned({33, 33}, f32);
    make_matmul()(x, x, y);
    const Array z = poisoned({500}, f32);
    add(a, a, z);
    _exit(y.to_vector() == product_of(x, x) && z.to_vector() == c.to_vector()
              ? 0
              : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

} // namespace
} // namespace girih
