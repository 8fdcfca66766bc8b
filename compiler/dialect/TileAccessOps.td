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

    With `pieces` n `along` d the lanes are n tiles of one shape one after the
    other along dimension d. Map and bounds are those of one of them, whose
    first lane is 0, and each has scalars of its own, one piece's behind
    another's. Only warp groups read such a tile.

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
                       TypedAttrInterface:$other, OptionalAttr<I64Attr>:$pieces,
                       OptionalAttr<I64Attr>:$along);
  let results = (outs Tile_Tensor:$result);
  let builders = [
    OpBuilder<(ins "::mlir::Type":$result, "::mlir::Value":$view,
                   "::mlir::ValueRange":$scalars, "::mlir::AffineMapAttr":$map,
                   "::mlir::IntegerSetAttr":$bounds,
                   "::mlir::TypedAttr":$other), [{
      build($_builder, $_state, result, view, scalars, map, bounds, other,
            ::mlir::IntegerAttr(), ::mlir::IntegerAttr());
    }]>,
    OpBuilder<(ins "::mlir::Type":$result, "::mlir::Value":$view,
                   "::mlir::ValueRange":$scalars, "::mlir::AffineMap":$map,
                   "::mlir::IntegerSetAttr":$bounds,
                   "::mlir::TypedAttr":$other), [{
      build($_builder, $_state, result, view, scalars,
            ::mlir::AffineMapAttr::get(map), bounds, other);
    }]>
  ];
  let extraClassDeclaration = [{
    /// Tiles that the lanes are made of; mostly 1.
    int64_t pieceCount() {
      return static_cast<int64_t>(getPieces().value_or(1));
    }
    /// The shape of one.
    ::llvm::SmallVector<int64_t> pieceShape();
    /// The scalars of one.
    ::mlir::OperandRange pieceScalars(int64_t piece);
  }];
  let assemblyFormat = [{
    $view `[` $scalars `]` `map` $map (`bounds` $bounds^)? `other` $other
    (`pieces` $pieces^ `along` $along)? attr-dict `:` qualified(type($view)) `->` type($result)
  }];
  let hasVerifier = 1;
  let hasCanonicalizeMethod = 1;
}

def Tile_LoadWindowOp : Tile_Op<"load_window", [MemoryEffects<[MemRead]>]> {
  let summary = "read neighbours of each lane's element";
  let description = [{
    One tile for each of `places`, all of one type: of the elements so far from
    the one that `map` gives, along the view's unit dimension. `bounds` are
    those of place 0; at another one a constraint has grown by `moves`, one for
    each constraint, times the place.

    Threads hold runs of `run` lanes of dimension `along`, along which
    neighbours are a constant number of elements apart, and read what those and
    their places cover once, in vectors (see analysis/window.h).

    Example:
    ```mlir
    %l, %m, %r = tile.load_window %a[%p, %n]
        map affine_map<(d0)[s0, s1] -> (s0 * 128 + d0 * 2)>
        bounds affine_set<(d0)[s0, s1] : (s0 * 128 + d0 * 2 >= 0,
                                          s1 - s0 * 128 - d0 * 2 - 1 >= 0)>
        moves [1, -1] other 0.0 : bf16 places [-1, 0, 1] along 0 run 4
        : !tile.view<element = bf16, sizes = [16], strides = [1], unit = 0,
        align = 16> -> tensor<64xbf16>, tensor<64xbf16>, tensor<64xbf16>
    ```
  }];
  let arguments = (ins Tile_ViewType:$view, Variadic<Index>:$scalars,
                       AffineMapAttr:$map, OptionalAttr<IntegerSetAttr>:$bounds,
                       DenseI64ArrayAttr:$moves, TypedAttrInterface:$other,
                       DenseI64ArrayAttr:$places, I64Attr:$along, I64Attr:$run);
  let results = (outs Variadic<Tile_Tensor>:$tiles);
  let assemblyFormat = [{
    $view `[` $scalars `]` `map` $map (`bounds` $bounds^)? `moves` $moves
    `other` $other `places` $places `along` $along `run` $run attr-dict
    `:` qualified(type($view)) `->` type($tiles)
  }];
  let hasVerifier = 1;
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
