// SPDX-License-Identifier: Apache-2.0
// Capture and replay, on the host and on the fake GPU, which runs what was
// captured when the graph is launched.
#include "error_text.h"
#include "fake_driver.h"
#include "fake_toolchain.h"
#include "test_kernels.h"

#include "girih/runtime/failure.h"

#include <gtest/gtest.h>

#include <cmath>
#include <thread>

namespace girih {
namespace {

using testing::add_config;
using testing::add_entry;
using testing::error_of;
using testing::fake_add;
using testing::FakeDevice;
using testing::FakeDriver;
using testing::FakeToolchain;
using testing::has;
using testing::make_add;
using testing::ScopedEnv;
using Values = std::vector<double>;

/// On both devices; the kernel is add with BLOCK 4.
class GraphOn : public ::testing::TestWithParam<Device> {
protected:
  GraphOn() { driver.on_kernel("kernel", fake_add); }

  Array filled(Values values) const {
    const auto count = static_cast<std::int64_t>(values.size());
    return Array::from(values, {count}, f32, device);
  }
  Array poisoned(std::int64_t count) const {
    const Array array = Array::empty({count}, f32, device);
    array.fill_bytes(0xff);
    return array;
  }
  void sum(const Array &a, const Array &b, const Array &c) const {
    add.launch(std::vector<Array>{a, b, c}, options);
  }

  FakeDriver driver;
  const ScopedEnv ptxas{"GIRIH_PTXAS", "off"};
  FakeToolchain toolchain{add_entry};
  const Kernel add = make_add();
  const LaunchOptions options{add_config(), {}};
  const Device device = GetParam();
  const Stream stream = Stream::create(device);
  Graph inner;
};

INSTANTIATE_TEST_SUITE_P(Devices, GraphOn,
                         ::testing::Values(host_device, cuda_device()),
                         [](const auto &test) {
                           return test.param.kind == Device::Kind::host
                                      ? "host"
                                      : "cuda";
                         });

TEST_P(GraphOn, ReplaysWithWhatTheArraysHoldThen) {
  const Array a = filled({1, 2, 3, 4, 5}), b = filled({10, 20, 30, 40, 50});
  const Array c = poisoned(5), d = poisoned(5);
  const Graph graph = Graph::capture(stream, [&] {
    sum(a, b, c);
    sum(c, a, d);
  });
  EXPECT_EQ(graph.size(), 2u);
  EXPECT_EQ(graph.device(), device);
  EXPECT_TRUE(std::isnan(c.to_vector()[0])); // nothing ran yet
  graph.launch(stream);
  EXPECT_EQ(c.to_vector(), (Values{11, 22, 33, 44, 55}));
  EXPECT_EQ(d.to_vector(), (Values{12, 24, 36, 48, 60}));
  b.copy_from(filled({1, 1, 1, 1, 1}));
  graph.launch();
  EXPECT_EQ(d.to_vector(), (Values{3, 5, 7, 9, 11}));
}

TEST_P(GraphOn, FillsAndCopiesAreCaptured) {
  const Array a = filled({1, 2, 3}), b = poisoned(3), c = poisoned(3);
  const Graph graph = Graph::capture(stream, [&] {
    c.fill_bytes(0);
    b.copy_from(a);
    sum(a, b, c);
    const Array zeros = Array::zeros({3}, f32, device);
    sum(c, zeros, b);
  });
  EXPECT_EQ(graph.size(), 5u);
  EXPECT_TRUE(std::isnan(b.to_vector()[0]));
  for (int round = 0; round < 2; ++round) {
    graph.launch(stream);
    EXPECT_EQ(c.to_vector(), (Values{2, 4, 6}));
    EXPECT_EQ(b.to_vector(), (Values{2, 4, 6}));
  }
}

TEST_P(GraphOn, ArraysOfTheWorkLiveOnInTheGraph) {
  Array out = poisoned(3);
  Graph graph;
  {
    const Array a = filled({1, 2, 3});
    graph = Graph::capture(stream, [&] {
      const Array between = Array::empty({3}, f32, device);
      sum(a, a, between);
      sum(between, a, out);
    });
  }
  // What takes memory meanwhile must not get theirs.
  std::vector<Array> others;
  for (int at = 0; at < 8; ++at)
    others.push_back(poisoned(3));
  graph.launch(stream);
  EXPECT_EQ(out.to_vector(), (Values{3, 6, 9}));
  for (const Array &other : others)
    EXPECT_TRUE(std::isnan(other.to_vector()[0]));
}

/// What `use` captures must keep the memory of the Array that it gets.
template <class Use>
bool keeps_memory(const Stream &stream, const Array &array, Use use) {
  Array copy = array.to(array.device());
  const std::weak_ptr<const void> memory = copy.owner();
  const Graph graph = Graph::capture(stream, [&] { use(copy); });
  copy = Array();
  return !memory.expired();
}

TEST_P(GraphOn, WhatIsReadOrWrittenIsKept) {
  const Array a = filled({1, 2, 3}), c = poisoned(3);
  const auto kept = [&](auto use) { return keeps_memory(stream, a, use); };
  EXPECT_TRUE(kept([&](const Array &x) { c.copy_from(x); }));
  EXPECT_TRUE(kept([&](const Array &x) { x.copy_from(a); }));
  EXPECT_TRUE(kept([&](const Array &x) { x.fill_bytes(1); }));
  EXPECT_TRUE(kept([&](const Array &x) { sum(x, a, c); }));
  const std::weak_ptr<const void> of_inner = [&] {
    const Array x = a.to(device);
    inner = Graph::capture(stream, [&] { sum(x, a, c); });
    return x.owner();
  }();
  const Graph outer = Graph::capture(stream, [&] { inner.launch(); });
  inner = Graph();
  EXPECT_FALSE(of_inner.expired());
}

TEST_P(GraphOn, MemoryOfACaptureIsReusedWithinIt) {
  const Array a = filled({1, 2, 3}), out = poisoned(3);
  const std::int64_t before = pool_statistics(device).used_bytes;
  const Graph graph = Graph::capture(stream, [&] {
    Array sum_so_far = a;
    for (int round = 0; round < 50; ++round) {
      const Array next = Array::empty({3}, f32, device);
      sum(sum_so_far, a, next);
      sum_so_far = next;
    }
    sum(sum_so_far, a, out);
  });
  EXPECT_LE(pool_statistics(device).used_bytes - before, 2 * 256);
  graph.launch(stream);
  EXPECT_EQ(out.to_vector(), (Values{52, 104, 156}));
}

TEST_P(GraphOn, ScopeAndEmptyGraph) {
  const Array a = filled({1}), c = poisoned(1);
  {
    GraphCapture dropped(stream);
    sum(a, a, c);
  }
  GraphCapture scope(stream);
  sum(a, a, c);
  const Graph graph = scope.finish();
  error_of(ErrorId::capture, [&] { scope.finish(); });
  EXPECT_TRUE(std::isnan(c.to_vector()[0]));
  graph.launch();
  EXPECT_EQ(c.to_vector(), Values{2});
  const Graph none;
  EXPECT_TRUE(none.empty());
  EXPECT_TRUE(has(error_of(ErrorId::capture, [&] { none.launch(); }),
                  "graph_test.cpp:"));
  error_of(ErrorId::capture, [&] { none.size(); });
}

TEST_P(GraphOn, Update) {
  const Array a = filled({1, 2, 3}), b = filled({5, 5, 5}), c = poisoned(3);
  Graph graph;
  EXPECT_FALSE(graph.update(stream, [&] { sum(a, a, c); }));
  const Graph copy = graph;
  EXPECT_TRUE(graph.update(stream, [&] { sum(a, b, c); }));
  copy.launch(stream);
  EXPECT_EQ(c.to_vector(), (Values{6, 7, 8}));
  const bool in_place = graph.update(stream, [&] {
    sum(a, a, c);
    sum(c, a, b);
  });
  EXPECT_EQ(in_place, device.kind == Device::Kind::host);
  copy.launch(stream);
  EXPECT_EQ(b.to_vector(), (Values{3, 6, 9}));
  EXPECT_EQ(graph.size(), 2u);
}

TEST_P(GraphOn, WhatNeedsResultsIsRefused) {
  const Array a = filled({1, 2, 3}), c = poisoned(3);
  const auto refuse = [&](const std::function<void()> &call) {
    const std::string text = error_of(ErrorId::capture, [&] {
      Graph::capture(stream, [&] {
        sum(a, a, c);
        call();
      });
    });
    EXPECT_TRUE(has(text, "the capture began here")) << text;
    EXPECT_TRUE(has(text, "graph_test.cpp:")) << text;
    sum(a, a, c); // nothing is captured any more
    EXPECT_EQ(c.to_vector(), (Values{2, 4, 6}));
  };
  refuse([&] { c.to_vector(); });
  refuse([&] { c.to(f64); });
  refuse([&] { c.slice(0, 0, 3, 2).copy_from(a.slice(0, 0, 3, 2)); });
  refuse([&] { filled({1}); });
  refuse([&] { synchronize(device); });
  refuse([&] { stream.synchronize(); });
  if (device.kind == Device::Kind::cuda) {
    refuse([&] { c.to(host_device); });
    refuse([&] { c.copy_from(Array::zeros({3}, f32, host_device)); });
    refuse([&] { Array::zeros({3}, f32, host_device).copy_from(c); });
  }
}

TEST_P(GraphOn, MistakesOfCaptures) {
  const std::string text =
      error_of(ErrorId::capture, [&] { Graph::capture(Stream(), [] {}); });
  EXPECT_TRUE(has(text, "the default stream cannot be captured")) << text;
  EXPECT_TRUE(has(text, "graph_test.cpp:")) << text;
  GraphCapture open(stream);
  error_of(ErrorId::capture, [&] { Graph::capture(stream, [] {}); });
  std::thread([&] {
    error_of(ErrorId::capture, [&] { open.finish(); });
  }).join();
  EXPECT_EQ(open.finish().size(), 0u);
}

TEST_P(GraphOn, ErrorsOfTheWorkEndTheCapture) {
  const Array a = filled({1, 2, 3}), c = poisoned(3);
  error_of(ErrorId::overlap,
           [&] { Graph::capture(stream, [&] { sum(a, a, a); }); });
  sum(a, a, c);
  EXPECT_EQ(c.to_vector(), (Values{2, 4, 6}));
  Graph::capture(stream, [&] { sum(a, a, c); }).launch();
}

TEST_P(GraphOn, OtherThreadsAreNotHindered) {
  const Array a = filled({1, 2, 3}), c = poisoned(3), d = poisoned(3);
  const Graph graph = Graph::capture(stream, [&] {
    sum(a, a, c);
    std::thread([&] {
      toolchain.shared_bytes = 16; // compiled and loaded anew
      const Array own = Array::empty({5000}, f32, device);
      const Kernel fresh = make_add();
      fresh.launch(std::vector<Array>{a, a, d}, {add_config(8), {}});
      EXPECT_EQ(d.to_vector(), (Values{2, 4, 6}));
    }).join();
  });
  EXPECT_EQ(graph.size(), 1u);
  graph.launch();
  EXPECT_EQ(c.to_vector(), (Values{2, 4, 6}));
}

TEST_P(GraphOn, AGraphInAGraph) {
  const Array a = filled({1, 2, 3}), c = poisoned(3), d = poisoned(3);
  Graph outer;
  {
    const Graph inner = Graph::capture(stream, [&] { sum(a, a, c); });
    outer = Graph::capture(stream, [&] {
      inner.launch();
      sum(c, a, d);
    });
  }
  EXPECT_TRUE(std::isnan(c.to_vector()[0]));
  outer.launch(stream);
  EXPECT_EQ(d.to_vector(), (Values{3, 6, 9}));
}

TEST_P(GraphOn, ThreadsReplayOneGraph) {
  const Array a = filled({1, 2, 3}), c = poisoned(3);
  const Graph graph = Graph::capture(stream, [&] { sum(a, a, c); });
  if (device.kind == Device::Kind::host)
    return; // they would write the same elements at once
  {
    std::vector<std::jthread> threads;
    for (int at = 0; at < 4; ++at)
      threads.emplace_back([&] {
        for (int round = 0; round < 50; ++round)
          graph.launch(stream);
      });
  }
  EXPECT_EQ(driver.count("cuGraphLaunch"), 200);
}

struct GpuGraph : ::testing::Test {
  FakeDriver driver{{FakeDevice{}, FakeDevice{}}};
  const ScopedEnv ptxas{"GIRIH_PTXAS", "off"};
  FakeToolchain toolchain;
  const Kernel add = make_add();
  const Array a = Array::from(Values{1, 2, 3}, {3}, f32, cuda_device());
  const Array c = Array::empty({3}, f32, cuda_device());
  Stream stream = Stream::create(cuda_device());
  GpuGraph() { driver.on_kernel("kernel", fake_add); }

  void launch(const Stream &where = {}) const {
    add.launch(std::vector<Array>{a, a, c}, {add_config(), where});
  }
};

TEST_F(GpuGraph, AFirstCompileInACaptureIsFine) {
  const Graph graph = Graph::capture(stream, [&] { launch(stream); });
  EXPECT_EQ(toolchain.compiles, 1);
  graph.launch();
  EXPECT_EQ(c.to_vector(), (Values{2, 4, 6}));
}

TEST_F(GpuGraph, OldDriversLoadNothingInACapture) {
  driver.set_version(12020);
  const Array b = Array::from(Values{1, 2, 3}, {3}, f32, cuda_device());
  const std::vector<Array> arrays{b, b, b.to(cuda_device())};
  stream = Stream::create(cuda_device());
  const LaunchOptions options{add_config(), {}};
  const std::string text = error_of(ErrorId::capture, [&] {
    Graph::capture(stream, [&] { add.launch(arrays, options); });
  });
  EXPECT_TRUE(has(text, "kernel add is loaded for the first time")) << text;
  EXPECT_TRUE(has(text, "prepare(arrays)")) << text;
  add.prepare(arrays, options);
  Graph::capture(stream, [&] { add.launch(arrays, options); }).launch();
  EXPECT_EQ(arrays[2].to_vector(), (Values{2, 4, 6}));
}

TEST_F(GpuGraph, ALaunchInACaptureAsksOnlyForWhatIsAhead) {
  launch(stream);
  const GraphCapture capture(stream);
  launch();
  const cuda::ContextScope scope(cuda::gpu(0));
  const auto before = driver.calls().size();
  launch();
  const auto calls = driver.calls();
  EXPECT_EQ(
      (std::vector<std::string>(calls.begin() + static_cast<long>(before),
                                calls.end())),
      (std::vector<std::string>{"cuCtxGetCurrent", "cuStreamGetCaptureInfo",
                                "cuCtxGetCurrent", "cuLaunchKernel",
                                "cuCtxGetCurrent", "cuStreamGetCaptureInfo"}));
}

TEST_F(GpuGraph, WhatTheDriverSaysOfABrokenCapture) {
  launch();
  const std::string text = error_of(ErrorId::capture, [&] {
    Graph::capture(stream, [&] {
      launch();
      const cuda::ContextScope scope(cuda::gpu(0));
      driver.table().cuStreamSynchronize(stream.native());
    });
  });
  EXPECT_TRUE(has(text, "cuda:0 failed: FAKE_ERROR (901)")) << text;
  EXPECT_TRUE(has(text, "captured: add")) << text;
  EXPECT_TRUE(has(text, "graph_test.cpp:")) << text;
}

TEST_F(GpuGraph, EveryDriverCallMayFail) {
  launch();
  for (const char *call :
       {"cuStreamBeginCapture", "cuStreamEndCapture", "cuGraphGetNodes",
        "cuGraphInstantiateWithFlags", "cuGraphLaunch"}) {
    driver.fail(call, 1, 1);
    const auto work = [&] {
      Graph::capture(stream, [&] { launch(); }).launch(stream);
    };
    try {
      work();
      ADD_FAILURE() << call;
    } catch (const RuntimeError &error) {
      EXPECT_TRUE(error.id() == ErrorId::cuda || error.id() == ErrorId::capture)
          << error.what();
    }
    if (std::string(call) == "cuStreamEndCapture") // the fake captures on
      stream = Stream::create(cuda_device());
    c.fill_bytes(0);
    work();
    EXPECT_EQ(c.to_vector(), (Values{2, 4, 6})) << call;
  }
}

TEST_F(GpuGraph, AStickyErrorOfAReplayNamesTheGraph) {
  const Graph graph = Graph::capture(stream, [&] { launch(); });
  graph.launch(stream);
  driver.fail("cuStreamSynchronize", 1, 700);
  const std::string text =
      error_of(ErrorId::cuda, [&] { stream.synchronize(); });
  EXPECT_TRUE(has(text, "graph of add (")) << text;
  EXPECT_TRUE(has(text, "graph_test.cpp:")) << text;
  EXPECT_TRUE(has(error_of(ErrorId::cuda, [&] { graph.launch(stream); }),
                  "cannot be used since an earlier error"));
}

TEST_F(GpuGraph, ReplaysInAnotherStreamAreOrdered) {
  const Graph graph = Graph::capture(stream, [&] { launch(); });
  const auto before = driver.orders().size();
  const Stream other = Stream::create(cuda_device());
  graph.launch(other);
  EXPECT_EQ(driver.orders().size(), before + 4); // a and c: record and wait
  graph.launch(other);
  EXPECT_EQ(driver.orders().size(), before + 4);
  const Stream third = Stream::create(cuda_device());
  graph.launch(third);
  EXPECT_EQ(driver.orders().size(), before + 8);
}

TEST_F(GpuGraph, WhatAnUpdateBringsIsOrderedAsWell) {
  Graph graph = Graph::capture(stream, [&] { launch(); });
  const Stream other = Stream::create(cuda_device());
  graph.launch(other);
  const auto before = driver.orders().size();
  const Array d = Array::empty({3}, f32, cuda_device());
  graph.update(stream, [&] {
    add.launch(std::vector<Array>{a, a, d}, {add_config(), {}});
  });
  graph.launch(other);
  EXPECT_EQ(driver.orders().size(), before + 2); // d
}

TEST_F(GpuGraph, FreedMemoryWaitsForTheEndOfACapture) {
  set_pool_limit(cuda_device(), 0);
  const int before = driver.count("cuMemFree");
  Graph::capture(stream, [&] {
    launch();
    // Of the whole device: other threads' Arrays go meanwhile.
    std::thread([] { Array::empty({3}, f32, cuda_device()); }).join();
    EXPECT_EQ(driver.count("cuMemFree"), before);
  });
}

TEST_F(GpuGraph, GraphsGoWithTheirHandle) {
  launch();
  const int before = driver.count("cuGraphExecDestroy");
  {
    const Graph graph = Graph::capture(stream, [&] { launch(); });
    const Graph copy = graph;
    EXPECT_EQ(driver.count("cuGraphDestroy"), 1);
  }
  EXPECT_EQ(driver.count("cuGraphExecDestroy"), before + 1);
}

TEST_F(GpuGraph, NobodyWaitsForTheDeviceMeanwhile) {
  // It would break the capture, of whichever thread.
  const Graph graph = Graph::capture(stream, [&] {
    launch();
    std::thread([&] {
      const std::string text =
          error_of(ErrorId::capture, [&] { synchronize(cuda_device()); });
      EXPECT_TRUE(has(text, "another thread captures")) << text;
      int handle = 0; // its use is known to be over by such a wait only
      Array d = Array::empty({3}, f32, cuda_device());
      add.launch(std::vector<Array>{a, a, d},
                 {add_config(), Stream::wrap(&handle, cuda_device())});
      d = Array();
      Array::empty({3}, f32, cuda_device());
    }).join();
  });
  EXPECT_EQ(driver.count("cuCtxSynchronize"), 0);
  graph.launch();
  EXPECT_EQ(c.to_vector(), (Values{2, 4, 6}));
  synchronize(cuda_device());
}

TEST_F(GpuGraph, OtherDevicesWorkOn) {
  const Array b = Array::from(Values{4}, {1}, f32, cuda_device(1));
  const Graph graph = Graph::capture(stream, [&] {
    launch();
    EXPECT_EQ(b.to_vector(), Values{4});
    EXPECT_EQ(Array::from(Values{1}, {1}, f32, cuda_device(1)).to_vector(),
              Values{1});
  });
  const std::string text = error_of(
      ErrorId::device, [&] { graph.launch(Stream::create(cuda_device(1))); });
  EXPECT_TRUE(has(text, "graph_test.cpp:")) << text;
  Graph other = graph;
  error_of(ErrorId::capture,
           [&] { other.update(Stream::create(cuda_device(1)), [] {}); });
}

} // namespace
} // namespace girih
