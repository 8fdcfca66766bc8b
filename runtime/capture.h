// SPDX-License-Identifier: Apache-2.0
// What a thread is capturing. Not installed.
#pragma once

#include "girih/dsl/support/source_line.h"
#include "girih/runtime/array.h"
#include "girih/runtime/stream.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace girih {

/// Memory and code by the object that keeps them alive.
using Owners = std::set<std::shared_ptr<const void>,
                        std::owner_less<std::shared_ptr<const void>>>;

/// What was captured, besides what the driver recorded by itself.
struct Captured {
  std::vector<std::function<void()>> steps; // on the host: the work itself
  Owners kept;                              // what the work reads and writes
  /// Taken while capturing; reused within the capture, not by others.
  std::vector<std::shared_ptr<void>> memory;
  std::vector<std::string> kernels; // each once, in order
};

/// Addresses [begin, end).
struct AddressRange {
  std::intptr_t begin = 0, end = 0;
};

/// One capture under way. Used by the thread that began it only.
struct Capture {
  Device device;
  Stream stream; // bound
  SourceLine begun;
  Captured work;
  std::vector<std::size_t> sizes; // of work.memory

  /// Memory that stays the graph's: what the work of a capture reads at a
  /// replay must not be given to anything else meanwhile.
  std::shared_ptr<void> allocate(std::size_t bytes);
  /// Zeros for work in `used`, on a GPU: the same ones each time, as that work
  /// is in order and leaves them so.
  std::shared_ptr<void> allocate_zeros(const Stream &used, std::size_t bytes);
  /// The graph needs `owner` at each replay.
  void keep(const std::shared_ptr<const void> &owner);
  void name_kernel(const std::string &name);
  /// Instead of doing it now.
  void fill(const Array &array, std::uint8_t byte);
  void copy(const Array &to, const Array &from);

  /// Work was submitted to `used` that writes these arrays only, and that lets
  /// nothing begin before all that is ahead of it has ended.
  void note_work(const Stream &used, std::span<const Array *const> written);
  /// Whether what is submitted to `used` now comes right behind the work that
  /// was noted last, or is the first work: it may run beside that one only.
  bool follows_noted(const Stream &used) const;
  /// Whether the work that was noted last may write an element of `array`.
  bool written_by_noted(const Array &array) const;

private:
  /// The node that the next work in `used` depends on, or null; nothing if
  /// there are several or it cannot be asked for.
  std::optional<void *> node_ahead(const Stream &used) const;

  struct Zeros {
    void *stream;
    std::size_t bytes;
    std::shared_ptr<void> memory;
  };
  std::vector<Zeros> zeros_;
  std::optional<void *> noted_ = nullptr; // its node; nothing: not known
  std::vector<AddressRange> noted_writes_;
};

/// The capture that this thread has begun on `device`, or null.
Capture *capture_on(Device device);
/// Makes `capture` this thread's; null ends it.
void set_capture(Capture *capture);
/// The capture of this thread, whatever its device.
Capture *current_capture();

/// Throws RuntimeError [capture] when this thread captures on `device`: `what`
/// needs results now, which only a replay gives.
void refuse_in_capture(Device device, std::string_view what);

} // namespace girih
