// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/files/mapped_file.h"

#include "girih/examples/llm/error.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace girih::llm {
namespace {

std::string reason(int error) { return std::generic_category().message(error); }

class Descriptor {
public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor &) = delete;
  Descriptor &operator=(const Descriptor &) = delete;
  ~Descriptor() {
    if (number_ >= 0)
      ::close(number_);
  }
  int number() const { return number_; }

private:
  int number_;
};

// Not blocking: a pipe of that name must not hang the program.
int open_for_reading(const std::filesystem::path &path) {
  int number = -1;
  do
    number = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  while (number < 0 && errno == EINTR);
  return number;
}

std::size_t size_of(const Descriptor &file, const std::string &name) {
  struct stat status{};
  if (::fstat(file.number(), &status) != 0)
    throw ModelError(name, "", "cannot be read: " + reason(errno));
  if (!S_ISREG(status.st_mode))
    throw ModelError(name, "", "is not a regular file");
  return static_cast<std::size_t>(status.st_size);
}

// The file may grow or shrink while it is read: what is there is taken.
std::string read_all(const Descriptor &file, std::size_t size,
                     const std::string &name) {
  std::string text(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    ssize_t got = ::read(file.number(), text.data() + done, size - done);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      throw ModelError(name, "", "cannot be read: " + reason(errno));
    if (got == 0)
      break;
    done += static_cast<std::size_t>(got);
  }
  text.resize(done);
  return text;
}

} // namespace

MappedFile MappedFile::open(const std::filesystem::path &path) {
  const std::string name = path.string();
  Descriptor file(open_for_reading(path));
  if (file.number() < 0)
    throw ModelError(name, "", "cannot be opened: " + reason(errno));
  MappedFile out;
  const std::size_t size = size_of(file, name);
  if (size == 0)
    return out;
  void *start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.number(), 0);
  if (start == MAP_FAILED)
    throw ModelError(name, "", "cannot be mapped: " + reason(errno));
  out.owner_ = std::shared_ptr<const void>(
      start, [size](const void *p) { ::munmap(const_cast<void *>(p), size); });
  out.bytes_ = {static_cast<const std::byte *>(start), size};
  return out;
}

std::optional<std::string> read_optional_file(const std::filesystem::path &path,
                                              std::size_t most) {
  const std::string name = path.string();
  Descriptor file(open_for_reading(path));
  if (file.number() < 0) {
    if (errno == ENOENT)
      return std::nullopt;
    throw ModelError(name, "", "cannot be opened: " + reason(errno));
  }
  const std::size_t size = size_of(file, name);
  if (size > most)
    throw ModelError(name, "",
                     "has " + std::to_string(size) + " bytes, more than the " +
                         std::to_string(most) + " that are allowed");
  return read_all(file, size, name);
}

std::string read_file(const std::filesystem::path &path, std::size_t most) {
  std::optional<std::string> text = read_optional_file(path, most);
  if (!text)
    throw ModelError(path.string(), "", "there is no such file");
  return *std::move(text);
}

} // namespace girih::llm
