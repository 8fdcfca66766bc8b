// SPDX-License-Identifier: Apache-2.0
// A pool of our own rather than OpenMP's: the bundle can carry it, a forked
// child can start anew, and a call that finds the pool busy just runs alone.
#include "girih/runtime/host/parallel.h"

#include "girih/dsl/support/cpu_limit.h"
#include "girih/dsl/support/env.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <thread>
#include <vector>

#include <pthread.h>
#include <sched.h>

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
      if (std::exception_ptr failure = compiler::take_host_failure())
        fail(std::move(failure));
      begin = next_.load(std::memory_order_relaxed);
    }
  }

  /// Throws the first failure of any thread. After all have finished.
  void rethrow() const {
    if (failure_)
      std::rethrow_exception(failure_);
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
  /// Keeps the first failure; programs that nobody has begun are left out.
  void fail(std::exception_ptr failure) {
    next_.store(programs_, std::memory_order_relaxed);
    const std::lock_guard<std::mutex> lock(failure_mutex_);
    if (!failure_)
      failure_ = std::move(failure);
  }

  compiler::HostEntry entry_;
  const std::int64_t *params_;
  std::int64_t programs_, scratch_bytes_;
  int threads_;
  std::atomic<std::int64_t> next_{0};
  std::mutex failure_mutex_;
  std::exception_ptr failure_;
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
  /// A thread that stays on one CPU. Left to the kernel, a helper woken by a
  /// busy thread is often put behind it on the same CPU and runs too late.
  struct Helper {
    int cpu = -1;
    std::atomic<bool> called{false};
    bool sleeping = false;
    std::condition_variable wake;
  };

  void post(Job &job) {
    const std::lock_guard<std::mutex> lock(mutex_);
    // One more than can help: that of the caller's own CPU is left out.
    grow(static_cast<std::size_t>(job.threads()));
    job_ = &job;
    joined_ = done_ = 0;
    int wanted = wanted_ = job.threads() - 1;
    const int here = sched_getcpu();
    for (const auto &helper : helpers_) {
      if (wanted == 0)
        break;
      if (helper->cpu >= 0 && helper->cpu == here)
        continue;
      --wanted;
      helper->called.store(true, std::memory_order_release);
      if (helper->sleeping)
        helper->wake.notify_one();
    }
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
  void grow(std::size_t count) {
    while (helpers_.size() < count) {
      auto helper = std::make_unique<Helper>();
      if (helpers_.size() < cpus_.size())
        helper->cpu = cpus_[helpers_.size()];
      try {
        helpers_.reserve(helpers_.size() + 1);
        std::thread([this, self = helper.get()] { help(*self); }).detach();
      } catch (const std::exception &) {
        return; // fewer threads than asked for: slower, not wrong
      }
      helpers_.push_back(std::move(helper));
    }
  }

  void help(Helper &self) {
    pin(self.cpu);
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      await_call(self, lock);
      // Too late, or called for an earlier job and late for that.
      if (!job_ || joined_ >= wanted_)
        continue;
      Job &job = *job_;
      ++joined_;
      lock.unlock();
      job.help();
      lock.lock();
      if (++done_ == joined_)
        finished_.notify_one();
    }
  }

  static void await_call(Helper &self, std::unique_lock<std::mutex> &lock) {
    lock.unlock();
    for (int spin = 0; spin < spins; ++spin) {
      if (self.called.load(std::memory_order_acquire))
        break;
      relax();
    }
    lock.lock();
    self.sleeping = true;
    self.wake.wait(lock, [&] { return self.called.load(); });
    self.sleeping = false;
    self.called.store(false);
  }

  static void pin(int cpu) {
    if (cpu < 0)
      return;
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(static_cast<unsigned>(cpu), &only);
    // Where that is refused the thread goes where the kernel puts it.
    static_cast<void>(
        pthread_setaffinity_np(pthread_self(), sizeof only, &only));
  }

  /// The CPUs that this process may use.
  static std::vector<int> allowed_cpus() {
    std::vector<int> cpus;
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0)
      for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
        if (CPU_ISSET(static_cast<unsigned>(cpu), &allowed))
          cpus.push_back(cpu);
    return cpus;
  }

  const std::vector<int> cpus_ = allowed_cpus();
  std::mutex turn_; // one job at a time
  std::mutex mutex_;
  std::condition_variable finished_;
  std::vector<std::unique_ptr<Helper>> helpers_;
  Job *job_ = nullptr;
  int wanted_ = 0, joined_ = 0, done_ = 0;
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
      return job.rethrow();
  }
  entry(params, 0, programs, scratch);
  if (std::exception_ptr failure = compiler::take_host_failure())
    std::rethrow_exception(std::move(failure));
}

} // namespace girih
