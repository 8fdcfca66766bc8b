// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/weights/shard_index.h"

#include "girih/examples/llm/error.h"
#include "girih/examples/llm/files/json.h"
#include "girih/examples/llm/files/json_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace girih::llm {
namespace {

constexpr std::size_t most_bytes = std::size_t{64} << 20;
constexpr std::size_t most_shards = 4096;

// A plain name in the directory of the index.
bool is_safe(std::string_view name) {
  return name.ends_with(".safetensors") && !name.starts_with('.') &&
         name.size() <= 255 && name.find("..") == std::string_view::npos &&
         name.find_first_of(std::string_view("/\\\0", 3)) ==
             std::string_view::npos;
}

// Names in both lists, sorted, are what should be; others are told.
void compare(const std::string &shard, const std::vector<std::string> &wanted,
             const std::vector<std::string> &found, ModelProblems &problems) {
  auto tell = [&](const std::vector<std::string> &a,
                  const std::vector<std::string> &b, const char *message) {
    for (const std::string &each : a)
      if (!std::binary_search(b.begin(), b.end(), each))
        problems.add(shard, printable(each), message);
  };
  tell(wanted, found, "is not in this shard, though the index says so");
  tell(found, wanted, "is in this shard, but the index does not say so");
}

} // namespace

ShardIndex parse_shard_index(std::string_view text, const std::string &file) {
  const nlohmann::json tree = parse_json(text, file, {.bytes = most_bytes});
  const JsonFields fields(tree, file);
  const nlohmann::json *weights = fields.find("weight_map");
  if (!weights)
    fields.fail("weight_map", "is missing");
  if (!weights->is_object() || weights->empty())
    fields.fail("weight_map", "must be an object of names of shards");
  ShardIndex index;
  for (const auto &[tensor, shard] : weights->items()) {
    const std::string field = "weight_map." + printable(tensor);
    if (!shard.is_string())
      fields.fail(field, "must be the name of a shard");
    const auto &name = shard.get_ref<const std::string &>();
    if (!is_safe(name))
      fields.fail(field, fmt::format("'{}' is not the name of a .safetensors "
                                     "file in this directory",
                                     printable(name)));
    index.emplace(tensor, name);
  }
  return index;
}

std::optional<ShardIndex> read_shard_index(const std::filesystem::path &path) {
  const std::optional<std::string> text = read_optional_file(path, most_bytes);
  if (!text)
    return std::nullopt;
  return parse_shard_index(*text, path.string());
}

std::vector<Shard> open_shards(const std::filesystem::path &directory,
                               const ShardIndex &index,
                               const std::string &file) {
  std::map<std::string, std::vector<std::string>> wanted; // sorted names
  for (const auto &[tensor, shard] : index)
    wanted[shard].push_back(tensor);
  if (wanted.size() > most_shards)
    throw ModelError(file, "weight_map",
                     fmt::format("names {} shards, more than {}", wanted.size(),
                                 most_shards));
  ModelProblems problems;
  std::vector<Shard> shards;
  for (const auto &[name, tensors] : wanted) {
    const std::string path = (directory / name).string();
    try {
      Shard shard{path, MappedFile::open(path), {}};
      shard.header = parse_safetensors(shard.mapping.bytes(), path);
      std::vector<std::string> found;
      for (const SafetensorsTensor &each : shard.header.tensors)
        found.push_back(each.name);
      std::sort(found.begin(), found.end());
      compare(path, tensors, found, problems);
      shards.push_back(std::move(shard));
    } catch (const ModelError &error) {
      problems.add(error);
    }
  }
  problems.raise();
  return shards;
}

} // namespace girih::llm
