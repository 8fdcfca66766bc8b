// SPDX-License-Identifier: Apache-2.0
// A pool of our own rather than OpenMP's: the bundle can carry it, a forked
// child can start anew, and a call that finds the pool busy just runs alone.
#include "girih/runtime/host/parallel.h"

#include "girih/dsl/support/env.h"
#include "girih/runtime/host/cpu_limit.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <new>
#include <thread>

#include <pthread.h>

namespace girih {

namespace {

constexpr std::size_t scratch_alignment = 64;
/// Checks of a waiting thread before it sleeps: some tens of microseconds,
/// about what waking it again would cost.
constexpr int spins = 2000;

void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

/// One thread's scratch, kept between calls.
class Scratch {
public:
  ~Scratch() { std::free(data_); }

  void *at_least(std::int64_t bytes) {
    if (bytes > bytes_) {
      std::free(data_);
      const auto size = static_cast<std::size_t>(bytes) + scratch_alignment - 1;
      data_ = std::aligned_alloc(scratch_alignment,
                                 size / scratch_alignment * scratch_alignment);
      bytes_ = data_ ? bytes : 0;
      if (!data_)
        throw std::bad_alloc();
    }
    return data_;
  }

private:
  void *data_ = nullptr;
  std::int64_t bytes_ = 0;
};

void *thread_scratch(std::int64_t bytes) {
  thread_local Scratch scratch;
  return scratch.at_least(bytes);
}

/// One call of run_parallel. Threads take programs from the front, fewer at a
/// time towards the end.
class Job {
public:
  Job(compiler::HostEntry entry, const std::int64_t *params,
      std::int64_t programs, std::int64_t scratch_bytes, int threads)
      : entry_(entry), params_(params), programs_(programs),
        scratch_bytes_(scratch_bytes), threads_(threads) {}

  int threads() const { return threads_; }

  void work(void *scratch) {
    std::int64_t begin = next_.load(std::memory_order_relaxed);
    while (begin < programs_) {
      const std::int64_t share = (programs_ - begin) / (4 * threads_);
      const std::int64_t end = begin + std::max<std::int64_t>(1, share);
      if (!next_.compare_exchange_weak(begin, end, std::memory_order_relaxed))
        continue;
      entry_(params_, begin, end, scratch);
      begin = next_.load(std::memory_order_relaxed);
    }
  }

  /// A helper's share: without memory for scratch it leaves the work to the
  /// others.
  void help() {
    try {
      work(thread_scratch(scratch_bytes_));
    } catch (const std::bad_alloc &) {
    }
  }

private:
  compiler::HostEntry entry_;
  const std::int64_t *params_;
  std::int64_t programs_, scratch_bytes_;
  int threads_;
  std::atomic<std::int64_t> next_{0};
};

class Pool {
public:
  /// Runs `job` with helpers. False if the pool is busy; nothing has then run.
  bool run(Job &job, void *scratch) {
    std::unique_lock<std::mutex> turn(turn_, std::try_to_lock);
    if (!turn)
      return false;
    post(job);
    job.work(scratch);
    finish();
    return true;
  }

private:
  void post(Job &job) {
    const std::lock_guard<std::mutex> lock(mutex_);
    grow(job.threads() - 1);
    job_ = &job;
    wanted_ = std::min(job.threads() - 1, helpers_);
    joined_ = done_ = 0;
    posted_.fetch_add(1, std::memory_order_release);
    if (sleeping_ > 0)
      wake_.notify_all();
  }

  /// No more helpers join; those that have are waited for.
  void finish() {
    std::unique_lock<std::mutex> lock(mutex_);
    job_ = nullptr;
    for (int spin = 0; spin < spins && done_ < joined_; ++spin) {
      lock.unlock();
      relax();
      lock.lock();
    }
    finished_.wait(lock, [&] { return done_ == joined_; });
  }

  /// Helpers are never joined: they sleep until the process ends.
  void grow(int helpers) {
    while (helpers_ < helpers) {
      try {
        std::thread([this] { help(); }).detach();
      } catch (const std::system_error &) {
        return; // fewer threads than asked for: slower, not wrong
      }
      ++helpers_;
    }
  }

  void help() {
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      if (!job_ || joined_ >= wanted_) {
        await_post(lock);
        continue;
      }
      Job &job = *job_;
      ++joined_;
      lock.unlock();
      job.help();
      lock.lock();
      if (++done_ == joined_)
        finished_.notify_one();
      // One share each: the next look is for another job.
      await_post(lock);
    }
  }

  void await_post(std::unique_lock<std::mutex> &lock) {
    const std::uint64_t seen = posted_.load(std::memory_order_relaxed);
    lock.unlock();
    for (int spin = 0; spin < spins; ++spin) {
      if (posted_.load(std::memory_order_acquire) != seen)
        break;
      relax();
    }
    lock.lock();
    ++sleeping_;
    wake_.wait(lock,
               [&] { return posted_.load(std::memory_order_relaxed) != seen; });
    --sleeping_;
  }

  std::mutex turn_; // one job at a time
  std::mutex mutex_;
  std::condition_variable wake_, finished_;
  std::atomic<std::uint64_t> posted_{0};
  Job *job_ = nullptr;
  int helpers_ = 0, sleeping_ = 0, wanted_ = 0, joined_ = 0, done_ = 0;
};

std::atomic<Pool *> current_pool{nullptr};

/// The process's pool, never destroyed: helpers may outlive static objects. In
/// a forked child there are no helpers, so it starts with a new pool.
Pool &pool() {
  static const int registered =
      pthread_atfork(nullptr, nullptr, [] { current_pool.store(nullptr); });
  static_cast<void>(registered);
  Pool *found = current_pool.load();
  if (!found) {
    auto made = std::make_unique<Pool>();
    if (current_pool.compare_exchange_strong(found, made.get()))
      found = made.release();
  }
  return *found;
}

} // namespace

int host_threads() {
  constexpr std::int64_t most = 4096;
  static const int available = cpu_limit();
  if (auto wanted = env_integer("GIRIH_NUM_THREADS", 1, most))
    return static_cast<int>(*wanted);
  return available;
}

void run_parallel(compiler::HostEntry entry, const std::int64_t *params,
                  std::int64_t programs, std::int64_t scratch_bytes) {
  if (programs <= 0)
    return;
  void *scratch = thread_scratch(scratch_bytes);
  const std::int64_t threads =
      programs == 1 ? 1 : std::min<std::int64_t>(programs, host_threads());
  if (threads > 1) {
    Job job(entry, params, programs, scratch_bytes, static_cast<int>(threads));
    if (pool().run(job, scratch))
      return;
  }
  entry(params, 0, programs, scratch);
}

} // namespace girih
