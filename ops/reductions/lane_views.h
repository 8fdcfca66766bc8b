// SPDX-License-Identifier: Apache-2.0
// Views for operators that work along dimensions: what stays comes first, what
// they go along comes last, and what lies in memory as one dimension is one.
#pragma once

#include "girih/ops/arguments.h"

#include <span>
#include <vector>

namespace girih::ops {

/// How a family's kernels see an array: [kept..., along...].
struct LaneViews {
  int kept = 0;           // dimensions that stay
  std::int64_t rows = 1;  // their elements
  std::int64_t last = 1;  // size of the last of them
  std::int64_t depth = 1; // elements along the others
  /// The last kept dimension is the contiguous one, not the last along.
  bool columns = false;
};

/// Rewrites arrays as such views. The first `full` arrays have one shape and
/// keep `dims` (sorted) as their last dimensions; the others have only the
/// kept ones, or size 1 in place of the others where `keepdim`. Kept dimensions
/// are ordered by the strides of the first array, as are the others unless
/// `ordered`, which leaves their row-major order.
LaneViews lane_views(std::span<Array> arrays, std::size_t full,
                     std::span<const int> dims, bool keepdim, bool ordered);

/// The shape without `dims`, or with size 1 in place of them.
Dims reduced_shape(const Array &x, std::span<const int> dims, bool keepdim);

/// The blocks of one launch of a kernel over [kept..., along...].
struct LaneBlocks {
  std::int64_t rows = 1;  // BM: lanes along the last kept dimension
  std::int64_t depth = 1; // BK: lanes along the others
  std::int64_t parts = 1; // programs to a row
  int warps = 4;

  Config config() const;
};

/// Blocks for one pass over an array of a dtype, for a kernel that keeps
/// `share` values for each lane, and `lane_bytes` from tile to tile of a loop;
/// 0: the loop keeps none. Few rows that are long are shared by several
/// programs where `may_split`.
LaneBlocks lane_blocks(const LaneViews &views, DType dtype, Device device,
                       bool may_split, int share = 1, int lane_bytes = 0);

/// Runs a kernel of the op with such blocks.
void run_with(const Call &call, const Kernel &kernel, const Config &config,
              std::span<const Array *const> operands, bool tunable = false);

} // namespace girih::ops
