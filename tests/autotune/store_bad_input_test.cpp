// SPDX-License-Identifier: Apache-2.0
// Stores that are missing, damaged, foreign, locked, or on a full disk.
#include "problems.h"

#include "girih/autotune/autotune.h"
#include "girih/dsl/support/diagnostics.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace girih::autotune {
namespace {

using testing::ScopedLog;
using testing::some_choice;
using testing::some_timing;
using testing::TemporaryFolder;
using Mode = Store::Mode;

class BadStore : public ::testing::Test {
protected:
  std::string path() const { return folder_.path() + "/tuned.sqlite"; }

  void write(const std::string &bytes) const {
    std::ofstream(path(), std::ios::binary) << bytes;
  }
  std::string bytes() const {
    std::ifstream file(path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void run_sql(const char *sql) const {
    sqlite3 *database = nullptr;
    ASSERT_EQ(sqlite3_open(path().c_str(), &database), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr),
              SQLITE_OK);
    sqlite3_close(database);
  }
  void make_store() const {
    Store store(path(), Mode::write);
    for (int row = 1; row < 60; ++row)
      store.put(some_timing(row));
    store.put(some_choice());
  }

  /// Opening, reading or writing it throws [file] with `part` in its text; a
  /// process that uses it runs with defaults and one line.
  void expect_bad(const std::string &part) const {
    for (const Mode mode : {Mode::read_only, Mode::write})
      try {
        Store store(path(), mode, 0.05);
        (void)store.all_timings();
        (void)store.choices();
        if (mode == Mode::write)
          store.put(some_timing());
        ADD_FAILURE() << "nothing was thrown: " << part;
      } catch (const RuntimeError &error) {
        EXPECT_EQ(error.id(), ErrorId::file);
        EXPECT_NE(std::string(error.what()).find(part), std::string::npos)
            << error.what();
        EXPECT_FALSE(error.diagnostic().help.empty());
      }
  }
  void expect_default() const {
    const ScopedLog log;
    const TunedConfigs provider(
        {.mode = girih::autotune::Mode::use, .path = path()});
    EXPECT_TRUE(provider.table().empty());
    ASSERT_EQ(ScopedLog::lines().size(), 1u) << ScopedLog::text();
    EXPECT_NE(ScopedLog::text().find("default Configs"), std::string::npos);
  }

private:
  TemporaryFolder folder_;
};

TEST_F(BadStore, Missing) {
  try {
    Store store(path(), Mode::read_only);
    FAIL();
  } catch (const RuntimeError &error) {
    EXPECT_EQ(error.id(), ErrorId::file);
    EXPECT_NE(std::string(error.what()).find("there is no such file"),
              std::string::npos);
  }
  const ScopedLog log; // the usual case: not worth a line
  const TunedConfigs provider(
      {.mode = girih::autotune::Mode::use, .path = path()});
  EXPECT_TRUE(provider.table().empty());
  EXPECT_TRUE(ScopedLog::lines().empty());
}

TEST_F(BadStore, Empty) {
  write("");
  try {
    Store store(path(), Mode::read_only);
    FAIL();
  } catch (const RuntimeError &error) {
    EXPECT_NE(std::string(error.what()).find("it is empty"), std::string::npos)
        << error.what();
  }
  make_store(); // fills it
  EXPECT_EQ(Store(path(), Mode::read_only).choices().size(), 1U);
}

TEST_F(BadStore, NoDatabase) {
  write("this is not a database, but it is longer than a header would be. " +
        std::string(4096, 'x'));
  expect_bad("file is not a database");
  expect_default();
}

TEST_F(BadStore, Truncated) {
  make_store();
  std::filesystem::resize_file(path(), std::filesystem::file_size(path()) / 2);
  expect_bad("malformed");
}

TEST_F(BadStore, DamagedAnywhere) {
  make_store();
  const std::string whole = bytes();
  ASSERT_GT(whole.size(), 8192u);
  // Whatever byte is wrong, what comes is an error or rows, never a crash.
  for (std::size_t at = 0; at < whole.size(); at += 97) {
    std::string damaged = whole;
    for (std::size_t i = at; i < std::min(at + 16, whole.size()); ++i)
      damaged[i] = static_cast<char>(damaged[i] ^ 0x5a);
    write(damaged);
    try {
      const Store store(path(), Mode::read_only, 0);
      (void)store.all_timings();
      const ConfigTable table(store.choices());
    } catch (const RuntimeError &error) {
      EXPECT_EQ(error.id(), ErrorId::file) << at;
    }
  }
}

TEST_F(BadStore, OfAnotherProgram) {
  run_sql("CREATE TABLE notes (text TEXT)");
  expect_bad("database of another program");
  expect_default();
  run_sql("PRAGMA user_version = 1");
  expect_bad("database of another program");
}

TEST_F(BadStore, OfAnotherVersion) {
  make_store();
  run_sql("PRAGMA user_version = 2");
  expect_bad("version 2, and this program reads 1");
  expect_default();
}

TEST_F(BadStore, AFolder) {
  std::filesystem::create_directory(path());
  expect_bad("opening it");
  expect_default();
}

TEST_F(BadStore, Locked) {
  make_store();
  sqlite3 *database = nullptr;
  ASSERT_EQ(sqlite3_open(path().c_str(), &database), SQLITE_OK);
  ASSERT_EQ(
      sqlite3_exec(database, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr),
      SQLITE_OK);
  expect_bad("locked");
  sqlite3_exec(database, "COMMIT", nullptr, nullptr, nullptr);
  sqlite3_close(database);
  EXPECT_EQ(Store(path(), Mode::read_only).choices().size(), 1u);
}

TEST_F(BadStore, LeftHalfWrittenIsTakenBackByReaders) {
  make_store();
  const std::string before = Store(path(), Mode::read_only).export_json();
  const pid_t child = ::fork();
  if (child == 0) {
    // So many changes that some are in the file before the others are made.
    sqlite3 *database = nullptr;
    sqlite3_open(path().c_str(), &database);
    sqlite3_exec(database,
                 "PRAGMA cache_size = 2; BEGIN; UPDATE timing SET note = "
                 "hex(randomblob(4000)); DELETE FROM choice;",
                 nullptr, nullptr, nullptr);
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(std::filesystem::exists(path() + "-journal"));
  ASSERT_GT(std::filesystem::file_size(path() + "-journal"), 4096u);
  EXPECT_EQ(Store(path(), Mode::read_only).export_json(), before);
}

TEST_F(BadStore, ReadOnlyWritesNothing) {
  make_store();
  const std::string before = bytes();
  Store store(path(), Mode::read_only);
  EXPECT_THROW(store.put(some_choice(2)), RuntimeError);
  EXPECT_THROW(store.put(some_timing(99)), RuntimeError);
  Store other(path() + ".other", Mode::write);
  other.put(some_timing(99));
  EXPECT_THROW(store.merge(other), RuntimeError);
  EXPECT_EQ(bytes(), before);
}

/// No file can grow beyond `bytes`, as on a full disk.
class FullDisk {
public:
  explicit FullDisk(rlim_t bytes) : handler_(signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit less{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &less);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    (void)signal(SIGXFSZ, handler_);
  }
  FullDisk(const FullDisk &) = delete;
  FullDisk &operator=(const FullDisk &) = delete;

private:
  rlimit before_{};
  void (*handler_)(int);
};

TEST_F(BadStore, FullDiskThrowsAndLosesNothingThatWasThere) {
  make_store();
  {
    Store store(path(), Mode::write);
    const FullDisk full(std::filesystem::file_size(path()));
    EXPECT_THROW(
        {
          for (int row = 100; row < 1000; ++row)
            store.put(some_timing(row));
        },
        RuntimeError);
  }
  Store store(path(), Mode::write);
  EXPECT_GE(store.all_timings().size(), 59u);
  store.put(some_timing(5000));
}

TEST_F(BadStore, FullDiskCostsWhatWouldBeKeptButNotTheSearch) {
  const FullDisk full(0);
  const ScopedLog log;
  SearchOptions options;
  options.budget_seconds = 2;
  options.most_candidates = 3;
  const Tuned<> product(testing::make_product("on_full_disk"), {}, options,
                        path());
  const std::vector<Array> arrays = testing::product_operands(32, 32, 32);
  product.launch(arrays);
  EXPECT_NE(ScopedLog::text().find("not kept"), std::string::npos)
      << ScopedLog::text();
}

TEST_F(BadStore, RowsThatAreNotOursArePassedOver) {
  make_store();
  run_sql("UPDATE timing SET config = 'BM=' WHERE kernel = 'kernel1'; "
          "UPDATE timing SET status = 'splendid' WHERE kernel = 'kernel2'; "
          "UPDATE choice SET config = 'no_such_field=1'");
  const Store store(path(), Mode::read_only);
  EXPECT_EQ(store.all_timings().size(), 57u);
  EXPECT_TRUE(store.choices().empty());
}

TEST_F(BadStore, OtherTextIsNotImported) {
  Store store(path(), Mode::write);
  store.put(some_timing());
  std::string other_version = store.export_json(),
              bad_config = store.export_json(), half = store.export_json();
  other_version.replace(other_version.find("\"version\": 1"), 12,
                        "\"version\": 9");
  bad_config.replace(bad_config.find("BLOCK=8"), 7, "block=8");
  half.resize(half.size() / 2);
  for (const std::string &text :
       {std::string(), std::string("[]"), std::string("{\"format\": 1}"),
        other_version, bad_config, half})
    try {
      store.import_json(text);
      ADD_FAILURE() << text;
    } catch (const RuntimeError &error) {
      EXPECT_EQ(error.id(), ErrorId::file);
      EXPECT_NE(std::string(error.what()).find("no export"), std::string::npos);
    }
  EXPECT_EQ(store.all_timings().size(), 1u);
}

} // namespace
} // namespace girih::autotune
