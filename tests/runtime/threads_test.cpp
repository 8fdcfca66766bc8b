// SPDX-License-Identifier: Apache-2.0
// Everything from many threads at once, on several devices: run under
// ThreadSanitizer by runtime_tsan.
#include "fake_driver.h"
#include "fake_toolchain.h"
#include "test_kernels.h"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <barrier>
#include <thread>

namespace girih {
namespace {

using testing::add_config;
using testing::add_entry;
using testing::fake_add;
using testing::FakeDevice;
using testing::FakeDriver;
using testing::FakeToolchain;
using testing::make_add;
using testing::ScopedEnv;
using Values = std::vector<double>;

constexpr int thread_count = 6;

/// Three devices: the host and two fake GPUs.
struct Threads : ::testing::Test {
  FakeDriver driver{{FakeDevice{}, FakeDevice{}}};
  const ScopedEnv ptxas{"GIRIH_PTXAS", "off"};
  const ScopedEnv cores{"GIRIH_NUM_THREADS", "3"};
  FakeToolchain toolchain{add_entry};
  const Kernel add = make_add();
  Threads() { driver.on_kernel("kernel", fake_add); }

  static Device device_of(int number) {
    return number % 3 == 2 ? host_device : cuda_device(number % 3);
  }
  /// Runs work(thread) on all threads at once.
  template <class Work> static void on_all(Work work) {
    std::barrier start(thread_count);
    std::vector<std::jthread> threads;
    for (int at = 0; at < thread_count; ++at)
      threads.emplace_back([&, at] {
        start.arrive_and_wait();
        work(at);
      });
  }
};

TEST_F(Threads, OneCompilePerKeyOneLoadPerDevice) {
  toolchain.compile_milliseconds = 20;
  std::atomic<int> good{0};
  on_all([&](int at) {
    for (int round = 0; round < 8; ++round) {
      const Device device = device_of(at + round);
      const Array a = Array::from(Values{1, 2, 3}, {3}, f32, device);
      const Array c = Array::empty({3}, f32, device);
      // Two Configs; all operands of one class.
      add.launch(std::vector<Array>{a, a, c},
                 {add_config(round % 2 == 0 ? 4 : 8), {}});
      good += c.to_vector() == Values{2, 4, 6} || round % 2 == 1 ? 1 : 0;
    }
  });
  EXPECT_EQ(good, thread_count * 8);
  EXPECT_EQ(toolchain.compiles, 4); // two Configs, for the host and sm_90a
  EXPECT_EQ(toolchain.loads, 2);
  EXPECT_EQ(driver.count("cuModuleLoadDataEx"), 4);
}

TEST_F(Threads, GraphsArraysAndStreamsOfTheirOwn) {
  std::atomic<int> good{0};
  on_all([&](int at) {
    const Device device = device_of(at);
    const Stream stream = Stream::create(device);
    const Array a = Array::from(Values{1, 2, 3}, {3}, f32, device);
    const Array c = Array::empty({3}, f32, device);
    for (int round = 0; round < 10; ++round) {
      const Graph graph = Graph::capture(stream, [&] {
        const Array between = Array::empty({3}, f32, device);
        add.launch(std::vector<Array>{a, a, between}, {add_config(), {}});
        add.launch(std::vector<Array>{between, a, c}, {add_config(), {}});
      });
      c.fill_bytes(0xff);
      graph.launch(stream);
      good += c.to_vector() == Values{3, 6, 9} ? 1 : 0;
    }
  });
  EXPECT_EQ(good, thread_count * 10);
}

TEST_F(Threads, AnArrayMayGoWhereItWasNotMade) {
  const Stream stream = Stream::create(cuda_device());
  on_all([&](int at) {
    for (int round = 0; round < 30; ++round) {
      Array c = Array::empty({3}, f32, cuda_device());
      const Array a = Array::from(Values{1, 2, 3}, {3}, f32, cuda_device());
      add.launch(std::vector<Array>{a, a, c},
                 {add_config(), at % 2 == 0 ? stream : Stream()});
      std::thread([mine = std::move(c)] {}).join();
    }
  });
  EXPECT_EQ(pool_statistics(cuda_device()).used_bytes, 0);
}

TEST_F(Threads, AStickyErrorIsToldToAll) {
  const Array a = Array::zeros({3}, f32, cuda_device());
  const Array c = Array::empty({3}, f32, cuda_device());
  driver.fail("cuLaunchKernel", 40, 700, true);
  std::atomic<int> first{0}, later{0};
  on_all([&](int) {
    for (int round = 0; round < 20; ++round)
      try {
        add.launch(std::vector<Array>{a, a, c}, {add_config(), {}});
      } catch (const RuntimeError &error) {
        const std::string text = error.what();
        EXPECT_NE(text.find("add ("), std::string::npos) << text;
        EXPECT_NE(text.find("threads_test.cpp:"), std::string::npos) << text;
        (text.find("since an earlier error") == std::string::npos ? first
                                                                  : later)++;
      }
  });
  // Threads that were within the call when it failed saw it themselves.
  EXPECT_GE(first, 1);
  EXPECT_LE(first, thread_count);
  EXPECT_GE(later, 1);
  // Another device is another context.
  const Array b = Array::from(Values{4}, {1}, f32, cuda_device(1));
  EXPECT_EQ(b.to_vector(), Values{4});
}

/// A child of a process whose threads are at work can use the host, and is told
/// about CUDA.
TEST_F(Threads, ForkWhileOthersWork) {
  GIRIH_SKIP_IF_NO_THREADS_AFTER_FORK();
  std::atomic<bool> stop{false};
  std::vector<std::jthread> threads;
  for (int at = 0; at < thread_count; ++at)
    threads.emplace_back([&, at] {
      for (int round = 0; !stop; ++round) {
        const Device device = device_of(at);
        const Array a = Array::zeros({40000 + round % 7}, f32, device);
        const Array c = Array::empty({40000 + round % 7}, f32, device);
        add.launch(std::vector<Array>{a, a, c}, {add_config(), {}});
      }
    });
  for (int round = 0; round < 10; ++round) {
    const pid_t child = fork();
    if (child == 0) {
      alarm(20);
      const Array a = Array::from(Values(40000, 2), {40000}, f32, host_device);
      const Array c = Array::empty({40000}, f32, host_device);
      const Kernel own = make_add();
      own.launch(std::vector<Array>{a, a, c}, {add_config(), {}});
      bool good = c.to_vector() == Values(40000, 4);
      try {
        Array::empty({4}, f32, cuda_device());
        good = false;
      } catch (const RuntimeError &error) {
        good &= error.id() == ErrorId::driver &&
                std::string(error.what()).find("forked") != std::string::npos;
      }
      _exit(good ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0) << round;
  }
  stop = true;
}

} // namespace
} // namespace girih
