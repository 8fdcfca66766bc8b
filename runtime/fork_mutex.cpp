// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/fork_mutex.h"

#include <pthread.h>

#include <vector>

namespace girih {
namespace {

/// All ForkMutexes, locked and unlocked around fork().
struct Registry {
  std::mutex mutex;
  std::vector<ForkMutex *> all;
};

Registry &registry() {
  static Registry *const made = new Registry;
  return *made;
}

void before_fork() {
  registry().mutex.lock();
  for (ForkMutex *each : registry().all)
    each->lock();
}

void after_fork() {
  for (ForkMutex *each : registry().all)
    each->unlock();
  registry().mutex.unlock();
}

} // namespace

ForkMutex::ForkMutex() {
  static const int registered =
      pthread_atfork(before_fork, after_fork, after_fork);
  (void)registered;
  std::lock_guard lock(registry().mutex);
  registry().all.push_back(this);
}

ForkMutex::~ForkMutex() {
  std::lock_guard lock(registry().mutex);
  std::erase(registry().all, this);
}

} // namespace girih
