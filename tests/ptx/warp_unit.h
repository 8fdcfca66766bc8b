// SPDX-License-Identifier: Apache-2.0
// What the 32 lanes of a warp do together, registers only.
#pragma once

#include <cstdint>
#include <string>

namespace girih::testing {

/// The registers that a lane brings to an instruction.
struct WarpLane {
  std::uint64_t *results = nullptr, *values = nullptr;
};

/// mma.sync: 16 x 8 sums.
void matrixMultiply(WarpLane *warp, const std::string &text);
/// shfl.sync; false if it is not for all lanes.
bool shuffle(WarpLane *warp, const std::string &text);
/// elect.sync: a one for the lane that is chosen, which may be any.
void electOne(WarpLane *warp);
/// For each lane those whose words have the same low byte, a bit each.
void matchDigits(WarpLane *warp);
/// redux.sync: all words become one.
void combineWords(WarpLane *warp, const std::string &operation);

} // namespace girih::testing
