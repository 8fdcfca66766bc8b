// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/cache/disk_cache.h"

#include "girih/dsl/support/env.h"
#include "girih/runtime/failure.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <random>
#include <utility>
#include <vector>

namespace girih {
namespace {

constexpr std::string_view suffix = ".girih";
constexpr std::string_view temporary_prefix = "tmp.";
constexpr std::int64_t largest_entry = std::int64_t{256} << 20;
constexpr std::time_t stale_seconds = 3600;
// An entry's time of last use is renewed when it is older than this.
constexpr std::time_t touch_seconds = 600;

/// Repeats a system call that a signal interrupted.
template <class Call> auto uninterrupted(Call call) {
  auto result = call();
  for (int tries = 0; result == -EINTR && tries < 100; ++tries)
    result = call();
  return result;
}

std::string temporary_name() {
  thread_local std::mt19937_64 random{std::random_device{}()};
  // The process number alone repeats between containers and after fork().
  return fmt::format("{}{}.{:016x}", temporary_prefix, ::getpid(), random());
}

} // namespace

/// Closes on the way out.
struct DiskCache::OpenFile {
  OpenFile(FileSystem &files, int number) : files(files), number(number) {}
  ~OpenFile() {
    if (number >= 0)
      files.close(number);
  }
  OpenFile(const OpenFile &) = delete;
  OpenFile &operator=(const OpenFile &) = delete;
  int release() { return std::exchange(number, -1); }
  FileSystem &files;
  int number;
};

DiskCache::DiskCache(std::string path, std::int64_t capacity, FileSystem &files)
    : path_(std::move(path)), capacity_(capacity), files_(files) {}

void DiskCache::complain_once(const std::string &what,
                              const std::string &help) {
  if (!complained_.exchange(true))
    warn_cache(what, help);
}

void DiskCache::complain(const std::string &what, int error) {
  complain_once(
      fmt::format("the kernel cache {} cannot be used: {}: {}", path_, what,
                  std::strerror(-error)),
      "kernels are compiled in memory; set GIRIH_CACHE_DIR to another folder, "
      "or to `off`");
}

void DiskCache::make_parents() {
  for (std::size_t at = path_.find('/', 1); at != std::string::npos;
       at = path_.find('/', at + 1))
    files_.make_directory(path_.substr(0, at).c_str(), 0700);
}

DiskCache::Folder DiskCache::open_folder() {
  int made = files_.make_directory(path_.c_str(), 0700);
  if (made == -ENOENT) {
    make_parents();
    made = files_.make_directory(path_.c_str(), 0700);
  }
  auto opened = std::make_shared<OpenFile>(
      files_,
      uninterrupted([&] { return files_.open_directory(path_.c_str()); }));
  if (opened->number < 0) {
    // What kept the folder from being made says more than that it is missing.
    complain("opening the folder",
             made < 0 && made != -EEXIST ? made : opened->number);
    return nullptr;
  }
  struct stat status{};
  if (const int error = files_.status(opened->number, status); error < 0) {
    complain("reading its owner", error);
    return nullptr;
  }
  if (status.st_uid != ::geteuid() || (status.st_mode & 022) != 0) {
    state_ = State::refused;
    complain_once(
        fmt::format("the kernel cache {} is not used: {}", path_,
                    status.st_uid != ::geteuid()
                        ? "it belongs to another user"
                        : "other users can write to it"),
        fmt::format(
            "code from there could be anybody's; `chmod 700 {}`, or set "
            "GIRIH_CACHE_DIR",
            path_));
    return nullptr;
  }
  state_ = State::open;
  return opened;
}

DiskCache::Folder DiskCache::folder() {
  if (path_.empty())
    return nullptr;
  std::lock_guard lock(mutex_);
  if (state_ == State::open) {
    // Someone may have deleted the folder: files made in it would be lost.
    struct stat status{};
    if (files_.status(folder_->number, status) >= 0 && status.st_nlink > 0)
      return folder_;
    folder_ = nullptr;
    state_ = State::unopened;
  }
  if (state_ == State::unopened)
    folder_ = open_folder();
  return folder_;
}

std::optional<std::string> DiskCache::read_all(int file, std::int64_t size) {
  std::string bytes(static_cast<std::size_t>(size), '\0');
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t got = uninterrupted([&] {
      return files_.read(file, bytes.data() + have, bytes.size() - have);
    });
    if (got < 0) {
      complain("reading an entry", static_cast<int>(got));
      return std::nullopt;
    }
    if (got == 0)
      return std::nullopt; // cut short: as broken as any other damage
    have += static_cast<std::size_t>(got);
  }
  return bytes;
}

std::optional<std::string> DiskCache::load(const std::string &name) {
  const Folder directory = folder();
  if (!directory)
    return std::nullopt;
  const std::string file_name = name + std::string(suffix);
  // Non-blocking: a pipe put there by mistake must not hang us.
  const OpenFile file(files_, uninterrupted([&] {
                        return files_.open_at(directory->number,
                                              file_name.c_str(),
                                              O_RDONLY | O_NONBLOCK, 0);
                      }));
  if (file.number == -ENOENT)
    return std::nullopt;
  if (file.number < 0) {
    complain("opening an entry", file.number);
    return std::nullopt;
  }
  struct stat status{};
  if (const int error = files_.status(file.number, status); error < 0) {
    complain("reading an entry", error);
    return std::nullopt;
  }
  if (!S_ISREG(status.st_mode) || status.st_uid != ::geteuid() ||
      status.st_size > largest_entry)
    return std::nullopt;
  std::optional<std::string> bytes = read_all(file.number, status.st_size);
  if (bytes && std::time(nullptr) - status.st_mtime > touch_seconds)
    files_.touch(file.number); // on a read-only file system it stays as it is
  return bytes;
}

int DiskCache::write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t done = uninterrupted(
        [&] { return files_.write(file, bytes.data(), bytes.size()); });
    if (done < 0)
      return static_cast<int>(done);
    if (done == 0)
      return -ENOSPC;
    bytes.remove_prefix(static_cast<std::size_t>(done));
  }
  return 0;
}

int DiskCache::write_temporary(int directory, const std::string &temporary,
                               std::string_view bytes) {
  OpenFile file(files_, uninterrupted([&] {
                  return files_.open_at(directory, temporary.c_str(),
                                        O_WRONLY | O_CREAT | O_EXCL, 0600);
                }));
  if (file.number < 0)
    return file.number;
  int result = write_all(file.number, bytes);
  if (result >= 0)
    result = uninterrupted([&] { return files_.sync(file.number); });
  // Some network file systems report a failed write only here.
  const int closed = files_.close(file.release());
  return result >= 0 && closed != -EINTR ? closed : result;
}

void DiskCache::store(const std::string &name, std::string_view bytes) {
  const Folder opened = folder();
  const auto size = static_cast<std::int64_t>(bytes.size());
  if (!opened || size > largest_entry || size > capacity_)
    return;
  const int directory = opened->number;
  const std::string temporary = temporary_name();
  int result = write_temporary(directory, temporary, bytes);
  if (result >= 0) {
    const std::string file_name = name + std::string(suffix);
    result = uninterrupted([&] {
      return files_.rename_at(directory, temporary.c_str(), file_name.c_str());
    });
  }
  if (result < 0) {
    files_.unlink_at(directory, temporary.c_str());
    complain("writing an entry", result);
    return;
  }
  account(directory, size);
}

void DiskCache::remove(const std::string &name) {
  if (const Folder directory = folder())
    files_.unlink_at(directory->number, (name + std::string(suffix)).c_str());
}

void DiskCache::account(int directory, std::int64_t stored) {
  // Looking through the folder is work: at the first store of a process, and
  // then whenever a sixteenth of the capacity has been added.
  const std::int64_t before = since_trim_.fetch_add(stored);
  if (before >= 0 && before + stored < capacity_ / 16)
    return;
  since_trim_.store(0);
  trim(directory);
}

void DiskCache::trim(int directory) {
  struct Entry {
    std::string name;
    std::time_t used;
    std::int64_t size;
  };
  std::vector<std::string> names;
  if (files_.list(directory, names) < 0)
    return;
  const std::time_t now = std::time(nullptr);
  std::vector<Entry> entries;
  std::int64_t total = 0;
  for (std::string &name : names) {
    struct stat status{};
    if (files_.status_at(directory, name.c_str(), status) < 0 ||
        !S_ISREG(status.st_mode))
      continue;
    if (name.starts_with(temporary_prefix)) {
      if (now - status.st_mtime > stale_seconds)
        files_.unlink_at(directory, name.c_str());
    } else if (name.ends_with(suffix)) {
      total += status.st_size;
      entries.push_back({std::move(name), status.st_mtime, status.st_size});
    }
  }
  if (total <= capacity_)
    return;
  std::ranges::sort(entries, {}, &Entry::used);
  for (const Entry &entry : entries) {
    if (total <= capacity_ / 5 * 4)
      return;
    files_.unlink_at(directory, entry.name.c_str());
    total -= entry.size;
  }
}

std::string cache_path() {
  if (const auto chosen = env("GIRIH_CACHE_DIR"))
    return *chosen == "off" ? "" : *chosen;
  // A relative XDG_CACHE_HOME is to be ignored, says its specification.
  if (const auto base = env("XDG_CACHE_HOME"); base && base->starts_with('/'))
    return *base + "/girih";
  if (const auto home = env("HOME"); home && home->starts_with('/'))
    return *home + "/.cache/girih";
  return {};
}

std::int64_t cache_capacity() {
  return env_size("GIRIH_CACHE_SIZE").value_or(std::int64_t{1} << 30);
}

} // namespace girih
