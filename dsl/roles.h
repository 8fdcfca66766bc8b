// SPDX-License-Identifier: Apache-2.0
// How a kernel uses its block sizes: what a default Config is chosen from.
#pragma once

#include "girih/dsl/record.h"

#include <optional>

namespace girih {

/// One use of a block size in a kernel.
struct BlockRole {
  enum class Use : std::uint8_t {
    tile,  // dimension `dim` of the tile of operand `operand`
    dot_m, // M, N or K of a dot of dtypes `a` and `b`
    dot_n,
    dot_k,
  };
  std::string block;
  Use use = Use::tile;
  int operand = -1;        // tile
  int dim = -1;            // tile
  int source = -1;         // tile: dimension of the source that runs along it
  bool contiguous = false; // tile: that is the last one
  bool even = false;       // tile: and all lanes do, not those of a row alone
  std::optional<Expr> extent; // tile: of what the block cuts, over sizes
  DType a = DType::f32; // dot: dtypes of the operands; tile: of the operand
  DType b = DType::f32; // dot
};

/// A tile that a dot reads as it lies in memory.
struct DotTile {
  std::vector<std::string> blocks; // its sizes that are block sizes
  std::int64_t elements = 1;       // product of the others
  DType dtype = DType::f32;
  int loop = -1;       // number of the outermost loop around it; -1: none
  bool staged = false; // each round of a loop reads another one
};

/// All block sizes of a kernel and how they are used.
struct BlockRoles {
  std::vector<BlockUse> blocks;
  std::vector<BlockRole> roles;
  std::vector<DotTile> dot_tiles;
  /// Of each operand: elements of its tile along dimensions that no block cuts.
  std::vector<std::int64_t> fixed_lanes;
  /// Whether programs that are further on along the last dimension of the grid
  /// go through more rounds of loops, as under a causal mask.
  bool later_take_longer = false;
  /// Program::hash() of the kernel under the trial blocks, whatever its Config;
  /// empty where it cannot be recorded with them.
  std::string trial;

  bool has_dot() const;
  /// What the columns of one product are cut by, whose result another product
  /// takes up as its K, as attention's keys are; none where no dots are
  /// chained.
  std::optional<std::string> chained() const;
  /// The uses of one block size.
  std::vector<BlockRole> of(std::string_view block) const;
};

/// Records the kernel once with small distinct block sizes and looks where they
/// turn up. Throws CompileError as record() does.
BlockRoles analyse_roles(const KernelSource &source,
                         std::span<const DType> dtypes,
                         std::span<const int> ranks);

/// For tests and reports: `BM: tile of c dim 0; dot_m of bf16, bf16`.
std::string to_string(const BlockRole &role);

} // namespace girih
