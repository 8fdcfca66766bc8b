// SPDX-License-Identifier: Apache-2.0
// A CUDA driver of our own: records calls, fails on demand, keeps "device"
// memory on the host and runs kernels as callbacks.
#pragma once

#include "girih/runtime/cuda/gpu.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace girih::testing {

struct FakeLaunch {
  std::string entry;
  unsigned programs = 0, threads = 0, shared_bytes = 0;
  void *stream = nullptr;
  std::vector<std::int64_t> parameters; // the block, in words
  bool programmatic = false;            // cuLaunchKernelEx with that attribute
  unsigned grid_y = 1, block_y = 1;
  std::string bytes; // the block
};

struct FakeDevice {
  int compute_capability = 90;
  int shared_bytes = 232448;
  int registers = 32;
  int max_threads = 1024;
  int resident = 1; // blocks that a multiprocessor has room for
};

/// The contexts of a thread. Plain data: destructors of static storage call the
/// driver when objects of the thread are gone.
struct ContextStack {
  void *all[8];
  int count;
  bool empty() const { return count == 0; }
  void *back() const { return all[count - 1]; }
  void push_back(void *context) { all[count++] = context; }
  void pop_back() { --count; }
};

/// Takes the driver's place as long as it lives. One at a time. What is
/// launched runs at once, but on a stream that is captured it becomes a node of
/// the graph and runs at each replay; calls that a capture forbids fail and end
/// it.
class FakeDriver {
public:
  explicit FakeDriver(std::vector<FakeDevice> devices = {FakeDevice{}});
  ~FakeDriver();

  using Kernel =
      std::function<void(const std::int64_t *parameters, unsigned programs)>;
  /// What a kernel of that entry name does.
  void on_kernel(const std::string &entry, Kernel kernel);
  /// The nth call from now (1 is the next) of `function` returns `result`; with
  /// `forever`, all after it too.
  void fail(const std::string &function, int nth, int result,
            bool forever = false);

  std::vector<std::string> calls() const;
  int count(const std::string &function) const;
  std::vector<FakeLaunch> launches() const;
  std::size_t live_allocations() const;
  /// Bytes of each parameter of kernels that are called with a list of them. A
  /// driver that knows them, of CUDA 12 or newer, makes tensor maps.
  void set_parameters(std::vector<std::size_t> sizes);
  /// Work of another library in a stream, perhaps a captured one.
  void submit_foreign(void *stream);
  std::size_t live_pinned() const; // host memory that the device sees
  /// What a variable of 8 bytes of the module loaded last holds.
  std::uint64_t variable(const std::string &name) const;
  /// "record 0x.. in 0x..", "wait 0x.. in 0x..": the order between streams.
  std::vector<std::string> orders() const;
  /// As a driver of that version, which may lack functions.
  void set_version(int version);
  const cuda::DriverTable &table() const { return table_; }

  // Used by the table's functions.
  int enter(const char *function, bool needs_context);
  struct State;
  State &state() { return *state_; }

private:
  std::unique_ptr<State> state_;
  cuda::DriverTable table_;
  std::unique_ptr<cuda::ScopedDriver> scope_;
};

} // namespace girih::testing
