// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/cache/single_flight.h"

#include <gtest/gtest.h>

#include <sys/wait.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

namespace girih {
namespace {

using namespace std::chrono_literals;

TEST(SingleFlight, OneMakingForManyThreads) {
  SingleFlight<int> flight;
  std::atomic<int> made{0}, sum{0};
  {
    std::vector<std::jthread> threads;
    for (int at = 0; at < 16; ++at)
      threads.emplace_back([&] {
        sum += *flight.get("key", [&] {
          ++made;
          std::this_thread::sleep_for(50ms);
          return std::make_shared<const int>(7);
        });
      });
  }
  EXPECT_EQ(made, 1);
  EXPECT_EQ(sum, 16 * 7);
}

TEST(SingleFlight, KeysDoNotWaitForEachOther) {
  SingleFlight<int> flight;
  const auto outer = flight.get("a", [&] {
    return flight.get("b", [] { return std::make_shared<const int>(3); });
  });
  EXPECT_EQ(*outer, 3);
}

TEST(SingleFlight, ErrorsReachAllAndAreForgotten) {
  SingleFlight<int> flight;
  std::atomic<int> made{0}, caught{0};
  {
    std::vector<std::jthread> threads;
    for (int at = 0; at < 8; ++at)
      threads.emplace_back([&] {
        try {
          flight.get("key", [&]() -> std::shared_ptr<const int> {
            ++made;
            std::this_thread::sleep_for(50ms);
            throw std::runtime_error("no");
          });
        } catch (const std::runtime_error &) {
          ++caught;
        }
      });
  }
  EXPECT_EQ(caught, 8);
  EXPECT_LE(made, 8);
  EXPECT_EQ(*flight.get("key", [] { return std::make_shared<const int>(1); }),
            1);
}

TEST(SingleFlight, ForkWhileMaking) {
  SingleFlight<int> flight;
  std::atomic<bool> started{false}, finish{false};
  std::jthread maker([&] {
    flight.get("key", [&] {
      started = true;
      while (!finish)
        std::this_thread::sleep_for(1ms);
      return std::make_shared<const int>(1);
    });
  });
  while (!started)
    std::this_thread::sleep_for(1ms);
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    // The thread that makes it does not exist here.
    const auto own =
        flight.get("key", [] { return std::make_shared<const int>(2); });
    _exit(*own == 2 ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  finish = true;
  EXPECT_EQ(status, 0);
}

} // namespace
} // namespace girih
