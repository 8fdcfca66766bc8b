// SPDX-License-Identifier: Apache-2.0
// Operands at indices that are data.
#ifndef GIRIH_TILE_INDIRECT_OPS_TD
#define GIRIH_TILE_INDIRECT_OPS_TD

include "girih/compiler/dialect/TileOpBase.td"

defvar indirect_description = [{
    One index tile for each dimension of the view, all of the tile's shape;
    indices are signed. A tile of rank 0 is a tensor of rank 0.
}];

def Tile_GatherOp : Tile_Op<"gather", [MemoryEffects<[MemRead]>]> {
  let summary = "read elements of an operand at indices that are data";
  let description = indirect_description # [{
    A lane with an index out of range gives `other`.

    Example:
    ```mlir
    %g = tile.gather %table[%row, %column : tensor<64xi32>, tensor<64xi32>]
           other 0.0 : f32 : !view -> tensor<64xf32>
    ```
  }];
  let arguments = (ins Tile_ViewType:$view, Variadic<Tile_Integers>:$indices,
                       TypedAttrInterface:$other);
  let results = (outs Tile_Tensor:$result);
  let assemblyFormat = [{
    $view `[` ($indices^ `:` type($indices))? `]` `other` $other attr-dict
    `:` qualified(type($view)) `->` type($result)
  }];
  let hasVerifier = 1;
}

def Tile_ScatterOp : Tile_Op<"scatter", [MemoryEffects<[MemWrite]>]> {
  let summary = "write elements of an operand at indices that are data";
  let description = indirect_description # [{
    A lane with an index out of range is dropped; of several lanes that write
    one element any one wins.

    Example:
    ```mlir
    tile.scatter %value, %out[%row : tensor<64xi32>] : tensor<64xf32>, !view
    ```
  }];
  let arguments = (ins Tile_Tensor:$value, Tile_ViewType:$view,
                       Variadic<Tile_Integers>:$indices);
  let assemblyFormat = [{
    $value `,` $view `[` ($indices^ `:` type($indices))? `]` attr-dict
    `:` type($value) `,` qualified(type($view))
  }];
  let hasVerifier = 1;
}

def Tile_AtomicOp : Tile_Op<"atomic",
    [AttrSizedOperandSegments, MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "combine lanes with elements of an operand at once";
  let description = indirect_description # [{
    Relaxed, visible to the whole device. The result is what was there before;
    a lane out of range does nothing and gives `other`. `compare_exchange`
    writes `value` where `expected` is there (by its bits).

    Example:
    ```mlir
    %old = tile.atomic add %value, %out[%row : tensor<64xi32>]
             other 0.0 : f32 : tensor<64xf32>, !view
    ```
  }];
  let arguments = (ins Tile_AtomicKind:$kind, Tile_Tensor:$value,
                       Optional<Tile_Tensor>:$expected, Tile_ViewType:$view,
                       Variadic<Tile_Integers>:$indices,
                       TypedAttrInterface:$other);
  let results = (outs Tile_Tensor:$result);
  let assemblyFormat = [{
    $kind $value (`expected` $expected^ `:` type($expected))? `,`
    $view `[` ($indices^ `:` type($indices))? `]` `other` $other attr-dict
    `:` type($value) `,` qualified(type($view)) `->` type($result)
  }];
  let hasVerifier = 1;
}

#endif
