// SPDX-License-Identifier: Apache-2.0
// Events: marks in a stream, for ordering and for timing.
#pragma once

#include "girih/runtime/device.h"
#include "girih/runtime/stream.h"

#include <memory>

namespace girih {

/// A mark in a Stream. On the host it is the time at which it was recorded.
class Event {
public:
  /// Makes an event of `device`. Throws RuntimeError when there is none such.
  explicit Event(Device device);

  /// Marks the stream's present end.
  void record(const Stream &stream = {});
  /// Whether everything before the mark has run; true when never recorded.
  bool done() const;
  void synchronize() const;
  Device device() const;
  /// The CUevent; null on the host.
  void *native() const;

private:
  friend double seconds_between(const Event &, const Event &);
  struct State;
  std::shared_ptr<State> state_;
};

/// Time from one recorded mark to a later one; waits for both.
double seconds_between(const Event &begin, const Event &end);

} // namespace girih
