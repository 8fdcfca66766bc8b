// SPDX-License-Identifier: Apache-2.0
// Devices, memory, streams and events over the fake driver, and what happens
// when the driver fails or is not there.
#include "fake_driver.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/runtime/array.h"
#include "girih/runtime/event.h"
#include "girih/runtime/pool.h"
#include "girih/runtime/timing.h"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <thread>

namespace girih {
namespace {

using testing::FakeDevice;
using testing::FakeDriver;
using Values = std::vector<double>;

template <class Call> RuntimeError error_of(Call call) {
  try {
    call();
  } catch (const RuntimeError &error) {
    return error;
  }
  ADD_FAILURE() << "no RuntimeError";
  return RuntimeError(ErrorId::internal);
}

bool has(const RuntimeError &error, const std::string &text) {
  return std::string(error.what()).find(text) != std::string::npos;
}

TEST(NoDriver, HostWorksAndCudaSaysWhy) {
  cuda::DriverLookup none;
  none.reason = "no CUDA driver: libcuda.so.1: cannot open";
  const cuda::ScopedDriver scope(none);
  EXPECT_EQ(default_device(), host_device);
  EXPECT_EQ(cuda_device_count(), 0);
  EXPECT_EQ(cuda_unavailable_reason(), none.reason);
  EXPECT_EQ(Array::from(Values{1, 2}, {2}, f32).to_vector(), (Values{1, 2}));
  const RuntimeError error =
      error_of([] { Array::empty({2}, f32, cuda_device()); });
  EXPECT_EQ(error.id(), ErrorId::driver);
  EXPECT_TRUE(has(error, none.reason));
  EXPECT_TRUE(has(error, "help:"));
  EXPECT_EQ(error_of([] { Stream::create(cuda_device()); }).id(),
            ErrorId::driver);
  EXPECT_EQ(error_of([] { Event event(cuda_device()); }).id(), ErrorId::driver);
  EXPECT_EQ(error_of([] { synchronize(cuda_device()); }).id(), ErrorId::driver);
}

TEST(Device, Names) {
  EXPECT_EQ(parse_device("host"), host_device);
  EXPECT_EQ(parse_device("cuda"), cuda_device(0));
  EXPECT_EQ(parse_device("cuda:3"), cuda_device(3));
  EXPECT_EQ(cuda_device(3).to_string(), "cuda:3");
  for (const char *bad : {"", "cuda:", "cuda:x", "cuda:-1", "gpu", "cuda:1 "})
    EXPECT_EQ(error_of([&] { parse_device(bad); }).id(), ErrorId::device)
        << bad;
}

TEST(FakeGpu, Properties) {
  const FakeDriver driver({FakeDevice{90}, FakeDevice{120}});
  EXPECT_EQ(cuda_device_count(), 2);
  EXPECT_EQ(default_device(), cuda_device(0));
  EXPECT_EQ(properties(cuda_device(0)).compute_capability, 90);
  EXPECT_EQ(properties(cuda_device(1)).compute_capability, 120);
  EXPECT_EQ(properties(cuda_device(1)).name, "Fake GPU");
  const RuntimeError error = error_of([] { properties(cuda_device(2)); });
  EXPECT_EQ(error.id(), ErrorId::device);
  EXPECT_TRUE(has(error, "there is no cuda:2"));
}

TEST(FakeGpu, EachDeviceStartsOnceAndOnlyWhenUsed) {
  FakeDriver driver({FakeDevice{}, FakeDevice{}});
  EXPECT_EQ(driver.count("cuDevicePrimaryCtxRetain"), 0);
  {
    std::vector<std::jthread> threads;
    for (int at = 0; at < 8; ++at)
      threads.emplace_back([] { properties(cuda_device(1)); });
  }
  EXPECT_EQ(driver.count("cuDevicePrimaryCtxRetain"), 1);
}

TEST(FakeGpu, ArraysComeAndGo) {
  FakeDriver driver;
  {
    const Array array = Array::from(Values{1, 2, 3, 4, 5, 6}, {2, 3}, bf16);
    EXPECT_EQ(array.device(), cuda_device(0));
    EXPECT_EQ(array.to_vector(), (Values{1, 2, 3, 4, 5, 6}));
    EXPECT_EQ(array.transpose(0, 1).to_vector(), (Values{1, 4, 2, 5, 3, 6}));
    EXPECT_EQ(array.transpose(0, 1).to(host_device).to_vector(),
              (Values{1, 4, 2, 5, 3, 6}));
    EXPECT_EQ(array.to(f32).device(), cuda_device(0));
    // Into a strided view: the elements between stay as they are.
    array.slice(1, 1, 2).copy_from(
        Array::from(Values{8, 9}, {2, 1}, bf16, host_device));
    EXPECT_EQ(array.to_vector(), (Values{1, 8, 3, 4, 9, 6}));
    const Stream stream = Stream::create(cuda_device(0));
    const std::int64_t shape[] = {16};
    const Array pooled = Array::empty_on(stream, shape, f32);
    EXPECT_EQ(pooled.device(), cuda_device(0));
    EXPECT_GT(driver.live_allocations(), 0u);
  }
  EXPECT_EQ(pool_statistics(cuda_device()).used_bytes, 0);
  trim_pool(cuda_device());
  EXPECT_EQ(driver.live_allocations(), 0u);
  EXPECT_EQ(driver.count("cuStreamDestroy"), 1);
}

TEST(FakeGpu, ContextOfTheCallerIsRestored) {
  FakeDriver driver({FakeDevice{}, FakeDevice{}});
  void *mine = reinterpret_cast<void *>(77);
  driver.table().cuCtxPushCurrent(mine);
  const Array array = Array::zeros({4}, f32, cuda_device(1));
  void *now = nullptr;
  driver.table().cuCtxGetCurrent(&now);
  EXPECT_EQ(now, mine);
  driver.table().cuCtxPopCurrent(&now);
}

TEST(FakeGpu, CopiesBetweenDevices) {
  FakeDriver driver({FakeDevice{}, FakeDevice{}});
  const Array first = Array::from(Values{1, 2}, {2}, f32, cuda_device(0));
  const Array second = first.to(cuda_device(1));
  EXPECT_EQ(second.device(), cuda_device(1));
  EXPECT_EQ(second.to_vector(), (Values{1, 2}));
  EXPECT_EQ(driver.count("cuMemcpyPeerAsync"), 1);
}

TEST(FakeGpu, OutOfMemory) {
  FakeDriver driver;
  driver.fail("cuMemAlloc", 1, cuda::error_out_of_memory);
  driver.fail("cuMemAlloc", 1, cuda::error_out_of_memory);
  const RuntimeError error = error_of([] { Array::empty({256}, f32); });
  EXPECT_EQ(error.id(), ErrorId::out_of_memory);
  EXPECT_TRUE(has(error, "cuda:0 has no 1024 bytes left"));
  EXPECT_NO_THROW(Array::empty({256}, f32));
}

TEST(FakeGpu, EveryCallOfACopyMayFail) {
  // Whatever fails first: a typed error, no leak, and the next try works.
  for (const char *call :
       {"cuDeviceGet", "cuDevicePrimaryCtxRetain", "cuDeviceGetName",
        "cuDeviceGetAttribute", "cuDeviceTotalMem", "cuCtxPushCurrent",
        "cuMemAlloc", "cuMemcpyHtoDAsync", "cuMemcpyDtoHAsync",
        "cuStreamSynchronize"}) {
    FakeDriver driver;
    driver.fail(call, 1, 1);
    const auto work = [] {
      return Array::from(Values{1, 2}, {2}, f32, cuda_device()).to_vector();
    };
    const RuntimeError error = error_of(work);
    EXPECT_EQ(error.id(), ErrorId::cuda) << call;
    EXPECT_TRUE(has(error, "FAKE_ERROR (1): as the test wanted")) << call;
    EXPECT_EQ(work(), (Values{1, 2})) << call;
    trim_pool(cuda_device());
    EXPECT_EQ(driver.live_allocations(), 0u) << call;
  }
}

TEST(FakeGpu, FatalErrorsAreRemembered) {
  FakeDriver driver({FakeDevice{}, FakeDevice{}});
  const auto *site = cuda::intern_site("softmax", "model.cpp", 31);
  cuda::gpu(0).note_launch(site);
  driver.fail("cuCtxSynchronize", 1, 700);
  const RuntimeError first = error_of([] { synchronize(cuda_device()); });
  EXPECT_EQ(first.id(), ErrorId::cuda);
  EXPECT_TRUE(has(first, "softmax (model.cpp:31)"));
  EXPECT_TRUE(has(first, "GIRIH_DEBUG=sync"));
  const RuntimeError later = error_of([] { Array::empty({4}, f32); });
  EXPECT_TRUE(has(later, "cannot be used since an earlier error"));
  EXPECT_TRUE(has(later, "softmax (model.cpp:31)"));
  EXPECT_THROW(Stream::create(cuda_device()), RuntimeError);
  // Another device is another context.
  EXPECT_NO_THROW(Array::zeros({4}, f32, cuda_device(1)));
}

TEST(FakeGpu, OrdinaryErrorsAreNot) {
  FakeDriver driver;
  driver.fail("cuCtxSynchronize", 1, 1);
  EXPECT_THROW(synchronize(cuda_device()), RuntimeError);
  EXPECT_NO_THROW(synchronize(cuda_device()));
}

TEST(FakeGpu, EventsAndStreams) {
  FakeDriver driver;
  Stream stream = Stream::create(cuda_device());
  Event begin(cuda_device()), end(cuda_device());
  EXPECT_TRUE(begin.done());
  begin.record(stream);
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  end.record(stream);
  stream.wait(end);
  EXPECT_GE(seconds_between(begin, end), 0.004);
  EXPECT_EQ(driver.count("cuStreamWaitEvent"), 1);
  driver.fail("cuEventQuery", 1, cuda::error_not_ready);
  EXPECT_FALSE(end.done());
  EXPECT_TRUE(end.done());
  Event host(host_device);
  EXPECT_EQ(error_of([&] { host.record(stream); }).id(), ErrorId::device);
  EXPECT_EQ(error_of([&] { seconds_between(begin, host); }).id(),
            ErrorId::argument);
}

TEST(HostEvents, TellTime) {
  Event begin(host_device), end(host_device);
  begin.record();
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  end.record();
  EXPECT_GE(seconds_between(begin, end), 0.004);
  EXPECT_LT(seconds_between(begin, end), 5);
}

TEST(FakeGpu, ForkedChildIsTold) {
  FakeDriver driver;
  const Array kept = Array::zeros({4}, f32);
  const pid_t child = fork();
  if (child == 0) {
    bool good = default_device() == host_device && cuda_device_count() == 0;
    try {
      Array::empty({4}, f32, cuda_device());
      good = false;
    } catch (const RuntimeError &error) {
      good = good && has(error, "forked") && error.id() == ErrorId::driver;
    }
    good = good && Array::from(Values{3}, {1}, f32).to_vector() == Values{3};
    _exit(good ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(default_device(), cuda_device(0));
}

TEST(Timing, Summary) {
  const Timing timing = summarise({5, 1, 2, 4, 3, 6, 7, 8, 9, 10, 11});
  EXPECT_EQ(timing.median, 6);
  EXPECT_EQ(timing.lowest, 1);
  EXPECT_EQ(timing.highest, 11);
  EXPECT_EQ(timing.low, 2);
  EXPECT_EQ(timing.high, 10);
  EXPECT_DOUBLE_EQ(timing.spread(), 8.0 / 6);
  EXPECT_EQ(summarise({2, 4}).median, 3);
  EXPECT_EQ(summarise({}).runs, 0);
}

TEST(Timing, HostCalls) {
  std::vector<int> rounds;
  TimingOptions options;
  options.warmup = 2;
  options.min_runs = options.max_runs = 5;
  options.cold_cache = false;
  const Timing timing = time_calls(
      host_device,
      [&](int round) {
        rounds.push_back(round);
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
      },
      options);
  EXPECT_EQ(rounds, (std::vector<int>{0, 1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(timing.runs, 5);
  EXPECT_GE(timing.lowest, 0.0015);
}

TEST(Timing, GpuCallsFlushTheCacheBeforeEachRun) {
  FakeDriver driver;
  TimingOptions options;
  options.min_runs = options.max_runs = 20;
  int calls = 0;
  const Timing timing =
      time_calls(cuda_device(), [&](int) { ++calls; }, options);
  EXPECT_EQ(timing.runs, 20);
  EXPECT_EQ(calls, 23);
  EXPECT_EQ(driver.count("cuMemsetD8Async"), 20);
  EXPECT_EQ(pool_statistics(cuda_device()).used_bytes, 0);
}

} // namespace
} // namespace girih
