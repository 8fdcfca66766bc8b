// SPDX-License-Identifier: Apache-2.0
// Tiles that the copy engine brings from shared memory to an operand.
#ifndef GIRIH_TILE_STORE_OPS_TD
#define GIRIH_TILE_STORE_OPS_TD

include "girih/compiler/dialect/TileSharedOps.td"

def Tile_StoreBulkOp : Tile_Op<"store_bulk",
    [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "have a tile copied from shared memory to an operand";
  let description = [{
    As tile.store, by the copy engine: what lies outside the operand is dropped.
    The lanes are a box of the operand, as for tile.copy_bulk. The tile is laid
    out as an accumulator of warp groups, each of which has rows and columns of
    its own and stores them by itself, waiting for no other: part by part, 64
    rows by as many columns as a stage of `staging` has, it writes to its own
    `stages` stages, one after the other, and one of its threads asks for the
    copy. Those of the program's first four warps come first in `staging`, and
    so on. A stage is written again when it has been read; the operand has all of it
    behind tile.store_wait.

    Example:
    ```mlir
    %staging = tile.alloc_shared : !tile.shared<[64, 64], bf16, #two_stages>
    tile.store_bulk %sum, %c[%m, %n] map #map dims [0, 1] through %staging stages 1
      : tensor<64x128xbf16, #accumulator>, !view, !tile.shared<...>
    ```
  }];
  let arguments = (ins Tile_Tensor:$value, Tile_ViewType:$view,
                       Variadic<Index>:$scalars, AffineMapAttr:$map,
                       DenseI64ArrayAttr:$dims, Tile_SharedType:$staging,
                       ConfinedAttr<I64Attr, [IntPositive]>:$stages);
  let assemblyFormat = [{
    $value `,` $view `[` $scalars `]` `map` $map `dims` $dims
    `through` $staging `stages` $stages attr-dict
    `:` type($value) `,` type($view) `,` type($staging)
  }];
  let hasVerifier = 1;
}

def Tile_StoreWaitOp : Tile_Op<"store_wait",
    [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "wait until the copy engine has stored";
  let description = [{
    All that this thread's tile.store_bulk have asked for through `staging` is in
    the operand afterwards. A kernel does not end before.

    Example:
    ```mlir
    tile.store_wait %staging : !tile.shared<...>
    ```
  }];
  let arguments = (ins Tile_SharedType:$staging);
  let assemblyFormat = "$staging attr-dict `:` type($staging)";
}

#endif
