// SPDX-License-Identifier: Apache-2.0
// Files of the safetensors format, right and wrong ones, and folders for them.
#pragma once

#include "girih/tests/runtime/temporary_folder.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace girih::testing {

/// A header after its length, which may be told wrongly, and data.
inline std::string safetensors_bytes(std::string_view header,
                                     std::string_view data = "",
                                     std::uint64_t added_length = 0) {
  std::string out;
  const std::uint64_t length = header.size() + added_length;
  for (int i = 0; i < 8; ++i)
    out += static_cast<char>(length >> (8 * i) & 255);
  return out.append(header).append(data);
}

inline std::span<const std::byte> as_bytes(const std::string &text) {
  return std::as_bytes(std::span(text));
}

/// A folder for a model's files, which goes with the test.
class ModelFolder {
public:
  const std::filesystem::path &path() const { return path_; }
  void write(const std::string &name, std::string_view text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
  }

private:
  TemporaryFolder folder_;
  std::filesystem::path path_{folder_.path()};
};

} // namespace girih::testing
