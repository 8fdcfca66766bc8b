// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/engine/prompt_pass.h"

#include <algorithm>

namespace girih::llm {

namespace {

template <class T>
Array on_device(std::vector<T> &values,
                std::initializer_list<std::int64_t> shape, DType dtype,
                Device device) {
  return Array(values.data(), shape, dtype).to(device);
}

} // namespace

Batch prompt_batch(std::span<const PromptPart> parts,
                   const std::vector<bool> &wanted, Device device) {
  std::int64_t tokens = 0, width = 1;
  for (const PromptPart &part : parts) {
    tokens += part.end - part.begin;
    width = std::max(width, std::int64_t(part.sequence->pages.pages().size()));
  }
  const std::int64_t padded = (tokens + 15) / 16 * 16;
  const auto room = static_cast<std::size_t>(padded);
  // tokens, positions, slots
  std::vector<std::int64_t> integers(3 * room, 0), cuts{0}, lengths, rows;
  std::fill(integers.begin() + std::ptrdiff_t(2 * room), integers.end(), -1);
  std::vector<std::int32_t> table;
  Batch batch;
  std::size_t next = 0;
  for (std::size_t at = 0; at < parts.size(); ++at) {
    const auto &[sequence, begin, end] = parts[at];
    for (std::int64_t token = begin; token < end; ++token, ++next) {
      integers[next] = sequence->tokens[static_cast<std::size_t>(token)];
      integers[room + next] = token;
      integers[2 * room + next] = sequence->pages.slot(token);
    }
    cuts.push_back(static_cast<std::int64_t>(next));
    lengths.push_back(end);
    batch.longest = std::max(batch.longest, end - begin);
    if (!wanted.empty() && wanted[at])
      rows.push_back(static_cast<std::int64_t>(next) - 1);
    table.insert(table.end(), sequence->pages.pages().begin(),
                 sequence->pages.pages().end());
    table.resize((at + 1) * static_cast<std::size_t>(width), -1);
  }
  const auto count = static_cast<std::int64_t>(parts.size());
  const Array all = on_device(integers, {3, padded}, i64, device);
  batch.tokens = all.select(0, 0);
  batch.positions = all.select(0, 1);
  batch.slots = all.select(0, 2);
  batch.block_table = on_device(table, {count, width}, i32, device);
  batch.lengths = on_device(lengths, {count}, i64, device);
  batch.cuts = on_device(cuts, {count + 1}, i64, device);
  if (!wanted.empty())
    batch.rows =
        on_device(rows, {static_cast<std::int64_t>(rows.size())}, i64, device);
  return batch;
}

Batch empty_prompt_batch(std::int64_t tokens, std::int64_t width,
                         Device device) {
  const std::int64_t padded = (tokens + 15) / 16 * 16;
  std::vector<std::int64_t> slots(static_cast<std::size_t>(padded), -1),
      cuts{0, tokens}, lengths{tokens}, rows{tokens - 1};
  std::vector<std::int32_t> table(static_cast<std::size_t>(width), -1);
  Batch batch;
  batch.tokens = batch.positions = Array::zeros({padded}, i64, device);
  batch.slots = on_device(slots, {padded}, i64, device);
  batch.block_table = on_device(table, {1, width}, i32, device);
  batch.lengths = on_device(lengths, {1}, i64, device);
  batch.cuts = on_device(cuts, {2}, i64, device);
  batch.rows = on_device(rows, {1}, i64, device);
  batch.longest = tokens;
  return batch;
}

} // namespace girih::llm
