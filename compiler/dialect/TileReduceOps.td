// SPDX-License-Identifier: Apache-2.0
// Combining the lanes along a dimension.
#ifndef GIRIH_TILE_REDUCE_OPS_TD
#define GIRIH_TILE_REDUCE_OPS_TD

include "girih/compiler/dialect/TileOpBase.td"

defvar lanes_description = [{
    The region combines two lanes into one: its arguments are one lane of each
    input, then another of each, all scalars; it yields one of each. It holds
    elementwise operations and constants only and uses nothing from outside.
}];

def Tile_YieldOp : Tile_Op<"yield", [Pure, Terminator,
    ParentOneOf<["ReduceOp", "ScanOp", "InlinePtxOp"]>]> {
  let summary = "what a region of lanes gives";
  let description = [{
    Example:
    ```mlir
    tile.yield %sum : f32
    ```
  }];
  let arguments = (ins Variadic<Tile_Scalar>:$values);
  let assemblyFormat = "attr-dict $values `:` type($values)";
}

def Tile_ReduceOp : Tile_Op<"reduce",
    [Pure, IsolatedFromAbove]> {
  let summary = "combine all lanes along a dimension";
  let description = lanes_description # [{
    The order is not fixed: the region must be associative and commutative.
    Results lack dimension `dim`; those of rank 0 are scalars.

    Example:
    ```mlir
    %r = tile.reduce %x dim 1 : tensor<64x32xf32> -> tensor<64xf32> {
    ^bb0(%a: f32, %b: f32):
      %s = arith.addf %a, %b : f32
      tile.yield %s : f32
    }
    ```
  }];
  let arguments = (ins Variadic<Tile_Tensor>:$inputs,
                       ConfinedAttr<I64Attr, [IntNonNegative]>:$dim);
  let results = (outs Variadic<Tile_Value>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $inputs `dim` $dim attr-dict `:` type($inputs) `->` type($results) $body
  }];
  let hasVerifier = 1;
}

def Tile_ScanOp : Tile_Op<"scan", [Pure, IsolatedFromAbove]> {
  let summary = "combine each lane with all before it along a dimension";
  let description = lanes_description # [{
    Lane i of the results is the combination of lanes 0 to i; with `reverse`, of
    the last lane down to i. The first arguments are what has been combined, the
    others the next lane; the region must be associative.

    Example:
    ```mlir
    %r = tile.scan %x dim 1 reverse : tensor<64x32xf32> -> tensor<64x32xf32> {
    ^bb0(%a: f32, %b: f32):
      %s = arith.addf %a, %b : f32
      tile.yield %s : f32
    }
    ```
  }];
  let arguments = (ins Variadic<Tile_Tensor>:$inputs,
                       ConfinedAttr<I64Attr, [IntNonNegative]>:$dim,
                       UnitAttr:$reverse);
  let results = (outs Variadic<Tile_Tensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $inputs `dim` $dim (`reverse` $reverse^)? attr-dict
    `:` type($inputs) `->` type($results) $body
  }];
  let hasVerifier = 1;
}

def Tile_SortOp : Tile_Op<"sort", [Pure]> {
  let summary = "sort along a dimension";
  let description = [{
    Sorts the first input and moves the others with it. Stable; NaN is above
    all numbers and -0 equals +0. `is_unsigned` speaks of integer keys.

    Example:
    ```mlir
    %k, %p = tile.sort %keys, %places dim 0 descending
               : tensor<64xf32>, tensor<64xi32>
               -> tensor<64xf32>, tensor<64xi32>
    ```
  }];
  let arguments = (ins Variadic<Tile_Tensor>:$inputs,
                       ConfinedAttr<I64Attr, [IntNonNegative]>:$dim,
                       UnitAttr:$descending, UnitAttr:$is_unsigned);
  let results = (outs Variadic<Tile_Tensor>:$results);
  let assemblyFormat = [{
    $inputs `dim` $dim (`descending` $descending^)?
    (`unsigned` $is_unsigned^)? attr-dict
    `:` type($inputs) `->` type($results)
  }];
  let hasVerifier = 1;
}

#endif
