// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/host_runtime.h"
#include "girih/dsl/support/diagnostics.h"
#include "girih/runtime/device.h"
#include "girih/runtime/host/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

namespace girih {
namespace {

class Threads {
public:
  explicit Threads(const char *count) { setenv("GIRIH_NUM_THREADS", count, 1); }
  ~Threads() { unsetenv("GIRIH_NUM_THREADS"); }
};

/// params: {address of an int per program, bytes of scratch to fill}.
void count_program(const std::int64_t *params, std::int64_t begin,
                   std::int64_t end, void *scratch) {
  auto *counts = reinterpret_cast<std::atomic<int> *>(params[0]);
  if (reinterpret_cast<std::uintptr_t>(scratch) % 64 != 0)
    return;
  for (std::int64_t program = begin; program < end; ++program) {
    std::memset(scratch, static_cast<int>(program & 0xff),
                static_cast<std::size_t>(params[1]));
    // Another thread in the same scratch would show.
    const auto *bytes = static_cast<const unsigned char *>(scratch);
    bool mine = true;
    for (std::int64_t i = 0; i < params[1]; ++i)
      mine &= bytes[i] == (program & 0xff);
    counts[program] += mine ? 1 : 1000;
  }
}

void expect_each_once(std::int64_t programs) {
  std::vector<std::atomic<int>> counts(static_cast<std::size_t>(programs));
  const std::int64_t params[] = {reinterpret_cast<std::int64_t>(counts.data()),
                                 1000};
  run_parallel(count_program, params, programs, 1000);
  for (std::size_t i = 0; i < counts.size(); ++i)
    ASSERT_EQ(counts[i], 1) << "program " << i << " of " << programs;
}

/// An assertion fails in program params[0]; as generated code, it returns.
void fail_in_one(const std::int64_t *params, std::int64_t begin,
                 std::int64_t end, void *) {
  const std::int64_t lane[] = {5};
  if (begin <= params[0] && params[0] < end)
    compiler::girih_assert_failed("k", "m", "file.cpp", 12, params[0], 1, lane);
}

TEST(RunParallel, ThrowsWhatAnAssertionSays) {
  for (const char *threads : {"1", "2", "5"}) {
    const Threads set(threads);
    for (std::int64_t programs : {1, 3, 1000}) {
      const std::int64_t params[] = {programs - 1};
      try {
        run_parallel(fail_in_one, params, programs, 0);
        ADD_FAILURE() << "nothing was thrown";
      } catch (const RuntimeError &error) {
        EXPECT_EQ(error.id(), ErrorId::device_assert);
        EXPECT_EQ(error.where().line, 12U);
        EXPECT_EQ(error.diagnostic().message,
                  "kernel k: m: not so in program " +
                      std::to_string(programs - 1) + ", lane [5]");
      }
      expect_each_once(64); // the next call is not concerned
    }
  }
}

TEST(RunParallel, EachProgramOnce) {
  for (const char *threads : {"1", "2", "5", "16"}) {
    const Threads set(threads);
    for (std::int64_t programs : {0, 1, 2, 3, 7, 64, 1000, 10007})
      expect_each_once(programs);
  }
}

void note_thread(const std::int64_t *params, std::int64_t, std::int64_t,
                 void *) {
  struct Seen {
    std::mutex mutex;
    std::set<std::thread::id> ids;
  };
  auto *seen = reinterpret_cast<Seen *>(params[0]);
  {
    const std::lock_guard<std::mutex> lock(seen->mutex);
    seen->ids.insert(std::this_thread::get_id());
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
}

TEST(RunParallel, UsesAsManyThreadsAsAsked) {
  struct {
    std::mutex mutex;
    std::set<std::thread::id> ids;
  } seen;
  const std::int64_t params[] = {reinterpret_cast<std::int64_t>(&seen)};
  {
    const Threads set("4");
    EXPECT_EQ(host_threads(), 4);
    run_parallel(note_thread, params, 400, 0);
  }
  EXPECT_GT(seen.ids.size(), 1U);
  EXPECT_LE(seen.ids.size(), 4U);
  seen.ids.clear();
  const Threads set("1");
  run_parallel(note_thread, params, 5, 0);
  EXPECT_EQ(seen.ids.size(), 1U);
}

TEST(RunParallel, FromManyThreads) {
  const Threads set("3");
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 6; ++caller)
    callers.emplace_back([] {
      for (int round = 0; round < 200; ++round)
        expect_each_once(97);
    });
  for (std::thread &caller : callers)
    caller.join();
}

void nested(const std::int64_t *params, std::int64_t begin, std::int64_t end,
            void *) {
  for (std::int64_t program = begin; program < end; ++program)
    expect_each_once(params[0]);
}

TEST(RunParallel, FromWithinAProgram) {
  const Threads set("4");
  const std::int64_t params[] = {31};
  run_parallel(nested, params, 16, 0);
}

TEST(RunParallel, InAForkedChild) {
  const Threads set("4");
  expect_each_once(1000); // the parent's helpers exist
  const pid_t child = fork();
  if (child == 0) {
    alarm(20); // waiting for helpers that did not come along
    expect_each_once(1000);
    _exit(::testing::Test::HasFailure() ? 1 : 0);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  expect_each_once(1000);
}

TEST(HostDevice, HasTheCoresOfThePool) {
  unsetenv("GIRIH_NUM_THREADS");
  EXPECT_EQ(properties(host_device).processors, host_threads());
}

} // namespace
} // namespace girih
