// SPDX-License-Identifier: Apache-2.0
// What the fake driver holds.
#pragma once

#include "fake_driver.h"

#include "girih/runtime/cuda/driver_api.h"

#include <atomic>
#include <chrono>

namespace girih::testing {

struct FakeModule {
  std::string image;
  std::map<std::string, std::uint64_t> variables = {};
};

struct FakeFunction {
  std::string entry;
  int device = 0;
  std::atomic<int> dynamic_shared = 48 << 10; // threads set it alike
};

struct FakeEvent {
  std::chrono::steady_clock::time_point time;
};

/// What a captured stream was given, to be run when the graph is launched.
struct FakeGraph {
  std::vector<std::function<void()>> nodes;
  std::vector<std::string> kinds; // two graphs of equal kinds can be updated
  bool broken = false;
};

struct FakeDriver::State {
  struct Failure {
    std::string function;
    int remaining;
    int result;
    bool forever;
  };
  mutable std::mutex mutex;
  std::vector<FakeDevice> devices;
  std::vector<std::string> calls;
  std::vector<Failure> failures;
  std::vector<FakeLaunch> launches;
  std::map<std::string, Kernel> kernels;
  std::set<void *> allocations, pinned;
  std::map<void *, FakeGraph> captures; // by stream
  std::set<FakeGraph *> graphs;
  std::vector<std::string> orders;
  int version = 0;
  std::vector<std::size_t> parameter_sizes; // of kernels called with a list
  std::vector<std::unique_ptr<FakeModule>> modules;
  std::vector<std::unique_ptr<FakeFunction>> functions;
  std::vector<std::unique_ptr<FakeEvent>> events;
};

FakeDriver *active_driver();

/// cuTensorMapEncodeTiled: a map that holds what was said.
int fake_tensor_map(
    cuda::TensorMap *map, cuda::TensorMapType type, std::uint32_t rank,
    void *address, const std::uint64_t *sizes, const std::uint64_t *strides,
    const std::uint32_t *box, const std::uint32_t *element_strides,
    cuda::TensorMapInterleave interleave, cuda::TensorMapSwizzle swizzle,
    cuda::TensorMapPromotion promotion, cuda::TensorMapFill fill);

} // namespace girih::testing
