// SPDX-License-Identifier: Apache-2.0
// The allocator of pages: alone, at its edges, and from many threads at once.
#include "girih/examples/llm/cache/kv_cache.h"
#include "girih/examples/llm/cache/page_allocator.h"

#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <random>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

namespace girih::testing {
namespace {

using llm::PageAllocator;
using llm::PageList;

TEST(LlmPageAllocator, GivesEachPageOnce) {
  for (const std::int64_t pages : {1, 63, 64, 65, 1000}) {
    PageAllocator allocator(pages);
    const auto all = allocator.allocate(pages);
    ASSERT_TRUE(all);
    const std::set<std::int32_t> distinct(all->begin(), all->end());
    EXPECT_EQ(std::int64_t(distinct.size()), pages);
    EXPECT_EQ(*distinct.begin(), 0);
    EXPECT_EQ(*distinct.rbegin(), pages - 1);
    EXPECT_EQ(allocator.available(), 0);
    EXPECT_FALSE(allocator.allocate(1));
    EXPECT_TRUE(allocator.allocate(0));
  }
}

TEST(LlmPageAllocator, AllOrNothing) {
  PageAllocator allocator(10);
  const auto first = allocator.allocate(7);
  ASSERT_TRUE(first);
  EXPECT_FALSE(allocator.allocate(4));
  EXPECT_EQ(allocator.available(), 3);
  EXPECT_TRUE(allocator.release(first->front()));
  EXPECT_TRUE(allocator.allocate(4));
  EXPECT_EQ(allocator.available(), 0);
}

TEST(LlmPageAllocator, FreesWithTheLastReference) {
  PageAllocator allocator(2);
  const std::int32_t page = allocator.allocate(1)->front();
  allocator.retain(page);
  EXPECT_EQ(allocator.references(page), 2);
  EXPECT_FALSE(allocator.release(page));
  EXPECT_EQ(allocator.available(), 1);
  EXPECT_TRUE(allocator.release(page));
  EXPECT_EQ(allocator.available(), 2);
}

TEST(LlmPageAllocator, RefusesMistakes) {
  PageAllocator allocator(3);
  EXPECT_THROW(allocator.release(0), std::logic_error);
  EXPECT_THROW(allocator.retain(0), std::logic_error);
  EXPECT_THROW(allocator.release(3), std::out_of_range);
  EXPECT_THROW(allocator.release(-1), std::out_of_range);
  EXPECT_THROW(static_cast<void>(allocator.allocate(-1)),
               std::invalid_argument);
  EXPECT_THROW(PageAllocator(-1), std::invalid_argument);
  // Nothing has changed by them.
  EXPECT_EQ(allocator.available(), 3);
  EXPECT_EQ(allocator.references(0), 0);
}

TEST(LlmPageAllocator, ListsGiveTheirPagesBack) {
  PageAllocator allocator(4);
  {
    PageList list(allocator, 33);
    ASSERT_TRUE(list.valid());
    EXPECT_EQ(list.pages().size(), 3U);
    EXPECT_EQ(list.slot(0), list.pages()[0] * 16);
    EXPECT_EQ(list.slot(17), list.pages()[1] * 16 + 1);
    EXPECT_FALSE(PageList(allocator, 17).valid());
    PageList moved = std::move(list);
    EXPECT_EQ(allocator.available(), 1);
  }
  EXPECT_EQ(allocator.available(), 4);
}

// Each thread marks the pages that it gets as its own: two that had the same
// one would see the other's mark.
TEST(LlmPageAllocator, ManyThreads) {
  constexpr std::int64_t pages = 200;
  constexpr int threads = 8, rounds = 4000;
  PageAllocator allocator(pages);
  std::vector<std::atomic<int>> owner(pages);
  std::atomic<std::int64_t> got{0}, refused{0};
  const auto work = [&](int self) {
    std::mt19937 random(static_cast<unsigned>(self));
    for (int round = 0; round < rounds; ++round) {
      const auto made = allocator.allocate(1 + random() % 40);
      if (!made) {
        ++refused;
        continue;
      }
      ++got;
      for (const std::int32_t page : *made)
        ASSERT_EQ(owner[static_cast<std::size_t>(page)].exchange(self), 0);
      for (const std::int32_t page : *made) {
        allocator.retain(page);
        ASSERT_FALSE(allocator.release(page));
        ASSERT_EQ(owner[static_cast<std::size_t>(page)].exchange(0), self);
        ASSERT_TRUE(allocator.release(page));
      }
    }
  };
  std::vector<std::thread> all;
  for (int self = 1; self <= threads; ++self)
    all.emplace_back(work, self);
  for (std::thread &each : all)
    each.join();
  EXPECT_EQ(got + refused, std::int64_t{threads} * rounds);
  EXPECT_GT(got, 0);
  EXPECT_EQ(allocator.available(), pages);
  EXPECT_TRUE(allocator.allocate(pages));
}

// A page shared by many is freed by exactly one of them.
TEST(LlmPageAllocator, SharedPageIsFreedOnce) {
  constexpr int threads = 8, rounds = 2000;
  PageAllocator allocator(1);
  for (int round = 0; round < rounds; ++round) {
    const std::int32_t page = allocator.allocate(1)->front();
    for (int i = 1; i < threads; ++i)
      allocator.retain(page);
    std::atomic<int> freed{0};
    std::vector<std::thread> all;
    if (round % 100 == 0) {
      for (int i = 0; i < threads; ++i)
        all.emplace_back([&] { freed += allocator.release(page); });
    } else {
      for (int i = 0; i < threads; ++i)
        freed += allocator.release(page);
    }
    for (std::thread &each : all)
      each.join();
    ASSERT_EQ(freed, 1);
    ASSERT_EQ(allocator.available(), 1);
  }
}

} // namespace
} // namespace girih::testing
