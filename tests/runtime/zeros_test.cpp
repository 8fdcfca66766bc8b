// SPDX-License-Identifier: Apache-2.0
// Memory that is zeros and is left so: who shares it, and how often it is set.
#include "fake_driver.h"

#include "girih/runtime/capture.h"
#include "girih/runtime/graph.h"
#include "girih/runtime/memory.h"
#include "girih/runtime/pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

namespace girih {
namespace {

using testing::FakeDriver;

std::shared_ptr<void> zeros(const Stream &stream, std::size_t bytes = 100) {
  return allocate_zeros(stream, cuda_device(), bytes);
}

bool is_zero(const std::shared_ptr<void> &memory, std::size_t bytes = 100) {
  const auto *from = static_cast<const unsigned char *>(memory.get());
  return std::all_of(from, from + bytes, [](int byte) { return byte == 0; });
}

TEST(PoolZeros, AreSetOnceForAllLaunchesOfAStream) {
  FakeDriver driver;
  const Stream stream = Stream::create(cuda_device());
  void *first = nullptr;
  for (int round = 0; round < 3; ++round) {
    const auto memory = zeros(stream);
    EXPECT_TRUE(is_zero(memory));
    first = first ? first : memory.get();
    EXPECT_EQ(memory.get(), first);
  }
  EXPECT_EQ(driver.count("cuMemsetD8Async"), 1);
  // While one launch holds them another one has its own.
  const auto held = zeros(stream), other = zeros(stream);
  EXPECT_NE(held, other);
  EXPECT_EQ(driver.count("cuMemsetD8Async"), 2);
}

TEST(PoolZeros, AreNotSharedByStreamsOrWithOtherMemory) {
  FakeDriver driver;
  const Stream first = Stream::create(cuda_device()),
               second = Stream::create(cuda_device());
  std::set<void *> seen;
  for (const Stream &stream : {first, second, Stream()})
    seen.insert(zeros(stream).get());
  EXPECT_EQ(seen.size(), 3u);
  const std::int64_t shape[] = {100};
  {
    const Array plain = Array::empty_on(first, shape, u8);
    EXPECT_FALSE(seen.contains(plain.data()));
    plain.fill_bytes(0xff);
  }
  EXPECT_TRUE(is_zero(zeros(first)));
  EXPECT_EQ(driver.count("cuMemAlloc"), 4);
}

TEST(PoolZeros, OfADestroyedStreamAreHandedOnInOrder) {
  FakeDriver driver;
  void *block = nullptr;
  {
    const Stream stream = Stream::create(cuda_device());
    block = zeros(stream).get();
  }
  driver.fail("cuEventQuery", 1, cuda::error_not_ready); // still running
  EXPECT_NE(zeros(Stream()).get(), block);
  const auto held = zeros(Stream());
  EXPECT_EQ(zeros(Stream()).get(), block);
  trim_pool(cuda_device());
  EXPECT_EQ(pool_statistics(cuda_device()).kept_bytes, 0);
}

TEST(PoolZeros, OfACaptureAreTheGraphsAlone) {
  FakeDriver driver;
  const Stream stream = Stream::create(cuda_device());
  void *outside = zeros(stream).get(), *inside = nullptr;
  {
    const Graph graph = Graph::capture(stream, [&] {
      inside = zeros(stream).get();
      EXPECT_NE(inside, outside);
      EXPECT_EQ(zeros(stream).get(), inside);
      EXPECT_EQ(zeros(Stream()).get(), inside); // work of no named stream
      EXPECT_TRUE(is_zero(zeros(stream)));
      const std::int64_t shape[] = {100};
      EXPECT_NE(Array::empty_on(stream, shape, u8).data(), inside);
      EXPECT_NE(zeros(stream, 5000).get(), inside);
    });
    EXPECT_EQ(graph.size(), 0u); // no node sets them
    EXPECT_EQ(zeros(stream).get(), outside);
  }
  // The graph has gone: they serve the next one who asks.
  const auto first = zeros(stream), second = zeros(stream);
  EXPECT_EQ((std::set{first.get(), second.get()}), (std::set{inside, outside}));
}

TEST(PoolZeros, OfCapturesOfOthersAreNeverSharedAgain) {
  FakeDriver driver;
  const Stream ours = Stream::create(cuda_device());
  const Stream theirs = Stream::wrap(ours.native(), cuda_device());
  std::set<void *> seen;
  const Graph graph = Graph::capture(ours, [&] {
    // To the pool the stream is one that somebody captures.
    Capture *capture = current_capture();
    set_capture(nullptr);
    for (int i = 0; i < 3; ++i)
      seen.insert(zeros(theirs).get());
    set_capture(capture);
    EXPECT_EQ(seen.size(), 3u);
  });
}

TEST(HostZeros, AreSetForEachCall) {
  for (int round = 0; round < 3; ++round) {
    const auto memory = allocate_zeros(Stream(), host_device, 100);
    EXPECT_TRUE(is_zero(memory));
    std::fill_n(static_cast<unsigned char *>(memory.get()), 100,
                static_cast<unsigned char>(7));
  }
  std::shared_ptr<void> memory;
  const Stream stream = Stream::create(host_device);
  const Graph graph = Graph::capture(
      stream, [&] { memory = allocate_zeros(stream, host_device, 100); });
  std::fill_n(static_cast<unsigned char *>(memory.get()), 100,
              static_cast<unsigned char>(7));
  graph.launch(stream);
  EXPECT_TRUE(is_zero(memory));
}

} // namespace
} // namespace girih
