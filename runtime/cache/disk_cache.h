// SPDX-License-Identifier: Apache-2.0
// A folder of entries that many processes share. Not installed.
#pragma once

#include "girih/runtime/cache/file_system.h"
#include "girih/runtime/fork_mutex.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace girih {

/// Entries are written to a temporary file, synced and renamed, so that no
/// reader ever sees a part of one. No failure is fatal: the first one prints a
/// warning, and each counts as "not there" or "not stored". A folder that
/// others could write to is never used. Thread-safe. Lives as long as the
/// process.
class DiskCache {
public:
  /// Nothing is touched before the first load or store. An empty path is no
  /// cache. `capacity` is in bytes.
  DiskCache(std::string path, std::int64_t capacity, FileSystem &files);

  std::optional<std::string> load(const std::string &name);
  void store(const std::string &name, std::string_view bytes);
  /// Deletes an entry that turned out to be broken.
  void remove(const std::string &name);

  const std::string &path() const { return path_; }

private:
  struct OpenFile;
  enum class State : std::uint8_t { unopened, open, refused };

  /// Held for the length of an operation: another thread may find meanwhile
  /// that the folder was deleted, and the number of a closed file is reused.
  using Folder = std::shared_ptr<OpenFile>;

  Folder folder();
  Folder open_folder();
  void make_parents();
  std::optional<std::string> read_all(int file, std::int64_t size);
  int write_all(int file, std::string_view bytes);
  int write_temporary(int directory, const std::string &temporary,
                      std::string_view bytes);
  void account(int directory, std::int64_t stored);
  void trim(int directory);
  void complain(const std::string &what, int error);
  void complain_once(const std::string &what, const std::string &help);

  const std::string path_;
  const std::int64_t capacity_;
  FileSystem &files_;
  ForkMutex mutex_;
  State state_ = State::unopened; // guarded by mutex_
  Folder folder_;                 // guarded by mutex_
  std::atomic<bool> complained_{false};
  std::atomic<std::int64_t> since_trim_{-1}; // bytes; -1: never trimmed
};

/// GIRIH_CACHE_DIR, or girih in XDG_CACHE_HOME, or .cache/girih in HOME; empty
/// when there is none or GIRIH_CACHE_DIR is `off`.
std::string cache_path();
/// GIRIH_CACHE_SIZE, or 1 GiB.
std::int64_t cache_capacity();

} // namespace girih
