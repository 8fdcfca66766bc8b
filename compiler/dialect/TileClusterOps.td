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
    [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "add up what the blocks of a cluster have";
  let description = [{
    The sum of the blocks' `source`, in the order of their ranks. Where the
    result has as many columns as `source`, only block 0 goes on: what follows
    in the kernel's own block, where this stands, is done once. Where it has
    1 / `blocks` of them, block r has the r-th such part of the columns, and all
    blocks go on. Elements have 32 bits.

    Example:
    ```mlir
    %sum = tile.cluster_sum %part of 4
           : tensor<64x128xf32> -> tensor<64x32xf32>
    ```
  }];
  let arguments = (ins Tile_Tensor:$source,
                       ConfinedAttr<I64Attr, [IntPositive]>:$blocks);
  let results = (outs Tile_Tensor:$result);
  let assemblyFormat = [{
    $source `of` $blocks attr-dict `:` type($source) `->` type($result)
  }];
  let extraClassDeclaration = [{
    /// Whether each block has a part of the sum.
    bool isDealt() {
      return getResult().getType().getShape() !=
             getSource().getType().getShape();
    }
  }];
  let hasVerifier = 1;
}

#endif
