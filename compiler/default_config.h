// SPDX-License-Identifier: Apache-2.0
// Block sizes and the rest of a Config for a kernel that nobody has tuned.
#pragma once

#include "girih/compiler/compiler.h"
#include "girih/dsl/roles.h"

#include <cstdint>
#include <string>
#include <vector>

namespace girih::compiler {

/// Sizes are told apart up to here.
inline constexpr std::int64_t largest_bucket = 4096;

/// What a size counts as: the next power of two, at most largest_bucket.
std::int64_t size_bucket(std::int64_t size);

/// The sizes that the blocks of a dot cut; 0 where unknown.
struct DotExtents {
  std::int64_t m = 0, n = 0, k = 0;
  std::int64_t batch = 1; // products beside each other
  bool alone = false;     // no operand has more dimensions than those
  bool along_k = false;   // neighbours along K are neighbours in memory
};

/// The Config that a kernel with these block sizes runs with on `target` when
/// none is given. `shapes` holds each operand's sizes, `known` what is known of
/// it; where that is empty, rows lie one behind the other. A kernel sees few
/// different ones: of a short list, or by buckets of its sizes.
Config default_config(const BlockRoles &roles,
                      const std::vector<std::vector<std::int64_t>> &shapes,
                      const Target &target,
                      std::span<const OperandClass> known = {});

/// Gives the blocks that no dot uses `elements` elements in all, as many as
/// possible along contiguous memory.
void set_elementwise_blocks(Config &config, const BlockRoles &roles,
                            std::int64_t elements);

/// The largest size that a block cuts; 0 where unknown.
std::int64_t block_extent(const BlockRoles &roles, const std::string &block,
                          const std::vector<std::vector<std::int64_t>> &shapes);

/// default_config's two halves.
Config default_host_config(Config fixed, const BlockRoles &roles,
                           const std::vector<std::vector<std::int64_t>> &shapes,
                           const DotExtents &extents);
Config
default_nvptx_config(Config fixed, const BlockRoles &roles,
                     const std::vector<std::vector<std::int64_t>> &shapes,
                     const DotExtents &extents, const Target &target);

/// Rows and columns of the scores of chained dots, as attention's, where warps
/// multiply them.
inline constexpr std::int64_t chained_rows = 128, chained_columns = 64;

} // namespace girih::compiler
