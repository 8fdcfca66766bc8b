// SPDX-License-Identifier: Apache-2.0
#ifndef GIRIH_TILE_OPS_TD
#define GIRIH_TILE_OPS_TD

include "girih/compiler/dialect/TileAccessOps.td"
include "girih/compiler/dialect/TileClusterOps.td"
include "girih/compiler/dialect/TileDebugOps.td"
include "girih/compiler/dialect/TileIndirectOps.td"
include "girih/compiler/dialect/TileLaneOps.td"
include "girih/compiler/dialect/TileMatrixOps.td"
include "girih/compiler/dialect/TileProgramOps.td"
include "girih/compiler/dialect/TileReduceOps.td"
include "girih/compiler/dialect/TileRoleOps.td"
include "girih/compiler/dialect/TileSharedOps.td"
include "girih/compiler/dialect/TileStoreOps.td"

#endif
