// SPDX-License-Identifier: Apache-2.0
// How long products by warp groups of sm_90 take.
#pragma once

#include <cstdint>

namespace girih::compiler {

/// Of K in a round, in bytes: one row of the widest swizzle.
inline constexpr std::int64_t warpgroup_row_bytes = 128;

/// What a program does, and with what: a tile of m x n, `share` blocks of a
/// cluster that share its rounds, `stages` tiles ahead.
struct WarpgroupTile {
  std::int64_t m = 64, n = 64;
  int warps = 4, stages = 4, share = 1;
  bool specialised = true; // warps of their own copy
  bool persistent = true; // and blocks that share no rounds do several programs
  bool ping_pong = false; // by two groups of `warps` warps in turns
};

/// What all of them do: `programs` programs of `rounds` rounds, `bytes` of
/// operands, on so many multiprocessors. Beyond `rows` and `columns`, where
/// they are not 0, a tile reads nothing.
struct WarpgroupWork {
  std::int64_t programs = 1, rounds = 1, bytes = 0, processors = 132;
  std::int64_t rows = 0, columns = 0;
};

/// Pieces of `block` that `size` is cut into, the last one perhaps smaller.
inline std::int64_t pieces(std::int64_t size, std::int64_t block) {
  return (size + block - 1) / block;
}

/// Blocks that a multiprocessor has room for at once.
std::int64_t warpgroup_blocks(const WarpgroupTile &tile);

/// Microseconds of the launch: turns of programs, each of rounds that are bound
/// by products, by shared memory or by the time until a copy lands, and of a
/// beginning and an end; at least the time that memory takes.
double warpgroup_microseconds(const WarpgroupTile &tile,
                              const WarpgroupWork &work);

} // namespace girih::compiler
