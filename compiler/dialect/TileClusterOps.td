// SPDX-License-Identifier: Apache-2.0
// Blocks of threads, a cluster, that do one program together.
#ifndef GIRIH_TILE_CLUSTER_OPS_TD
#define GIRIH_TILE_CLUSTER_OPS_TD

include "girih/compiler/dialect/TileOpBase.td"

def Tile_ClusterRankOp : Tile_Op<"cluster_rank", [Pure]> {
  let summary = "which block of the program's cluster this is";
  let description = [{
    From 0 to `blocks` - 1. All such operations of a kernel agree on `blocks`;
    a kernel without one has programs of one block.

    Example:
    ```mlir
    %rank = tile.cluster_rank of 4
    ```
  }];
  let arguments = (ins ConfinedAttr<I64Attr, [IntPositive]>:$blocks);
  let results = (outs Index:$result);
  let assemblyFormat = "`of` $blocks attr-dict";
}

def Tile_ClusterSumOp : Tile_Op<"cluster_sum",
    [AllTypesMatch<["source", "result"]>, MemoryEffects<[MemRead, MemWrite]>] #
    ElementwiseMappable.traits> {
  let summary = "add up what the blocks of a cluster have";
  let description = [{
    The result is the sum of the blocks' `source`, in the order of their ranks.
    Only block 0 goes on: what follows in the kernel's own block, where this
    stands, is done once. Elements have 32 bits.

    Example:
    ```mlir
    %sum = tile.cluster_sum %part of 4 : tensor<64x128xf32>
    ```
  }];
  let arguments = (ins Tile_Tensor:$source,
                       ConfinedAttr<I64Attr, [IntPositive]>:$blocks);
  let results = (outs Tile_Tensor:$result);
  let assemblyFormat = "$source `of` $blocks attr-dict `:` type($source)";
  let hasVerifier = 1;
}

#endif
