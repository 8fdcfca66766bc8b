// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/weights/weight_files.h"

#include "girih/examples/llm/error.h"
#include "girih/examples/llm/files/json.h"
#include "girih/examples/llm/files/mapped_file.h"
#include "girih/examples/llm/weights/safetensors.h"
#include "girih/examples/llm/weights/shard_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <utility>

namespace girih::llm {

struct WeightFiles::State {
  std::string source;
  std::vector<MappedFile> mappings;
  // Deques: views into their elements stay valid.
  std::deque<std::string> files, names;
  std::vector<StoredTensor> tensors;
  std::vector<std::string> unreadable;
  std::int64_t total_bytes = 0;

  void add(std::span<const std::byte> bytes, std::string file,
           SafetensorsHeader header);
  void sort();
};

void WeightFiles::State::add(std::span<const std::byte> bytes, std::string file,
                             SafetensorsHeader header) {
  files.push_back(std::move(file));
  for (SafetensorsTensor &each : header.tensors) {
    if (!each.type->dtype) {
      unreadable.push_back(std::move(each.name));
      continue;
    }
    names.push_back(std::move(each.name));
    const std::size_t size = each.end - each.begin;
    tensors.push_back({names.back(), *each.type->dtype, std::move(each.shape),
                       bytes.subspan(header.data_begin + each.begin, size),
                       &files.back()});
    total_bytes += static_cast<std::int64_t>(size);
  }
}

void WeightFiles::State::sort() {
  std::sort(tensors.begin(), tensors.end(),
            [](const StoredTensor &a, const StoredTensor &b) {
              return a.name < b.name;
            });
  std::sort(unreadable.begin(), unreadable.end());
}

WeightFiles WeightFiles::open(const std::filesystem::path &directory) {
  const std::filesystem::path single = directory / "model.safetensors",
                              index =
                                  directory / "model.safetensors.index.json";
  auto state = std::make_shared<State>();
  std::error_code ignored;
  if (std::filesystem::exists(single, ignored)) {
    state->source = single.string();
    MappedFile mapping = MappedFile::open(single);
    state->add(mapping.bytes(), state->source,
               parse_safetensors(mapping.bytes(), state->source));
    state->mappings.push_back(std::move(mapping));
  } else if (std::optional<ShardIndex> read = read_shard_index(index)) {
    state->source = index.string();
    for (Shard &shard : open_shards(directory, *read, state->source)) {
      state->add(shard.mapping.bytes(), std::move(shard.file),
                 std::move(shard.header));
      state->mappings.push_back(std::move(shard.mapping));
    }
  } else {
    throw ModelError(directory.string(), "",
                     "has no model.safetensors and no "
                     "model.safetensors.index.json");
  }
  state->sort();
  WeightFiles out;
  out.state_ = std::move(state);
  return out;
}

WeightFiles WeightFiles::of_memory(std::span<const std::byte> bytes,
                                   std::string name) {
  auto state = std::make_shared<State>();
  state->source = std::move(name);
  state->add(bytes, state->source, parse_safetensors(bytes, state->source));
  state->sort();
  WeightFiles out;
  out.state_ = std::move(state);
  return out;
}

const StoredTensor *WeightFiles::find(std::string_view name) const {
  auto place = std::lower_bound(
      all().begin(), all().end(), name,
      [](const StoredTensor &a, std::string_view b) { return a.name < b; });
  return place == all().end() || place->name != name ? nullptr : &*place;
}

const StoredTensor &WeightFiles::at(std::string_view name) const {
  if (const StoredTensor *found = find(name))
    return *found;
  if (std::binary_search(unreadable().begin(), unreadable().end(), name))
    throw ModelError(source(), printable(name),
                     "is of a dtype that Girih does not have");
  throw SafetensorsError(SafetensorsErrorKind::tensor_not_found, source(),
                         printable(name), "there is no such tensor");
}

const std::vector<StoredTensor> &WeightFiles::all() const {
  return state_->tensors;
}

const std::vector<std::string> &WeightFiles::unreadable() const {
  return state_->unreadable;
}

std::int64_t WeightFiles::total_bytes() const { return state_->total_bytes; }

const std::string &WeightFiles::source() const { return state_->source; }

} // namespace girih::llm
