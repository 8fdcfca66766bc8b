// SPDX-License-Identifier: Apache-2.0
// Reads and writes of operands.
#ifndef GIRIH_TILE_ACCESS_OPS_TD
#define GIRIH_TILE_ACCESS_OPS_TD

include "girih/compiler/dialect/TileOpBase.td"

defvar access_description = [{
    `map` gives the source index of each lane: its dims are the tile's lane
    coordinates, its symbols the `scalars`, its results one source index per
    dimension of the view. `bounds` has the same dims and symbols; an access
    with any constraint violated is out of bounds. Without `bounds` every lane
    is in bounds. A divisor below 1 counts as 1.
}];

def Tile_LoadOp : Tile_Op<"load", [MemoryEffects<[MemRead]>]> {
  let summary = "read a tile of an operand";
  let description = access_description # [{
    Lanes out of bounds read as `other`.

    Example:
    ```mlir
    %t = tile.load %a[%m, %n] map affine_map<(d0)[s0, s1] -> (s0 * 128 + d0)>
           bounds affine_set<(d0)[s0, s1] : (s1 - s0 * 128 - d0 - 1 >= 0)>
           other 0.0 : f32 : !tile.view<element = f32, sizes = [1],
           strides = [1], unit = 0, align = 4> -> tensor<128xf32>
    ```
  }];
  let arguments = (ins Tile_ViewType:$view, Variadic<Index>:$scalars,
                       AffineMapAttr:$map, OptionalAttr<IntegerSetAttr>:$bounds,
                       TypedAttrInterface:$other);
  let results = (outs Tile_Tensor:$result);
  let assemblyFormat = [{
    $view `[` $scalars `]` `map` $map (`bounds` $bounds^)? `other` $other
    attr-dict `:` qualified(type($view)) `->` type($result)
  }];
  let hasVerifier = 1;
  let hasCanonicalizeMethod = 1;
}

def Tile_StoreOp : Tile_Op<"store", [MemoryEffects<[MemWrite]>]> {
  let summary = "write a tile of an operand";
  let description = access_description # [{
    Lanes out of bounds are not written. The tile has the view's element type.

    Example:
    ```mlir
    tile.store %v, %c[%m, %n] map affine_map<(d0)[s0, s1] -> (s0 * 128 + d0)>
      bounds affine_set<(d0)[s0, s1] : (s1 - s0 * 128 - d0 - 1 >= 0)>
      : tensor<128xf32>, !tile.view<element = f32, sizes = [1],
        strides = [1], unit = 0, align = 4>
    ```
  }];
  let arguments = (ins Tile_Tensor:$value, Tile_ViewType:$view,
                       Variadic<Index>:$scalars, AffineMapAttr:$map,
                       OptionalAttr<IntegerSetAttr>:$bounds);
  let assemblyFormat = [{
    $value `,` $view `[` $scalars `]` `map` $map (`bounds` $bounds^)?
    attr-dict `:` type($value) `,` qualified(type($view))
  }];
  let hasVerifier = 1;
  let hasCanonicalizeMethod = 1;
}

#endif
