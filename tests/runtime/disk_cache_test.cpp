// SPDX-License-Identifier: Apache-2.0
#include "temporary_folder.h"

#include "girih/runtime/cache/disk_cache.h"
#include "girih/runtime/failure.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <random>
#include <thread>

namespace girih {
namespace {

using testing::TemporaryFolder;
namespace fs = std::filesystem;

std::mutex log_mutex;
std::vector<std::string> logged;

/// Collects warnings instead of printing them.
class DiskCacheTest : public ::testing::Test {
protected:
  DiskCacheTest() {
    logged.clear();
    set_log_sink([](const std::string &line) {
      std::lock_guard lock(log_mutex);
      logged.push_back(line);
    });
  }
  ~DiskCacheTest() override { set_log_sink(nullptr); }

  TemporaryFolder folder;
  const std::string path = folder.path() + "/deep/er/cache";
  FileSystem files;
};

constexpr std::int64_t large = 1 << 30;

std::size_t temporaries_in(const std::string &path) {
  std::size_t count = 0;
  for (const auto &entry : fs::directory_iterator(path))
    count += entry.path().filename().string().starts_with("tmp.") ? 1 : 0;
  return count;
}

TEST_F(DiskCacheTest, StoresAndLoads) {
  DiskCache cache(path, large, files);
  EXPECT_FALSE(cache.load("a"));
  cache.store("a", "hello");
  EXPECT_EQ(cache.load("a"), "hello");
  cache.store("a", "other");
  EXPECT_EQ(cache.load("a"), "other");
  cache.store("empty", "");
  EXPECT_EQ(cache.load("empty"), "");
  cache.remove("a");
  EXPECT_FALSE(cache.load("a"));
  EXPECT_TRUE(logged.empty());
  const auto mode = fs::status(path).permissions();
  EXPECT_EQ(mode, fs::perms::owner_all);
  EXPECT_EQ(fs::status(path + "/empty.girih").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(temporaries_in(path), 0u);
}

TEST_F(DiskCacheTest, EmptyPathIsNoCache) {
  DiskCache cache("", large, files);
  cache.store("a", "hello");
  EXPECT_FALSE(cache.load("a"));
  EXPECT_TRUE(logged.empty());
}

TEST_F(DiskCacheTest, WritableByOthersIsRefusedWithOneWarning) {
  fs::create_directories(path);
  for (auto bits : {fs::perms::group_write, fs::perms::others_write}) {
    logged.clear();
    fs::permissions(path, fs::perms::owner_all | bits);
    DiskCache cache(path, large, files);
    cache.store("a", "hello");
    EXPECT_FALSE(cache.load("a"));
    EXPECT_FALSE(cache.load("b"));
    ASSERT_EQ(logged.size(), 1u);
    EXPECT_NE(logged[0].find("other users can write"), std::string::npos);
    EXPECT_TRUE(fs::is_empty(path));
  }
}

TEST_F(DiskCacheTest, ForeignOwnerIsRefused) {
  if (geteuid() != 0)
    GTEST_SKIP() << "only root can give a folder away";
  fs::create_directories(path);
  fs::permissions(path, fs::perms::owner_all);
  ASSERT_EQ(chown(path.c_str(), 12345, 12345), 0);
  DiskCache cache(path, large, files);
  cache.store("a", "hello");
  EXPECT_FALSE(cache.load("a"));
  ASSERT_EQ(logged.size(), 1u);
  EXPECT_NE(logged[0].find("belongs to another user"), std::string::npos);
}

TEST_F(DiskCacheTest, LinksAreNotFollowed) {
  const std::string target = folder.path() + "/target";
  fs::create_directories(target);
  fs::permissions(target, fs::perms::owner_all);
  fs::create_directories(fs::path(path).parent_path());
  fs::create_symlink(target, path);
  DiskCache cache(path, large, files);
  cache.store("a", "hello");
  EXPECT_TRUE(fs::is_empty(target));
  EXPECT_EQ(logged.size(), 1u);
  // Nor is an entry that is a link.
  const std::string real = folder.path() + "/real";
  DiskCache other(real, large, files);
  other.store("b", "bytes");
  std::ofstream(folder.path() + "/secret") << "secret";
  fs::create_symlink(folder.path() + "/secret", real + "/c.girih");
  EXPECT_EQ(other.load("b"), "bytes");
  EXPECT_FALSE(other.load("c"));
}

TEST_F(DiskCacheTest, PipesAndFoldersAreNoEntries) {
  DiskCache cache(path, large, files);
  cache.store("a", "hello");
  ASSERT_EQ(mkfifo((path + "/pipe.girih").c_str(), 0600), 0);
  fs::create_directory(path + "/folder.girih");
  EXPECT_FALSE(cache.load("pipe"));
  EXPECT_FALSE(cache.load("folder"));
}

TEST_F(DiskCacheTest, DeletedFolderComesBack) {
  DiskCache cache(path, large, files);
  cache.store("a", "hello");
  fs::remove_all(path);
  EXPECT_FALSE(cache.load("a"));
  cache.store("a", "again");
  EXPECT_EQ(cache.load("a"), "again");
  EXPECT_TRUE(logged.empty());
}

TEST_F(DiskCacheTest, OldestEntriesGoFirst) {
  DiskCache cache(path, 10000, files);
  const std::string bytes(1000, 'x');
  for (int at = 0; at < 9; ++at) {
    cache.store(std::to_string(at), bytes);
    const auto age = std::chrono::hours(100 - at);
    fs::last_write_time(path + "/" + std::to_string(at) + ".girih",
                        fs::file_time_type::clock::now() - age);
  }
  EXPECT_TRUE(cache.load("0")); // used now: no longer the oldest
  for (int at = 9; at < 14; ++at)
    cache.store(std::to_string(at), bytes);
  EXPECT_TRUE(cache.load("0"));
  EXPECT_FALSE(cache.load("1"));
  EXPECT_TRUE(cache.load("13"));
  std::int64_t total = 0;
  for (const auto &entry : fs::directory_iterator(path))
    total += static_cast<std::int64_t>(entry.file_size());
  EXPECT_LE(total, 10000);
  cache.store("huge", std::string(20000, 'x'));
  EXPECT_FALSE(cache.load("huge"));
}

TEST_F(DiskCacheTest, StaleTemporariesAreReaped) {
  fs::create_directories(path);
  fs::permissions(path, fs::perms::owner_all);
  std::ofstream(path + "/tmp.1.old") << "half";
  std::ofstream(path + "/tmp.2.new") << "half";
  fs::last_write_time(path + "/tmp.1.old",
                      fs::file_time_type::clock::now() - std::chrono::hours(2));
  DiskCache cache(path, large, files);
  cache.store("a", "hello");
  EXPECT_FALSE(fs::exists(path + "/tmp.1.old"));
  EXPECT_TRUE(fs::exists(path + "/tmp.2.new"));
}

/// The nth call of one kind fails, once or from then on.
class FailingFiles : public FileSystem {
public:
  std::string target;
  int nth = 1, error = EIO;
  bool forever = false;
  mutable int seen = 0;

  int fails(const char *call) const {
    if (target != call)
      return 0;
    ++seen;
    return seen == nth || (forever && seen > nth) ? -error : 0;
  }
#define GIRIH_FAILING(call, type, parameters, arguments)                       \
  type call parameters override {                                              \
    if (const int failure = fails(#call))                                      \
      return failure;                                                          \
    return FileSystem::call arguments;                                         \
  }
  GIRIH_FAILING(make_directory, int, (const char *a, mode_t b), (a, b))
  GIRIH_FAILING(open_directory, int, (const char *a), (a))
  GIRIH_FAILING(open_at, int, (int a, const char *b, int c, mode_t d),
                (a, b, c, d))
  GIRIH_FAILING(read, ssize_t, (int a, void *b, std::size_t c), (a, b, c))
  GIRIH_FAILING(write, ssize_t, (int a, const void *b, std::size_t c),
                (a, b, c))
  GIRIH_FAILING(sync, int, (int a), (a))
  GIRIH_FAILING(status, int, (int a, struct stat &b), (a, b))
  GIRIH_FAILING(status_at, int, (int a, const char *b, struct stat &c),
                (a, b, c))
  GIRIH_FAILING(touch, int, (int a), (a))
  GIRIH_FAILING(rename_at, int, (int a, const char *b, const char *c),
                (a, b, c))
  GIRIH_FAILING(unlink_at, int, (int a, const char *b), (a, b))
  GIRIH_FAILING(list, int, (int a, std::vector<std::string> &b), (a, b))
#undef GIRIH_FAILING
};

constexpr const char *all_calls[] = {
    "make_directory", "open_directory", "open_at",   "read",
    "write",          "sync",           "status",    "status_at",
    "touch",          "rename_at",      "unlink_at", "list"};

TEST_F(DiskCacheTest, AnyFailureAtAnyCallIsSurvived) {
  int number = 0;
  for (const char *call : all_calls)
    for (int error : {ENOSPC, EROFS, EACCES, EMFILE, EINTR, EBUSY, EIO, ESTALE})
      for (int nth = 1; nth <= 4; ++nth)
        for (bool forever : {false, true}) {
          SCOPED_TRACE(std::string(call) + " " + std::strerror(error));
          const std::string own =
              folder.path() + "/" + std::to_string(number++);
          FailingFiles failing;
          failing.target = call;
          failing.nth = nth;
          failing.error = error;
          failing.forever = forever;
          logged.clear();
          DiskCache cache(own, large, failing);
          for (int round = 0; round < 2; ++round) {
            cache.store("a", "hello");
            const auto found = cache.load("a");
            ASSERT_TRUE(!found || *found == "hello");
          }
          ASSERT_LE(logged.size(), 1u);
          // EINTR is repeated and thus unseen; so is what only trims or
          // touches.
          if (error == EINTR && !forever) {
            ASSERT_EQ(cache.load("a"), "hello");
          }
          // A healthy process finds a healthy folder.
          DiskCache healthy(own, large, files);
          healthy.store("b", "world");
          ASSERT_EQ(healthy.load("b"), "world");
          const auto left = healthy.load("a");
          ASSERT_TRUE(!left || *left == "hello");
          if (std::string_view(call) != "unlink_at") {
            ASSERT_EQ(temporaries_in(own), 0u);
          }
          fs::remove_all(own);
        }
}

/// Writes at most three bytes at a time.
class ShortWrites : public FileSystem {
public:
  ssize_t write(int file, const void *buffer, std::size_t bytes) override {
    return FileSystem::write(file, buffer, std::min<std::size_t>(bytes, 3));
  }
  ssize_t read(int file, void *buffer, std::size_t bytes) override {
    return FileSystem::read(file, buffer, std::min<std::size_t>(bytes, 2));
  }
};

TEST_F(DiskCacheTest, ShortReadsAndWrites) {
  ShortWrites slow;
  DiskCache cache(path, large, slow);
  cache.store("a", "a rather longer text");
  EXPECT_EQ(cache.load("a"), "a rather longer text");
}

TEST_F(DiskCacheTest, FullFileSystem) {
  // A limit on file size is a full disk that every user can have.
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    DiskCache cache(path, large, files);
    cache.store("small", "fits");
    struct rlimit limit{64, 64};
    setrlimit(RLIMIT_FSIZE, &limit);
    logged.clear();
    cache.store("large", std::string(1000, 'x'));
    const bool good = !cache.load("large") && cache.load("small") == "fits" &&
                      logged.size() == 1 && temporaries_in(path) == 0;
    _exit(good ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

/// What a process of the race stores under a name: long enough that a mixture
/// of two writers would be seen.
std::string content(int name) {
  return std::string(20000 + static_cast<std::size_t>(name) * 37,
                     static_cast<char>('a' + name % 26));
}

bool race(const std::string &path, unsigned seed, int rounds) {
  FileSystem files;
  DiskCache cache(path, large, files);
  std::mt19937 random(seed);
  for (int round = 0; round < rounds; ++round) {
    const int name = static_cast<int>(random() % 50);
    if (random() % 3 == 0)
      cache.store(std::to_string(name), content(name));
    const auto found = cache.load(std::to_string(name));
    if (found && *found != content(name))
      return false;
    if (random() % 20 == 0)
      cache.remove(std::to_string(name));
  }
  return true;
}

TEST_F(DiskCacheTest, EightProcessesRace) {
  std::vector<pid_t> children;
  for (unsigned seed = 0; seed < 8; ++seed) {
    const pid_t child = fork();
    if (child == 0)
      _exit(race(path, seed, 200) && logged.empty() ? 0 : 1);
    children.push_back(child);
  }
  for (pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(temporaries_in(path), 0u);
}

TEST_F(DiskCacheTest, EightThreadsRace) {
  std::atomic<int> good{0};
  DiskCache shared(path, large, files);
  {
    std::vector<std::jthread> threads;
    for (unsigned seed = 0; seed < 8; ++seed)
      threads.emplace_back([&, seed] {
        good += race(path, seed, 100) ? 1 : 0;
        for (int name = 0; name < 20; ++name) {
          shared.store(std::to_string(name), content(name));
          const auto found = shared.load(std::to_string(name));
          good += !found || *found == content(name) ? 0 : -100;
        }
      });
  }
  EXPECT_EQ(good, 8);
}

TEST_F(DiskCacheTest, KilledWritersLeaveNothingBroken) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    const pid_t child = fork();
    if (child == 0) {
      DiskCache cache(path, large, files);
      for (int name = 0;; name = (name + 1) % 50)
        cache.store(std::to_string(name), content(name));
    }
    usleep(static_cast<useconds_t>(500 + random() % 6000));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    DiskCache cache(path, large, files);
    for (int name = 0; name < 50; ++name) {
      const auto found = cache.load(std::to_string(name));
      ASSERT_TRUE(!found || *found == content(name)) << name;
    }
  }
  EXPECT_TRUE(logged.empty());
}

TEST_F(DiskCacheTest, PathFollowsTheEnvironment) {
  setenv("GIRIH_CACHE_DIR", "/somewhere", 1);
  EXPECT_EQ(cache_path(), "/somewhere");
  setenv("GIRIH_CACHE_DIR", "off", 1);
  EXPECT_EQ(cache_path(), "");
  unsetenv("GIRIH_CACHE_DIR");
  setenv("XDG_CACHE_HOME", "/xdg", 1);
  EXPECT_EQ(cache_path(), "/xdg/girih");
  setenv("XDG_CACHE_HOME", "relative", 1);
  setenv("HOME", "/home/someone", 1);
  EXPECT_EQ(cache_path(), "/home/someone/.cache/girih");
  unsetenv("XDG_CACHE_HOME");
  setenv("GIRIH_CACHE_SIZE", "3M", 1);
  EXPECT_EQ(cache_capacity(), 3 << 20);
  unsetenv("GIRIH_CACHE_SIZE");
}

} // namespace
} // namespace girih
