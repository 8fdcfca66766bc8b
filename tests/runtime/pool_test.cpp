// SPDX-License-Identifier: Apache-2.0
// The memory pools: what is reused, when, and in the order of which stream.
#include "fake_driver.h"
#include "fake_toolchain.h"
#include "test_kernels.h"

#include "girih/runtime/memory.h"
#include "girih/runtime/pool/size_class.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <thread>

namespace girih {
namespace {

using testing::add_config;
using testing::add_entry;
using testing::FakeDevice;
using testing::FakeDriver;
using testing::FakeToolchain;
using testing::make_add;
using testing::ScopedEnv;
using Values = std::vector<double>;

constexpr std::int64_t mebi = 1 << 20;

Array on(const Stream &stream, std::int64_t bytes) {
  const std::int64_t shape[] = {bytes};
  return Array::empty_on(stream, shape, u8);
}

Array on_gpu(std::int64_t bytes) {
  return Array::empty({bytes}, u8, cuda_device());
}

TEST(SizeClass, WastesLittleAndKeepsAlignment) {
  std::size_t previous = 0;
  for (std::size_t bytes = 1; bytes < (std::size_t{1} << 40);
       bytes += bytes / 7 + 1) {
    const std::size_t size = block_size_for(bytes);
    ASSERT_GE(size, bytes);
    ASSERT_EQ(size % memory_alignment, 0u);
    ASSERT_LE(size, bytes + std::max(bytes / 8, memory_alignment)) << bytes;
    ASSERT_GE(size, previous);
    ASSERT_EQ(block_size_for(size), size);
    previous = size;
  }
}

TEST(HostPool, KeepsLargeBlocksAligned) {
  set_pool_limit(host_device, 64 * mebi);
  trim_pool(host_device);
  const PoolStatistics before = pool_statistics(host_device);
  void *first = nullptr;
  {
    const Array array = Array::empty({3 * mebi}, u8, host_device);
    first = array.data();
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(first) % 256, 0u);
    std::memset(first, 1, 3 * mebi);
    EXPECT_EQ(pool_statistics(host_device).used_bytes - before.used_bytes,
              3 * mebi);
  }
  EXPECT_EQ(pool_statistics(host_device).kept_bytes, 3 * mebi);
  const Array again = Array::empty({3 * mebi - 100}, u8, host_device);
  EXPECT_EQ(again.data(), first);
  EXPECT_EQ(pool_statistics(host_device).reused - before.reused, 1);
  EXPECT_EQ(pool_statistics(host_device).kept_bytes, 0);
  EXPECT_NE(Array::empty({3 * mebi}, u8, host_device).data(), first);
}

TEST(HostPool, LimitAndTrim) {
  trim_pool(host_device);
  set_pool_limit(host_device, 4 * mebi);
  {
    const Array large = Array::empty({5 * mebi}, u8, host_device);
  }
  EXPECT_EQ(pool_statistics(host_device).kept_bytes, 0);
  {
    const Array a = Array::empty({3 * mebi}, u8, host_device),
                b = Array::empty({2 * mebi}, u8, host_device);
  }
  // The larger one went.
  EXPECT_EQ(pool_statistics(host_device).kept_bytes, 2 * mebi);
  set_pool_limit(host_device, mebi);
  EXPECT_EQ(pool_statistics(host_device).kept_bytes, 0);
  { // malloc keeps what is small
    const Array small = Array::empty({1000}, u8, host_device);
  }
  EXPECT_EQ(pool_statistics(host_device).kept_bytes, 0);
}

TEST(HostPool, ThreadsNeverShareABlock) {
  set_pool_limit(host_device, 64 * mebi);
  std::atomic<int> bad{0};
  {
    std::vector<std::jthread> threads;
    for (int at = 0; at < 6; ++at)
      threads.emplace_back([&, at] {
        for (int round = 0; round < 200; ++round) {
          const Array array = Array::empty({100000}, u8, host_device);
          auto *bytes = static_cast<unsigned char *>(array.data());
          std::memset(bytes, at, 100000);
          bad += bytes[round] != at || bytes[99999] != at ? 1 : 0;
        }
      });
  }
  EXPECT_EQ(bad, 0);
  trim_pool(host_device);
}

TEST(DevicePool, ALoopAllocatesNothingAfterItsFirstRound) {
  FakeDriver driver;
  for (int round = 0; round < 5; ++round) {
    const Array a = on_gpu(1000), b = on_gpu(mebi), c = on_gpu(1000);
    EXPECT_NE(a.data(), c.data());
  }
  EXPECT_EQ(driver.count("cuMemAlloc"), 3);
  EXPECT_EQ(driver.count("cuMemFree"), 0);
  const PoolStatistics now = pool_statistics(cuda_device());
  EXPECT_EQ(now.requests, 15);
  EXPECT_EQ(now.reused, 12);
  EXPECT_EQ(now.used_bytes, 0);
  EXPECT_EQ(now.peak_used_bytes, mebi + 2 * 1024);
  EXPECT_EQ(now.kept_bytes, mebi + 2 * 1024);
}

TEST(DevicePool, ReuseMakesNoDriverCall) {
  FakeDriver driver;
  {
    const Array warm = on_gpu(4096);
  }
  const auto before = driver.calls().size();
  {
    const Array reused = on_gpu(4000);
  }
  EXPECT_EQ(driver.calls().size(), before);
}

TEST(DevicePool, LittleIsWasted) {
  FakeDriver driver;
  {
    const Array large = on_gpu(10 * mebi);
  }
  const Array small = on_gpu(mebi);
  EXPECT_EQ(driver.count("cuMemAlloc"), 2);
  const Array close = on_gpu(9 * mebi);
  EXPECT_EQ(driver.count("cuMemAlloc"), 2);
  {
    const Array kept = on_gpu(4 * mebi);
  }
  const Array half = on_gpu(2 * mebi);
  EXPECT_EQ(driver.count("cuMemAlloc"), 4);
}

TEST(DevicePool, StreamsKeepTheirOwnBlocks) {
  FakeDriver driver;
  const Stream first = Stream::create(cuda_device()),
               second = Stream::create(cuda_device());
  void *block = on(first, mebi).data();
  EXPECT_NE(on(second, mebi).data(), block);
  EXPECT_NE(on_gpu(mebi).data(), block);
  EXPECT_EQ(on(first, mebi).data(), block);
}

TEST(DevicePool, ADestroyedStreamLeavesItsBlocksInOrder) {
  FakeDriver driver;
  void *block = nullptr;
  {
    const Stream stream = Stream::create(cuda_device());
    block = on(stream, mebi).data();
  }
  driver.fail("cuEventQuery", 1, cuda::error_not_ready); // still running
  EXPECT_NE(on_gpu(mebi).data(), block);
  // A new stream, perhaps of the same handle, has no claim to it.
  const Stream next = Stream::create(cuda_device());
  trim_pool(cuda_device(), 2 * mebi);
  EXPECT_NE(on(next, mebi).data(), block);
  EXPECT_EQ(on_gpu(mebi).data(), block);
}

TEST(DevicePool, AnArrayOutlivesTheHandleOfItsStream) {
  FakeDriver driver;
  Array array;
  {
    const Stream stream = Stream::create(cuda_device());
    array = on(stream, mebi);
  }
  EXPECT_EQ(driver.count("cuStreamDestroy"), 0);
  array = Array();
  EXPECT_EQ(driver.count("cuStreamDestroy"), 1);
}

struct PoolLaunch : ::testing::Test {
  FakeDriver driver;
  const ScopedEnv ptxas{"GIRIH_PTXAS", "off"};
  FakeToolchain toolchain;
  const Kernel add = make_add();
  const Array a = Array::from(Values{1, 2, 3}, {3}, f32, cuda_device());

  void launch(const Array &out, const Stream &stream) {
    add.launch(std::vector<Array>{a, a, out}, {add_config(), stream});
  }
};

TEST_F(PoolLaunch, AnotherStreamWaitsForTheHomeStreamOnce) {
  const Array c = Array::empty({3}, f32, cuda_device());
  launch(c, {});
  EXPECT_TRUE(driver.orders().empty());
  const Stream stream = Stream::create(cuda_device());
  launch(c, stream);
  const auto orders = driver.orders(); // of a and of c
  ASSERT_EQ(orders.size(), 4u);
  EXPECT_EQ(orders[0].substr(0, 6), "record");
  EXPECT_EQ(orders[1].substr(0, 4), "wait");
  for (int round = 0; round < 3; ++round)
    launch(c, stream);
  EXPECT_EQ(driver.orders().size(), 4u);
}

TEST_F(PoolLaunch, AFreedBlockWaitsForTheOtherStream) {
  const Stream stream = Stream::create(cuda_device());
  void *block = nullptr;
  {
    const Array c = Array::empty({3}, f32, cuda_device());
    block = c.data();
    launch(c, stream);
  }
  driver.fail("cuEventQuery", 1, cuda::error_not_ready);
  const Array meanwhile = Array::empty({3}, f32, cuda_device());
  EXPECT_NE(meanwhile.data(), block);
  const Array later = Array::empty({3}, f32, cuda_device());
  EXPECT_EQ(later.data(), block);
  EXPECT_EQ(driver.count("cuCtxSynchronize"), 0);
}

TEST_F(PoolLaunch, AStreamOfOthersIsNotTouchedAfterTheLaunch) {
  int handle = 0;
  const Stream foreign = Stream::wrap(&handle, cuda_device());
  void *block = nullptr;
  std::size_t orders = 0;
  {
    const Array c = Array::empty({3}, f32, cuda_device());
    block = c.data();
    launch(c, foreign);
    orders = driver.orders().size();
  }
  // It may have been destroyed: only a wait for the device tells.
  EXPECT_EQ(driver.orders().size(), orders);
  const Array c = Array::empty({3}, f32, cuda_device());
  EXPECT_EQ(c.data(), block);
  EXPECT_EQ(driver.count("cuCtxSynchronize"), 1);
  // A wait that happened for another reason does as well.
  launch(c, foreign);
  Array d = Array::empty({3}, f32, cuda_device());
  block = d.data();
  launch(d, foreign);
  d = Array();
  synchronize(cuda_device());
  EXPECT_EQ(Array::empty({3}, f32, cuda_device()).data(), block);
  EXPECT_EQ(driver.count("cuCtxSynchronize"), 2);
}

TEST(DevicePool, LegacyStreamByItsOtherName) {
  FakeDriver driver;
  const Stream legacy =
      Stream::wrap(reinterpret_cast<void *>(1), cuda_device());
  EXPECT_EQ(legacy.native(), nullptr);
  EXPECT_TRUE(legacy.bound());
}

TEST(DevicePool, LimitAndTrim) {
  FakeDriver driver;
  set_pool_limit(cuda_device(), 2 * mebi);
  {
    const Array a = on_gpu(mebi), b = on_gpu(2 * mebi);
  }
  EXPECT_EQ(pool_statistics(cuda_device()).kept_bytes, mebi);
  EXPECT_EQ(driver.live_allocations(), 1u);
  trim_pool(cuda_device());
  EXPECT_EQ(driver.live_allocations(), 0u);
  EXPECT_EQ(pool_statistics(cuda_device()).kept_bytes, 0);
}

TEST(DevicePool, EnvironmentSetsTheLimit) {
  const ScopedEnv keep("GIRIH_POOL_KEEP", "1M");
  FakeDriver driver;
  {
    const Array large = on_gpu(2 * mebi);
  }
  EXPECT_EQ(driver.live_allocations(), 0u);
}

TEST(DevicePool, AFullDeviceGetsEverythingBackFirst) {
  FakeDriver driver;
  {
    const Array kept = on_gpu(mebi);
  }
  driver.fail("cuMemAlloc", 1, cuda::error_out_of_memory);
  const Array large = on_gpu(8 * mebi);
  EXPECT_EQ(driver.count("cuMemFree"), 1);
  EXPECT_EQ(pool_statistics(cuda_device()).kept_bytes, 0);
}

TEST(DevicePool, ThreadsNeverShareABlock) {
  FakeDriver driver({FakeDevice{}, FakeDevice{}});
  std::atomic<int> bad{0};
  {
    std::vector<std::jthread> threads;
    for (int at = 0; at < 6; ++at)
      threads.emplace_back([&, at] {
        std::mt19937 random(static_cast<unsigned>(at));
        const Device device = cuda_device(at % 2);
        const Stream own = Stream::create(device);
        for (int round = 0; round < 300; ++round) {
          const std::int64_t shape[] = {
              1 + static_cast<std::int64_t>(random() % 5000)};
          const Array array = random() % 2 == 0
                                  ? Array::empty(shape, u8, device)
                                  : Array::empty_on(own, shape, u8);
          auto *bytes = static_cast<unsigned char *>(array.data());
          std::memset(bytes, at, static_cast<std::size_t>(shape[0]));
          bad += bytes[0] != at || bytes[shape[0] - 1] != at ? 1 : 0;
        }
      });
  }
  EXPECT_EQ(bad, 0);
  for (int device : {0, 1})
    EXPECT_EQ(pool_statistics(cuda_device(device)).used_bytes, 0);
}

TEST(DevicePool, ArraysMayOutliveTheDriver) {
  Array array;
  {
    FakeDriver driver;
    array = on_gpu(100);
  }
  array = Array();
}

} // namespace
} // namespace girih
