// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/exit_gate.h"

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <thread>

namespace girih {
namespace {

struct Gate {
  std::mutex mutex;
  std::condition_variable changed;
  int inside = 0;
  bool closed = false;
  std::thread::id exiting;
};

std::atomic<Gate *> current{nullptr};
// Of this thread: exit() inside the compiler must not wait for itself.
thread_local int inside_here = 0;

/// Never destroyed. A forked child has none of the threads that were inside,
/// and begins with a new one.
Gate &gate() {
  Gate *found = current.load();
  if (!found) {
    auto made = std::make_unique<Gate>();
    if (current.compare_exchange_strong(found, made.get()))
      found = made.release();
  }
  return *found;
}

void close() {
  Gate &own = gate();
  std::unique_lock lock(own.mutex);
  own.closed = true;
  own.exiting = std::this_thread::get_id();
  own.changed.wait(lock, [&] { return own.inside <= inside_here; });
}

} // namespace

ExitGate::ExitGate() {
  // What is registered last runs first: before the destructors of everything
  // that exists by now.
  static const int registered =
      std::atexit(close) +
      pthread_atfork(nullptr, nullptr, [] { current.store(nullptr); });
  static_cast<void>(registered);
  Gate &own = gate();
  std::unique_lock lock(own.mutex);
  own.changed.wait(lock, [&] {
    return !own.closed || own.exiting == std::this_thread::get_id();
  });
  ++own.inside;
  ++inside_here;
}

ExitGate::~ExitGate() {
  // Once more, for what the first compilation brought into being.
  static const int registered = std::atexit(close);
  static_cast<void>(registered);
  Gate &own = gate();
  const std::lock_guard lock(own.mutex);
  --own.inside;
  --inside_here;
  own.changed.notify_all();
}

} // namespace girih
