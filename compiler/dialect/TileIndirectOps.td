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

def Tile_ArriveOp : Tile_Op<"arrive", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "count a program and tell whether it is the last one";
  let description = [{
    Adds 1 to the i32 at `indices`, which are signed, or sets it to 0 where
    `count`, unsigned, or more would be there; the result is whether it did
    that. An index out of range gives false and counts nothing.

    What the program stored before is visible to the last of those that arrive
    at the counter, and what that one accesses behind this operation comes after
    what the others accessed before it: no access of an operand that the kernel
    writes may cross it.

    Example:
    ```mlir
    %last = tile.arrive %counters[%head : i64] of %count : !view
    ```
  }];
  let arguments = (ins Tile_ViewType:$view,
                       Variadic<AnyTypeOf<[I32, I64]>>:$indices, I32:$count);
  let results = (outs I1:$result);
  let assemblyFormat = [{
    $view `[` ($indices^ `:` type($indices))? `]` `of` $count attr-dict
    `:` qualified(type($view))
  }];
  let hasVerifier = 1;
}

#endif
