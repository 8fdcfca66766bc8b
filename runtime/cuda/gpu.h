// SPDX-License-Identifier: Apache-2.0
// The state of one CUDA device in this process.
#pragma once

#include "girih/runtime/cuda/assert_records.h"
#include "girih/runtime/cuda/driver.h"
#include "girih/runtime/device.h"

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>

namespace girih::cuda {

/// Which kernel was launched from which line of the user's. Interned: lives as
/// long as the process, so that a pointer to it can be kept anywhere.
struct LaunchSite {
  std::string kernel;
  const char *file = "";
  unsigned line = 0;
  std::string to_string() const; // "matmul (kernel.cpp:22)"
};
class DevicePool;

const LaunchSite *intern_site(const std::string &kernel, const char *file,
                              unsigned line);

/// Whether a result says that a capture forbids the call, or is broken.
constexpr bool of_capture(Result result) {
  return result >= error_capture_unsupported &&
         result <= error_capture_wrong_thread;
}

/// One device: its primary context, retained when first used and never
/// released, and the memory of its first fatal error. Thread-safe.
class Gpu {
public:
  /// Throws RuntimeError when the context cannot be had.
  Gpu(const DriverLookup &lookup, int index);
  ~Gpu();

  const DriverTable &api() const { return api_; }
  ContextHandle context() const { return context_; }
  const DeviceProperties &properties() const { return properties_; }
  Device device() const { return cuda_device(index_); }
  DevicePool &pool() const { return *pool_; }
  /// Where its kernels leave word of failed assertions.
  AssertRecords &asserts() const { return asserts_; }

  /// Throws RuntimeError [cuda] unless `result` is success, [device-assert]
  /// where a kernel's assertion is behind it. A fatal error (the context is
  /// lost) is remembered with the kernels launched before it.
  void check(Result result, const char *call,
             const LaunchSite *site = nullptr) const;
  /// Throws RuntimeError [cuda] after a fatal error.
  void require_alive() const {
    if (lost_.load(std::memory_order_relaxed))
      throw_lost();
  }
  /// Remembers the launch, for the report of a later asynchronous error.
  void note_launch(const LaunchSite *site) const {
    const unsigned at = next_.fetch_add(1, std::memory_order_relaxed);
    recent_[at % recent_.size()].store(site, std::memory_order_relaxed);
  }
  /// Captures of ours under way, on any thread: a wait for the whole device
  /// would break them.
  void begin_capture() const { captures_.fetch_add(1); }
  void end_capture() const { captures_.fetch_sub(1); }
  bool is_captured() const { return captures_.load() > 0; }
  /// Called when everything launched is known to have run well.
  void forget_launches() const;
  /// Waits for the whole device.
  void synchronize() const;
  /// GIRIH_DEBUG=sync: waits for the launch just made, unless the stream is
  /// being captured and cannot be waited for.
  void wait_for_launch(StreamHandle stream, const LaunchSite *site) const;

private:
  [[noreturn]] void throw_lost() const;
  [[noreturn]] void fail_for_good(std::string message,
                                  const LaunchSite *site) const;
  std::string recent_launches() const;
  void read_properties(DeviceHandle handle, int driver_version);

  const DriverTable &api_;
  const int index_;
  ContextHandle context_ = nullptr;
  DeviceProperties properties_;
  mutable std::array<std::atomic<const LaunchSite *>, 8> recent_{};
  mutable std::atomic<unsigned> next_{0};
  mutable std::atomic<bool> lost_{false};
  mutable std::atomic<int> captures_{0};
  mutable std::mutex mutex_;
  mutable std::string lost_text_; // guarded by mutex_
  mutable AssertRecords asserts_{*this};
  std::unique_ptr<DevicePool> pool_;
};

/// Makes the device's primary context current on this thread for a scope, and
/// leaves the context of whoever called as it was.
class ContextScope {
public:
  explicit ContextScope(const Gpu &gpu) : gpu_(gpu) {
    ContextHandle current = nullptr;
    if (gpu.api().cuCtxGetCurrent(&current) == success &&
        current == gpu.context())
      return;
    gpu.check(gpu.api().cuCtxPushCurrent(gpu.context()), "cuCtxPushCurrent");
    pushed_ = true;
  }
  ~ContextScope() {
    ContextHandle popped = nullptr;
    if (pushed_)
      gpu_.api().cuCtxPopCurrent(&popped);
  }
  ContextScope(const ContextScope &) = delete;
  ContextScope &operator=(const ContextScope &) = delete;

private:
  const Gpu &gpu_;
  bool pushed_ = false;
};

/// For destructors: as ContextScope, but never throws: the driver may be
/// gone already.
class QuietScope {
public:
  explicit QuietScope(const Gpu &gpu)
      : gpu_(gpu), good_(gpu.api().cuCtxPushCurrent(gpu.context()) == success) {
  }
  ~QuietScope() {
    ContextHandle popped = nullptr;
    if (good_)
      gpu_.api().cuCtxPopCurrent(&popped);
  }
  QuietScope(const QuietScope &) = delete;
  QuietScope &operator=(const QuietScope &) = delete;
  bool good() const { return good_; }

private:
  const Gpu &gpu_;
  const bool good_;
};

/// Lets this thread make calls for a scope that a capture would forbid, but
/// that do not belong to what is captured: loading a module, taking memory.
class RelaxedCapture {
public:
  explicit RelaxedCapture(const Gpu &gpu) : gpu_(gpu) { exchange(); }
  ~RelaxedCapture() { exchange(); }
  RelaxedCapture(const RelaxedCapture &) = delete;
  RelaxedCapture &operator=(const RelaxedCapture &) = delete;

private:
  void exchange() { gpu_.api().cuThreadExchangeStreamCaptureMode(&mode_); }

  const Gpu &gpu_;
  CaptureMode mode_ = capture_relaxed;
};

/// A stream of its own, with the context current: the default one may have to
/// wait for work of others, or for a capture.
class PrivateStream {
public:
  explicit PrivateStream(const Gpu &gpu) : gpu_(gpu) {
    gpu.check(gpu.api().cuStreamCreate(&handle_, stream_non_blocking),
              "cuStreamCreate");
  }
  ~PrivateStream() { gpu_.api().cuStreamDestroy(handle_); }
  PrivateStream(const PrivateStream &) = delete;
  PrivateStream &operator=(const PrivateStream &) = delete;
  StreamHandle handle() const { return handle_; }

private:
  const Gpu &gpu_;
  StreamHandle handle_ = nullptr;
};

/// The device of that number, started on the first call. Throws RuntimeError
/// [driver], [device] or [cuda].
const Gpu &gpu(int index);
/// Whether this process was forked from one that had opened the driver: every
/// CUDA call would fail, those of destructors included.
bool forked_from_cuda();
/// What the driver lookup gave, a test's replacement included.
const DriverLookup &current_driver();

/// Replaces the driver for a scope, and forgets all devices. Only for tests:
/// nothing else may use a GPU meanwhile.
class ScopedDriver {
public:
  explicit ScopedDriver(DriverLookup lookup);
  ~ScopedDriver();
  ScopedDriver(const ScopedDriver &) = delete;
  ScopedDriver &operator=(const ScopedDriver &) = delete;

private:
  void *previous_;
};

} // namespace girih::cuda
