// SPDX-License-Identifier: Apache-2.0
// The matrix products that both tests of this folder go through.
#pragma once

#include "matmul_text.h"

#include <ostream>
#include <vector>

namespace girih::testing {

/// For test output.
inline void PrintTo(const MatmulCase &c, std::ostream *out) { *out << c.name; }

/// Hot: the shapes of the default Configs; no spills are allowed there.
std::vector<MatmulCase> hotCases();
/// Everything else: layouts in memory, types, odd tiles.
std::vector<MatmulCase> otherCases();
/// For wgmma, on Hopper.
std::vector<MatmulCase> warpgroupCases();

} // namespace girih::testing
