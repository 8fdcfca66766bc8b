// SPDX-License-Identifier: Apache-2.0
// Files of a model as bytes: large ones mapped, small ones read.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace girih::llm {

/// A file mapped for reading; copies share the mapping. The file must not be
/// made shorter meanwhile: the system ends a program that reads what is gone
/// (SIGBUS). Replacing it by renaming another file over it is safe.
class MappedFile {
public:
  /// Throws ModelError unless it is a regular file that can be read.
  static MappedFile open(const std::filesystem::path &path);

  std::span<const std::byte> bytes() const { return bytes_; }

private:
  std::shared_ptr<const void> owner_;
  std::span<const std::byte> bytes_;
};

/// The text of a file; empty optional: there is no such file. Throws ModelError
/// where it is larger than `most` bytes or cannot be read.
std::optional<std::string> read_optional_file(const std::filesystem::path &path,
                                              std::size_t most);

/// The same of a file that must be there.
std::string read_file(const std::filesystem::path &path, std::size_t most);

} // namespace girih::llm
