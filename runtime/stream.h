// SPDX-License-Identifier: Apache-2.0
// Streams: queues of work on a device.
#pragma once

#include "girih/runtime/device.h"

#include <memory>

namespace girih {

class Event;

/// A queue of work on one device; a cheap, thread-safe handle. The default one
/// is the device's default stream. Host launches finish before they return, so
/// on the host a Stream is always empty.
class Stream {
public:
  /// The default stream of whatever device it is used with.
  Stream() = default;
  /// A new stream that does not wait for the default stream.
  static Stream create(Device device);
  /// Uses a stream made by others (a CUstream; a cudaStream_t is the same). The
  /// caller keeps it alive, as long as Arrays made by empty_on() exist too.
  static Stream wrap(void *native, Device device);

  /// The CUstream; null is the default stream.
  void *native() const { return native_; }
  /// Whether it belongs to one device; false for Stream().
  bool bound() const { return bound_; }
  Device device() const { return device_; }
  /// Whether create() made it, so that it lives as long as this handle.
  bool owned() const { return owner_ != nullptr; }

  /// Waits until everything submitted has run.
  void synchronize() const;
  /// Work submitted later starts after the event. Only a stream of the host
  /// waits here.
  void wait(const Event &event) const;

private:
  void *native_ = nullptr;
  bool bound_ = false;
  Device device_;
  std::shared_ptr<void> owner_;
};

} // namespace girih
