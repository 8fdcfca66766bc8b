// SPDX-License-Identifier: Apache-2.0
// model.safetensors.index.json: which shard has which tensor.
#pragma once

#include "girih/examples/llm/files/mapped_file.h"
#include "girih/examples/llm/weights/safetensors.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace girih::llm {

/// Names of tensors, and the shard of each.
using ShardIndex = std::map<std::string, std::string>;

/// Empty: there is no such file. Throws ModelError, also for a shard whose name
/// would leave the directory.
std::optional<ShardIndex> read_shard_index(const std::filesystem::path &path);
ShardIndex parse_shard_index(std::string_view text, const std::string &file);

struct Shard {
  std::string file; // for messages
  MappedFile mapping;
  SafetensorsHeader header;
};

/// Maps all shards and holds them against the index: every tensor has to be
/// where it says, and there may be no other. `file` is the index, for messages.
/// Throws ModelError that lists all that is wrong.
std::vector<Shard> open_shards(const std::filesystem::path &directory,
                               const ShardIndex &index,
                               const std::string &file);

} // namespace girih::llm
