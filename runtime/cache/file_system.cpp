// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/cache/file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace girih {
namespace {

template <class T> T checked(T result) { return result < 0 ? -errno : result; }

} // namespace

int FileSystem::make_directory(const char *path, mode_t mode) {
  return checked(::mkdir(path, mode));
}

int FileSystem::open_directory(const char *path) {
  return checked(::open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

int FileSystem::open_at(int directory, const char *name, int flags,
                        mode_t mode) {
  return checked(
      ::openat(directory, name, flags | O_NOFOLLOW | O_CLOEXEC, mode));
}

ssize_t FileSystem::read(int file, void *buffer, std::size_t bytes) {
  return checked(::read(file, buffer, bytes));
}

ssize_t FileSystem::write(int file, const void *buffer, std::size_t bytes) {
  return checked(::write(file, buffer, bytes));
}

int FileSystem::sync(int file) { return checked(::fsync(file)); }

int FileSystem::status(int file, struct stat &result) {
  return checked(::fstat(file, &result));
}

int FileSystem::status_at(int directory, const char *name,
                          struct stat &result) {
  return checked(::fstatat(directory, name, &result, AT_SYMLINK_NOFOLLOW));
}

int FileSystem::touch(int file) { return checked(::futimens(file, nullptr)); }

int FileSystem::rename_at(int directory, const char *from, const char *to) {
  return checked(::renameat(directory, from, directory, to));
}

int FileSystem::unlink_at(int directory, const char *name) {
  return checked(::unlinkat(directory, name, 0));
}

int FileSystem::list(int directory, std::vector<std::string> &names) {
  // A second descriptor: closedir() closes the one it is given.
  const int copy = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0)
    return -errno;
  DIR *stream = ::fdopendir(copy);
  if (!stream) {
    const int error = errno;
    ::close(copy);
    return -error;
  }
  errno = 0;
  while (const dirent *entry = ::readdir(stream))
    if (std::strcmp(entry->d_name, ".") != 0 &&
        std::strcmp(entry->d_name, "..") != 0)
      names.emplace_back(entry->d_name);
  const int error = errno;
  ::closedir(stream);
  return -error;
}

int FileSystem::close(int file) { return checked(::close(file)); }

} // namespace girih
