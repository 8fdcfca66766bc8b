// SPDX-License-Identifier: Apache-2.0
// Where lanes are, and moving them.
#ifndef GIRIH_TILE_LANE_OPS_TD
#define GIRIH_TILE_LANE_OPS_TD

include "girih/compiler/dialect/TileOpBase.td"

def Tile_CoordinateOp : Tile_Op<"coordinate", [Pure]> {
  let summary = "a number for each lane: an affine function of where it is";
  let description = [{
    Lane t of the result is `map`(t)[scalars], computed as an index and wrapped
    to the element type.

    Example:
    ```mlir
    %rows = tile.coordinate [%m] map affine_map<(d0, d1)[s0] -> (s0 * 64 + d0)>
              : tensor<64x32xi64>
    ```
  }];
  let arguments = (ins Variadic<Index>:$scalars, AffineMapAttr:$map);
  let results = (outs Tile_Integers:$result);
  let assemblyFormat = [{
    `[` $scalars `]` `map` $map attr-dict `:` type($result)
  }];
  let hasVerifier = 1;
}

def Tile_RemapOp : Tile_Op<"remap", [Pure]> {
  let summary = "the lanes of a tile in other places";
  let description = [{
    Lane t of the result is lane `map`(t) of `source`, which `map` never
    leaves: broadcasting, reshaping, permuting, slicing and reversing are all
    remaps.

    Example:
    ```mlir
    %c = tile.remap %column map affine_map<(d0, d1) -> (d0, 0)>
           : tensor<64x1xf32> -> tensor<64x32xf32>
    ```
  }];
  let arguments = (ins Tile_Tensor:$source, AffineMapAttr:$map);
  let results = (outs Tile_Tensor:$result);
  let assemblyFormat = [{
    $source `map` $map attr-dict `:` type($source) `->` type($result)
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizeMethod = 1;
}

def Tile_TakeOp : Tile_Op<"take", [Pure]> {
  let summary = "lanes of a tile at places that are data";
  let description = [{
    `result[.., i, ..] = source[.., index[.., i, ..], ..]` along dimension
    `dim`; an index out of range gives 0.

    Example:
    ```mlir
    %t = tile.take %source[%index] dim 1
           : tensor<4x64xf32>, tensor<4x16xi32> -> tensor<4x16xf32>
    ```
  }];
  let arguments = (ins Tile_Tensor:$source, Tile_Integers:$index,
                       ConfinedAttr<I64Attr, [IntNonNegative]>:$dim);
  let results = (outs Tile_Tensor:$result);
  let assemblyFormat = [{
    $source `[` $index `]` `dim` $dim attr-dict
    `:` type($source) `,` type($index) `->` type($result)
  }];
  let hasVerifier = 1;
}

def Tile_HistogramOp : Tile_Op<"histogram", [Pure]> {
  let summary = "how many lanes have each value";
  let description = [{
    Lane b of the result says how many lanes of `source` are b. Lanes below 0
    and from the result's size on count nowhere.

    Example:
    ```mlir
    %h = tile.histogram %bins : tensor<8x64xi32> -> tensor<16xi32>
    ```
  }];
  let arguments = (ins Tile_Integers:$source);
  let results = (outs Tile_Tensor:$result);
  let assemblyFormat = [{
    $source attr-dict `:` type($source) `->` type($result)
  }];
  let hasVerifier = 1;
}

#endif
