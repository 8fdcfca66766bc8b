// SPDX-License-Identifier: Apache-2.0
// Graph: work captured once and replayed with one call.
#pragma once

#include "girih/runtime/device.h"
#include "girih/runtime/stream.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <source_location>

namespace girih {

/// Launches, fills and copies that were captured on a stream, to be replayed on
/// any: a CUDA graph, on the host a list of the same. A cheap, thread-safe
/// handle. It keeps the Arrays of its work alive, which keep their addresses:
/// write new inputs into them before a replay.
///
/// While a thread captures, its work of that device that names no stream goes
/// to the captured stream, nothing runs, Arrays that it makes are the graph's
/// own memory, and whatever needs results (a wait, a copy from or to another
/// device, to_vector()) throws RuntimeError [capture]. A kernel may be compiled
/// and loaded meanwhile, but drivers before 12.3 want it prepared beforehand.
/// Other threads are not hindered. Other streams become part of a capture by
/// Stream::wait on an Event recorded in it, and must be joined in the same way.
class Graph {
public:
  Graph() = default;
  /// Captures what `work` submits. `stream` must not be the default stream,
  /// which cannot be captured: make one with Stream::create(device). Throws
  /// RuntimeError [capture], and what `work` throws; nothing remains then.
  static Graph
  capture(const Stream &stream, const std::function<void()> &work,
          std::source_location where = std::source_location::current());

  /// Captures anew. Where only arguments changed (other Arrays, other sizes of
  /// the same kernels) a CUDA graph is updated in place, which is quicker than
  /// making one: true then. Replays under way end with the old work.
  bool update(const Stream &stream, const std::function<void()> &work,
              std::source_location where = std::source_location::current());

  /// Replays: on the host it returns when done, on a GPU when submitted.
  void
  launch(const Stream &stream = {},
         std::source_location where = std::source_location::current()) const;

  bool empty() const { return !state_; }
  /// Of what was captured. Throws RuntimeError [capture] when empty.
  Device device() const;
  /// Number of launches, fills and copies.
  std::size_t size() const;

private:
  friend class GraphCapture;
  struct State;
  State &state() const;
  std::shared_ptr<State> state_;
};

/// The same by a scope: captures from its construction to finish(), which the
/// same thread must call. Without finish(), what was captured is dropped.
class GraphCapture {
public:
  explicit GraphCapture(
      const Stream &stream,
      std::source_location where = std::source_location::current());
  ~GraphCapture();
  GraphCapture(const GraphCapture &) = delete;
  GraphCapture &operator=(const GraphCapture &) = delete;

  /// Ends the capture. Throws RuntimeError [capture] when it went wrong.
  Graph finish();

private:
  friend class Graph;
  struct Ended;
  Ended end();
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace girih
