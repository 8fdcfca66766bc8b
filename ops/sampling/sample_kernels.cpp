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

KernelEntry entry(const Kernel &kernel, std::string_view config, bool merges) {
  return {.name = kernel.name(),
          .kernel = kernel,
          .dtypes = {bf16, f32, f16},
          .size_names = {"B", "V"},
          .sizes = {1, 151936},
          .picture_sizes = {1, 70},
          .operands =
              [=](DType dtype, std::span<const std::int64_t> n) {
                std::vector<OperandShape> all = operands(dtype, n);
                if (merges)
                  all.push_back({i64, {n[0]}, {}});
                return all;
              },
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

// W counts fours.
Config merge_config(const Cut &cut, std::int64_t tokens) {
  Config config;
  config.blocks = {
      {"P", power_of_two(cut.parts)},
      {"W", std::min<std::int64_t>(power_of_two(pieces_of(tokens, 4)), 1024)}};
  config.num_warps = 8;
  return config;
}

std::vector<KernelEntry> sample_entries() {
  return {entry(parts_kernel(), "J=32 num_warps=4", false),
          entry(merge_kernel(), "P=160 W=1024 num_warps=8", true)};
}

} // namespace girih::ops::sampling
