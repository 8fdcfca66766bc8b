// SPDX-License-Identifier: Apache-2.0
// Config: the tunable half of a kernel's compilation.
#pragma once

#include "girih/dsl/support/source_line.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace girih {

/// Order in which the flat program number walks the grid.
struct ProgramOrder {
  enum class Kind : std::uint8_t {
    row_major,  // last grid dimension fastest
    grouped,    // `group` rows of grid dimension 0 at a time (2-D grids): keeps
                // the operands of neighbouring programs in the L2 cache
    descending, // last grid dimension slowest, from its end: for programs that
                // have the more to do the further on they are. With a `group`
                // that many places of the other dimensions at a time, in
                // turns from the end and from the beginning, the last of them
                // from the end: what these share stays in the L2 cache
    hilbert     // along a Hilbert curve (2-D grids): neighbours in time are
                // neighbours in the grid at every scale
  };
  Kind kind = Kind::row_major;
  int group = 8; // of descending 0 is all places at a time
  bool operator==(const ProgramOrder &) const = default;
};

/// Printed as `BK=64 BM=128 BN=128 num_warps=8 num_stages=3 order=grouped:8`;
/// fields at their default are left out, block sizes come first, sorted.
struct Config {
  std::map<std::string, std::int64_t> blocks; // by block_size() name
  int num_warps = 4;
  int num_stages = 3;
  /// On sm_90, at most 8. With persistent: that many blocks of a cluster do
  /// programs below each other and copy for each other what all of them read
  /// (pass tile-specialise-warps). Without, in kernels that multiply no
  /// matrices and move no lanes but in reductions: a program's num_warps are
  /// spread over that many blocks, which several multiprocessors have (pass
  /// tile-spread-warps). Elsewhere no code depends on it. Clusters of two fill
  /// a device, larger ones may not.
  int num_ctas = 1;
  /// On sm_90, four warps beyond num_warps copy the operands of dots (pass
  /// tile-specialise-warps); elsewhere no code depends on it.
  bool warp_specialize = false;
  /// With it, on sm_90: as many blocks of threads as the device has room for do
  /// all programs, and copy for the next one while one ends.
  bool persistent = false;
  /// With persistent, on sm_90: as many warps again do programs of their own,
  /// in turns with the first ones, so that one group multiplies while the other
  /// ends its program and stores.
  bool ping_pong = false;
  /// With persistent, on sm_90: where that pays, blocks share the rounds of the
  /// programs that are left over when all have done as many (stream-K, pass
  /// tile-stream-rounds); parts of a sum pass through global memory.
  bool stream_k = false;
  ProgramOrder order;
  /// On sm_90, that many blocks of threads, a cluster, share the rounds of a
  /// program's loop of dots (pass tile-split-rounds), at most 8; elsewhere no
  /// code depends on it.
  int split_k = 1;
  /// Programmatic dependent launch (sm_90 and newer): the kernel begins while
  /// the one before it in the stream ends, and waits where it needs its
  /// results. Unless given, the runtime chooses it for launches of few programs
  /// (docs/decisions.md, 34).
  std::optional<bool> pdl;

  std::string to_string() const;
  bool operator==(const Config &) const = default;
};

/// Parses Config::to_string's text. Throws CompileError [config] at `where`
/// naming the field, for unknown fields too.
Config parse_config(std::string_view text,
                    SourceLine where = std::source_location::current());

/// Throws CompileError [config] at `where` naming the first field that is out
/// of the range that parse_config() allows. Block sizes are not looked at.
void check_config(const Config &config, const SourceLine &where);

} // namespace girih
