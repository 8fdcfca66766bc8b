// SPDX-License-Identifier: Apache-2.0
// A mutex that a forked child can still use. Not installed.
#pragma once

#include <mutex>

namespace girih {

/// A std::mutex that fork() waits for, so that no other thread's lock is
/// copied into the child. No two are held together, nor is one while anything
/// slow or foreign runs.
class ForkMutex {
public:
  ForkMutex();
  ~ForkMutex();
  ForkMutex(const ForkMutex &) = delete;
  ForkMutex &operator=(const ForkMutex &) = delete;
  void lock() { mutex_.lock(); }
  void unlock() { mutex_.unlock(); }
  std::mutex &native() { return mutex_; }

private:
  std::mutex mutex_;
};

} // namespace girih
