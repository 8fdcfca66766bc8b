// SPDX-License-Identifier: Apache-2.0
#include "problems.h"

#include <gtest/gtest.h>

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

namespace girih::autotune {
namespace {

using testing::some_choice;
using testing::some_key;
using testing::some_timing;
using testing::TemporaryFolder;
using Mode = Store::Mode;

class TuningStore : public ::testing::Test {
protected:
  std::string path(const std::string &name = "tuned.sqlite") const {
    return folder_.path() + "/deep/" + name;
  }

private:
  TemporaryFolder folder_;
};

void expect_same(const TimingRow &a, const TimingRow &b) {
  EXPECT_EQ(a.key, b.key);
  EXPECT_EQ(a.kernel_name, b.kernel_name);
  EXPECT_EQ(a.shape, b.shape);
  EXPECT_EQ(a.outcome.config, b.outcome.config);
  EXPECT_EQ(a.outcome.status, b.outcome.status);
  EXPECT_EQ(a.outcome.seconds, b.outcome.seconds);
  EXPECT_EQ(a.outcome.spread, b.outcome.spread);
  EXPECT_EQ(a.outcome.runs, b.outcome.runs);
  EXPECT_EQ(a.outcome.registers, b.outcome.registers);
  EXPECT_EQ(a.outcome.threads, b.outcome.threads);
  EXPECT_EQ(a.outcome.local_bytes, b.outcome.local_bytes);
  EXPECT_EQ(a.outcome.shared_bytes, b.outcome.shared_bytes);
  EXPECT_EQ(a.outcome.compile_seconds, b.outcome.compile_seconds);
  EXPECT_EQ(a.outcome.note, b.outcome.note);
}

void expect_same(const ChoiceRow &a, const ChoiceRow &b) {
  EXPECT_EQ(a.key, b.key);
  EXPECT_EQ(a.kernel_name, b.kernel_name);
  EXPECT_EQ(a.shape, b.shape);
  EXPECT_EQ(a.config, b.config);
  EXPECT_EQ(a.seconds, b.seconds);
  EXPECT_EQ(a.fallback_seconds, b.fallback_seconds);
  EXPECT_EQ(a.how, b.how);
}

TEST_F(TuningStore, RowsOutlastTheProcess) {
  TimingRow failed = some_timing(1, 16);
  failed.outcome.status = Outcome::Status::timed_out;
  {
    Store store(path(), Mode::write);
    store.put(some_timing());
    store.put(failed);
    store.put(some_timing(2));
    store.put(some_choice());
  }
  const Store store(path(), Mode::read_only);
  const std::vector<TimingRow> rows = store.timings(some_key());
  ASSERT_EQ(rows.size(), 2u);
  const bool first = rows[0].outcome.config == failed.outcome.config;
  expect_same(rows[first ? 0 : 1], failed);
  expect_same(rows[first ? 1 : 0], some_timing());
  ASSERT_TRUE(store.choice(some_key()));
  expect_same(*store.choice(some_key()), some_choice());
  EXPECT_FALSE(store.choice(some_key(2)));
  EXPECT_EQ(store.all_timings().size(), 3u);
}

TEST_F(TuningStore, AKeyHasOneChoiceAndOneRowForEachConfigAndShape) {
  Store store(path(), Mode::write);
  TimingRow row = some_timing();
  store.put(row);
  row.outcome.seconds = 1;
  store.put(row);
  EXPECT_EQ(store.timings(row.key).at(0).outcome.seconds, 1);
  row.shape = "61 61";
  store.put(row);
  EXPECT_EQ(store.timings(row.key).size(), 2u);
  store.put(some_choice(1, 1));
  store.put(some_choice(1, 2));
  EXPECT_EQ(store.choices().size(), 1u);
  EXPECT_EQ(store.choice(some_key())->seconds, 2);
}

TEST_F(TuningStore, EveryPartOfAKeyCounts) {
  Store store(path(), Mode::write);
  store.put(some_choice());
  for (std::string TuningKey::*part :
       {&TuningKey::kernel, &TuningKey::dtypes, &TuningKey::bucket,
        &TuningKey::classes, &TuningKey::device, &TuningKey::compiler}) {
    TuningKey other = some_key();
    (other.*part) += "x";
    EXPECT_FALSE(store.choice(other));
  }
}

TEST_F(TuningStore, ChoicesAreFoundByDeviceAndByName) {
  Store store(path(), Mode::write);
  ChoiceRow elsewhere = some_choice(2);
  elsewhere.key.device = "NVIDIA H200";
  ChoiceRow near = some_choice(3);
  near.key.bucket = "128 128";
  near.key.compiler = "0.9";
  for (const ChoiceRow &row : {some_choice(), elsewhere, near})
    store.put(row);
  EXPECT_EQ(store.choices("NVIDIA H200").size(), 1u);
  EXPECT_EQ(store.choices(some_key().device, "0.9").size(), 1u);
  EXPECT_EQ(store.related("add", some_key()).size(), 2u);
  EXPECT_TRUE(store.related("subtract", some_key()).empty());
}

TEST_F(TuningStore, GoesThroughJsonAndBack) {
  Store store(path(), Mode::write);
  store.put(some_timing());
  store.put(some_timing(1, 32));
  store.put(some_choice());
  const std::string text = store.export_json();
  Store other(path("other.sqlite"), Mode::write);
  EXPECT_EQ(other.import_json(text), 3);
  EXPECT_EQ(other.export_json(), text);
  expect_same(other.timings(some_key()).at(0), store.timings(some_key()).at(0));
  expect_same(*other.choice(some_key()), some_choice());
}

TEST_F(TuningStore, MergingKeepsWhatWasMeasuredMoreAndTheFasterChoice) {
  Store ours(path(), Mode::write), theirs(path("theirs.sqlite"), Mode::write);
  TimingRow more = some_timing(), less = some_timing(1, 16);
  more.outcome.runs = 30;
  less.outcome.runs = 1;
  ours.put(some_timing());
  ours.put(some_timing(1, 16));
  ours.put(some_choice(1, 3e-6));
  ours.put(some_choice(2, 3e-6));
  theirs.put(more);
  theirs.put(less);
  theirs.put(some_choice(1, 2e-6));
  theirs.put(some_choice(2, 4e-6));
  theirs.put(some_choice(3));
  EXPECT_EQ(ours.merge(theirs), 5);
  for (const TimingRow &row : ours.timings(some_key()))
    EXPECT_EQ(row.outcome.runs,
              row.outcome.config == more.outcome.config ? 30 : 17);
  EXPECT_EQ(ours.choice(some_key(1))->seconds, 2e-6);
  EXPECT_EQ(ours.choice(some_key(2))->seconds, 3e-6);
  EXPECT_TRUE(ours.choice(some_key(3)));
}

/// Runs `body` in a child that ends at once.
pid_t in_child(const std::function<void()> &body) {
  const pid_t child = fork();
  if (child == 0) {
    try {
      body();
    } catch (...) {
      _exit(1);
    }
    _exit(0);
  }
  return child;
}

int status_of(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

TEST_F(TuningStore, ProcessesWriteOneStoreTogether) {
  constexpr int processes = 4, rows = 25;
  std::vector<pid_t> children;
  for (int process = 0; process < processes; ++process)
    children.push_back(in_child([&] {
      Store store(path(), Mode::write, 60); // they also make it together
      for (int row = 0; row < rows; ++row) {
        store.put(some_timing(process, row + 1));
        store.put(some_choice(process, row));
      }
    }));
  for (const pid_t child : children)
    EXPECT_EQ(status_of(child), 0);
  const Store store(path(), Mode::read_only);
  EXPECT_EQ(store.all_timings().size(), std::size_t{processes * rows});
  EXPECT_EQ(store.choices().size(), std::size_t{processes});
}

TEST_F(TuningStore, WhatWasPutSurvivesAKill) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = in_child([&] {
    Store store(path(), Mode::write);
    for (int row = 1;; ++row) {
      store.put(some_timing(1, row));
      if (write(ends[1], &row, sizeof row) < 0)
        return;
    }
  });
  close(ends[1]);
  int last = 0;
  while (last < 20 && read(ends[0], &last, sizeof last) == sizeof last)
    continue;
  kill(child, SIGKILL);
  EXPECT_TRUE(WIFSIGNALED(status_of(child)));
  while (read(ends[0], &last, sizeof last) == sizeof last)
    continue;
  close(ends[0]);
  Store store(path(), Mode::write);
  // The one under way may be there or not.
  const auto count = static_cast<int>(store.timings(some_key()).size());
  EXPECT_GE(count, last);
  EXPECT_LE(count, last + 1);
  store.put(some_timing(2));
}

TEST_F(TuningStore, ItsPlaceIsWhatTheEnvironmentSays) {
  const testing::ScopedEnv none("GIRIH_TUNE_STORE", ""),
      data("XDG_DATA_HOME", "/data"), home("HOME", "/home/someone");
  EXPECT_EQ(store_path(), "/data/girih/tuned.sqlite");
  const testing::ScopedEnv unset("XDG_DATA_HOME", "");
  EXPECT_EQ(store_path(), "/home/someone/.local/share/girih/tuned.sqlite");
  const testing::ScopedEnv named("GIRIH_TUNE_STORE", "/x/y.sqlite");
  EXPECT_EQ(store_path(), "/x/y.sqlite");
  const testing::ScopedEnv off("GIRIH_TUNE_STORE", "off");
  EXPECT_EQ(store_path(), "");
}

} // namespace
} // namespace girih::autotune
