// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/sampling/sample_kernels.h"

#include "girih/ops/sizes.h"

namespace girih::ops::sampling {

namespace {

constexpr std::int64_t most_parts = 256; // all candidates are in one tile

// logits, the six numbers of a request, what parts makes.
std::vector<OperandShape> operands(DType dtype,
                                   std::span<const std::int64_t> n) {
  const std::int64_t batch = n[0], parts = Cut(n[1]).parts;
  std::vector<OperandShape> all{{dtype, {batch, n[1]}, {}}};
  for (DType type : {f32, i64, f32, f32, i64, i64})
    all.push_back({type, {batch}, {}});
  for (DType type : {f32, f32, f32, i32, i32, i32})
    all.push_back({type, {batch, parts}, {}});
  for (DType type : {i32, i32, f32})
    all.push_back({type, {batch, parts, room}, {}});
  return all;
}

using MakeOperands =
    std::vector<OperandShape> (*)(DType, std::span<const std::int64_t>);

KernelEntry entry(const Kernel &kernel, std::string_view config,
                  MakeOperands make) {
  return {.name = kernel.name(),
          .kernel = kernel,
          .dtypes = {bf16, f32, f16},
          .size_names = {"B", "V"},
          .sizes = {1, 151936},
          .picture_sizes = {1, 70},
          .operands = make,
          .config = config};
}

} // namespace

Cut::Cut(std::int64_t tokens) {
  const std::int64_t all = pieces_of(tokens, chunk);
  chunks = std::max<std::int64_t>(power_of_two(pieces_of(all, most_parts)), 32);
  parts = pieces_of(all, chunks);
}

Config parts_config(const Cut &cut) {
  Config config;
  config.blocks = {{"J", cut.chunks}};
  config.num_warps = 4;
  return config;
}

bool are_few(const Cut &cut, std::int64_t batch) {
  constexpr std::int64_t resident = 1056; // programs of 4 warps
  return batch * cut.parts <= resident;
}

Config records_config(const Cut &cut, std::int64_t batch) {
  Config config = parts_config(cut);
  if (!are_few(cut, batch))
    config.num_warps = 2;
  return config;
}

// W counts fours.
Config merge_config(const Cut &cut, std::int64_t tokens) {
  Config config;
  config.blocks = {
      {"P", power_of_two(cut.parts)},
      {"W", std::min<std::int64_t>(power_of_two(pieces_of(tokens, 4)), 1024)}};
  config.num_warps = 8;
  return config;
}

Config line_config(const Cut &cut) {
  Config config;
  config.blocks = {{"P", pieces_of(cut.parts, 32) * 32}};
  config.num_warps = 4;
  return config;
}

Config weigh_config(const Cut &cut) {
  Config config;
  config.blocks = {{"J", cut.chunks}, {"P", pieces_of(cut.parts, 32) * 32}};
  config.num_warps = 4;
  return config;
}

Config choose_config(const Cut &cut, std::int64_t tokens) {
  Config config = merge_config(cut, tokens);
  config.blocks["P"] = pieces_of(cut.parts, 32) * 32;
  return config;
}

std::vector<KernelEntry> sample_entries() {
  using Sizes = std::span<const std::int64_t>;
  std::vector<KernelEntry> all{
      entry(parts_kernel(), "J=32 num_warps=4",
            [](DType dtype, Sizes n) { return operands(dtype, n); }),
      entry(merge_kernel(), "P=160 W=1024 num_warps=8",
            [](DType dtype, Sizes n) {
              auto operands_and_out = operands(dtype, n);
              operands_and_out.push_back({i64, {n[0]}, {}});
              return operands_and_out;
            })};
  for (const KernelEntry &each : record_entries())
    all.push_back(each);
  return all;
}

} // namespace girih::ops::sampling
