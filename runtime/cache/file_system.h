// SPDX-License-Identifier: Apache-2.0
// The system calls of the disk cache. Tests put failing ones in their place.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstddef>
#include <string>
#include <vector>

namespace girih {

/// Each call returns what the system call does, or minus errno. The default
/// implementation is the system itself.
class FileSystem {
public:
  virtual ~FileSystem() = default;
  virtual int make_directory(const char *path, mode_t mode);
  /// Never follows a link in the last component.
  virtual int open_directory(const char *path);
  virtual int open_at(int directory, const char *name, int flags, mode_t mode);
  virtual ssize_t read(int file, void *buffer, std::size_t bytes);
  virtual ssize_t write(int file, const void *buffer, std::size_t bytes);
  virtual int sync(int file);
  virtual int status(int file, struct stat &result);
  virtual int status_at(int directory, const char *name, struct stat &result);
  /// Sets the time of the last use to now.
  virtual int touch(int file);
  virtual int rename_at(int directory, const char *from, const char *to);
  virtual int unlink_at(int directory, const char *name);
  virtual int list(int directory, std::vector<std::string> &names);
  virtual int close(int file);
};

} // namespace girih
