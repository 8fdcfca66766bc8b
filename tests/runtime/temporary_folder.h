// SPDX-License-Identifier: Apache-2.0
// A folder for one test, deleted with what is in it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

// ThreadSanitizer dies when a child of a process with threads starts its own.
#if defined(__SANITIZE_THREAD__)
#define GIRIH_NO_THREADS_AFTER_FORK 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define GIRIH_NO_THREADS_AFTER_FORK 1
#endif
#endif
#ifdef GIRIH_NO_THREADS_AFTER_FORK
#define GIRIH_SKIP_IF_NO_THREADS_AFTER_FORK()                                  \
  GTEST_SKIP() << "ThreadSanitizer allows no threads after fork()"
#else
#define GIRIH_SKIP_IF_NO_THREADS_AFTER_FORK() (void)0
#endif

namespace girih::testing {

class TemporaryFolder {
public:
  TemporaryFolder() {
    path_ = (std::filesystem::temp_directory_path() / "girih-test.XXXXXX");
    if (!mkdtemp(path_.data()))
      std::abort();
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder &) = delete;
  TemporaryFolder &operator=(const TemporaryFolder &) = delete;
  const std::string &path() const { return path_; }

private:
  std::string path_;
};

} // namespace girih::testing
