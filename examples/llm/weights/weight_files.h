// SPDX-License-Identifier: Apache-2.0
// The tensors of a model directory: one safetensors file, or shards with an
// index, or files in memory.
#pragma once

#include "girih/dsl/dtype.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace girih::llm {

/// A tensor in a mapped file: row major, perhaps unaligned.
struct StoredTensor {
  std::string_view name; // valid as long as the WeightFiles
  DType dtype;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;
  const std::string *file; // for messages
};

/// Copies share what is mapped.
class WeightFiles {
public:
  /// Maps model.safetensors, or the shards that model.safetensors.index.json
  /// names, and checks their headers and the index against them. Reads no
  /// tensor. Throws ModelError.
  static WeightFiles open(const std::filesystem::path &directory);
  /// A file in memory that lives as long as the program, as an embedded one.
  static WeightFiles of_memory(std::span<const std::byte> bytes,
                               std::string name);

  /// Throws ModelError if there is none, or one of a dtype that Girih lacks.
  const StoredTensor &at(std::string_view name) const;
  const StoredTensor *find(std::string_view name) const; // null: none
  const std::vector<StoredTensor> &all() const;          // sorted by name
  /// Names of tensors of dtypes that Girih lacks: all() leaves them out.
  const std::vector<std::string> &unreadable() const;
  /// Of the bytes in all().
  std::int64_t total_bytes() const;
  /// The file or the index, for messages about what is in none of them.
  const std::string &source() const;

private:
  struct State;
  std::shared_ptr<const State> state_;
};

} // namespace girih::llm
