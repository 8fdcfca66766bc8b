// SPDX-License-Identifier: Apache-2.0
// One making per key, however many threads ask. Not installed.
#pragma once

#include "girih/runtime/fork_mutex.h"

#include <unistd.h>

#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

namespace girih {

/// A map from keys to values made on demand. The first thread that asks for a
/// key makes its value, without a lock held; others wait for it. What it throws
/// is thrown to all that waited, and the next to ask tries again. Lives as long
/// as the process.
template <class Value> class SingleFlight {
public:
  using Made = std::shared_ptr<const Value>;

  Made get(const std::string &key, const std::function<Made()> &make) {
    std::shared_ptr<Slot> slot;
    {
      std::unique_lock lock(mutex_.native());
      std::shared_ptr<Slot> &known = slots_[key];
      // A slot that another process was making when it forked us stays
      // unfinished for ever: begin anew.
      if (known && (known->done || known->maker == getpid()))
        return wait(lock, known);
      slot = known = std::make_shared<Slot>();
    }
    Made value;
    std::exception_ptr error;
    try {
      value = make();
    } catch (...) {
      error = std::current_exception();
    }
    {
      std::lock_guard lock(mutex_);
      slot->done = true;
      slot->value = value;
      slot->error = error;
      // Unless the key has another slot by now.
      const auto known = slots_.find(key);
      if (error && known != slots_.end() && known->second == slot)
        slots_.erase(known);
    }
    slot->ready.notify_all();
    if (error)
      std::rethrow_exception(error);
    return value;
  }

  /// Forgets all values; makings under way go on. For tests.
  void clear() {
    std::lock_guard lock(mutex_);
    slots_.clear();
  }

private:
  struct Slot {
    bool done = false;
    const pid_t maker = getpid();
    Made value;
    std::exception_ptr error;
    std::condition_variable ready;
  };

  static Made wait(std::unique_lock<std::mutex> &lock,
                   std::shared_ptr<Slot> slot) {
    slot->ready.wait(lock, [&] { return slot->done; });
    if (slot->error)
      std::rethrow_exception(slot->error);
    return slot->value;
  }

  ForkMutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<Slot>> slots_;
};

} // namespace girih
