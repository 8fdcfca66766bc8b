// SPDX-License-Identifier: Apache-2.0
// Clusters of blocks of threads.
#pragma once

namespace girih::compiler {

/// Blocks of a cluster that every device with clusters has room for.
inline constexpr int mostClusterBlocks = 8;

} // namespace girih::compiler
