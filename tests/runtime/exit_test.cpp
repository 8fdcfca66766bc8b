// SPDX-License-Identifier: Apache-2.0
// Processes that exit while their threads work.
#include "fake_driver.h"
#include "fake_toolchain.h"
#include "test_kernels.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <functional>
#include <thread>

namespace girih {
namespace {

using testing::add_config;
using testing::add_entry;
using testing::FakeDriver;
using testing::FakeToolchain;
using testing::make_add;
using Values = std::vector<double>;

/// That a process which does `work` and returns from main, as it were, ends
/// well. It is a process of its own, without the threads and the state of this
/// one.
void expect_good_end(const std::function<void()> &work) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        alarm(60);
        work();
        std::exit(0); // with the destructors of static storage
      },
      ::testing::ExitedWithCode(0), "");
}

void for_ever(const std::function<void()> &work, int threads = 4) {
  for (int at = 0; at < threads; ++at)
    std::thread([work] {
      while (true)
        work();
    }).detach();
}

void a_while() { std::this_thread::sleep_for(std::chrono::milliseconds(60)); }

void sum(const Kernel &add, Device device, std::int64_t block = 4) {
  const Array a = Array::zeros({20000}, f32, device);
  const Array c = Array::empty({20000}, f32, device);
  add.launch(std::vector<Array>{a, a, c}, {add_config(block), {}});
}

TEST(Exit, WhileThreadsLaunchOnTheHost) {
  expect_good_end([] {
    new FakeToolchain(add_entry);
    const auto *add = new Kernel(make_add());
    for_ever([add] { sum(*add, host_device); });
    a_while();
  });
}

TEST(Exit, WhileThreadsLaunchOnAGpu) {
  expect_good_end([] {
    setenv("GIRIH_PTXAS", "off", 1);
    new FakeDriver();
    new FakeToolchain();
    const auto *add = new Kernel(make_add());
    for_ever([add] { sum(*add, cuda_device()); });
    a_while();
  });
}

TEST(Exit, WaitsForCompilationsUnderWay) {
  expect_good_end([] {
    // What the compiler uses dies at exit, as LLVM's statics do.
    static std::string needed(100, 'x');
    static std::atomic<bool> gone{false};
    struct Mark {
      ~Mark() {
        gone = true;
        // Time for a compilation to be caught at it.
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
      }
    };
    static const Mark mark;
    auto *toolchain = new FakeToolchain(add_entry);
    Toolchain slow = current_toolchain();
    slow.compile = [good = slow.compile](const Program &program,
                                         const compiler::Target &target,
                                         const compiler::Options &options) {
      for (int at = 0; at < 20; ++at) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        if (gone || needed.size() != 100)
          _exit(3); // the compiler outlived what it uses
      }
      return good(program, target, options);
    };
    auto *files = new FileSystem;
    new ScopedToolchain(slow, *new DiskCache("", 0, *files));
    (void)toolchain;
    static std::atomic<std::int64_t> block{1};
    for_ever([] { sum(make_add(), host_device, ++block); });
    a_while();
  });
}

TEST(Exit, AStaticObjectCallsAKernelLast) {
  expect_good_end([] {
    new FakeToolchain(add_entry);
    struct Last {
      ~Last() {
        const Array a = Array::from(Values{1, 2}, {2}, f32, host_device);
        const Array c = Array::empty({2}, f32, host_device);
        make_add().launch(std::vector<Array>{a, a, c}, {add_config(), {}});
        if (c.to_vector() != Values{2, 4})
          _exit(4);
      }
    };
    static const Last last;
    // Compiled before: the destructor passes a closed gate.
    sum(make_add(), host_device, 8);
  });
}

TEST(Exit, StaticArraysGraphsAndStreams) {
  expect_good_end([] {
    setenv("GIRIH_PTXAS", "off", 1);
    new FakeDriver();
    new FakeToolchain();
    static const Stream stream = Stream::create(cuda_device());
    static const Array array = Array::zeros({100}, f32, cuda_device());
    static const Kernel add = make_add();
    static const Graph graph =
        Graph::capture(stream, [] { sum(add, cuda_device()); });
    graph.launch(stream);
  });
}

} // namespace
} // namespace girih
