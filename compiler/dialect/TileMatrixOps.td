// SPDX-License-Identifier: Apache-2.0
// Work for the matrix units.
#ifndef GIRIH_TILE_MATRIX_OPS_TD
#define GIRIH_TILE_MATRIX_OPS_TD

include "girih/compiler/dialect/TileOpBase.td"

def Tile_DotOp : Tile_Op<"dot", [Pure, AllTypesMatch<["acc", "result"]>]> {
  let summary = "matrix product of two tiles, added to a third";
  let description = [{
    `result[m, n] = acc[m, n] + sum over k of a[m, k] * b[k, n]`, summed in the
    accumulator's type: f32 for floats of 32 bits or fewer, f64 for f64, i64
    for i64 and i32 for other integers, which wrap. `a` and `b` have the same element type, except that the two fp8
    types may be mixed. `precision` matters for f32 operands only, `unsigned_a`
    and `unsigned_b` for i8 only. With `in_flight` the matrix units may still be
    at work when the next operation begins: the result is there after the
    tile.dot_wait that covers it, and may only be added to by another such dot
    before.

    Example:
    ```mlir
    %d = tile.dot %a, %b, %acc precision ieee
           : tensor<128x64xbf16>, tensor<64x128xbf16> -> tensor<128x128xf32>
    ```
  }];
  let arguments = (ins Tile_Tensor:$a, Tile_Tensor:$b, Tile_Tensor:$acc,
                       Tile_Precision:$precision, UnitAttr:$unsigned_a,
                       UnitAttr:$unsigned_b, UnitAttr:$in_flight);
  let results = (outs Tile_Tensor:$result);
  let assemblyFormat = [{
    $a `,` $b `,` $acc `precision` $precision (`unsigned_a` $unsigned_a^)?
    (`unsigned_b` $unsigned_b^)? (`in_flight` $in_flight^)? attr-dict
    `:` type($a) `,` type($b) `->` type($result)
  }];
  let extraClassDeclaration = [{
    int64_t getM() { return getResult().getType().getDimSize(0); }
    int64_t getN() { return getResult().getType().getDimSize(1); }
    int64_t getK() { return getA().getType().getDimSize(1); }
  }];
  let hasVerifier = 1;
}

def Tile_DotWaitOp : Tile_Op<"dot_wait",
    [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "wait for dots in flight";
  let description = [{
    All dots of a warp group that are in flight, but the last `pending` ones,
    have ended afterwards. The results are `sources`, which can be read then.
    With `held` it stays behind what stands above it, which threads do meanwhile.

    Example:
    ```mlir
    %sum = tile.dot_wait 0 (%acc : tensor<128x128xf32>) -> tensor<128x128xf32>
    ```
  }];
  let arguments = (ins I64Attr:$pending, Variadic<Tile_Tensor>:$sources,
                       UnitAttr:$held);
  let results = (outs Variadic<Tile_Tensor>:$results);
  let assemblyFormat = [{
    $pending (`held` $held^)? (`(` $sources^ `:` type($sources) `)`)?
    (`->` type($results)^)? attr-dict
  }];
  let hasVerifier = 1;
}

def Tile_HoldOp : Tile_Op<"hold",
    [MemoryEffects<[MemRead, MemWrite]>, AllTypesMatch<["sources", "results"]>]> {
  let summary = "keep what reads tiles behind what makes them";
  let description = [{
    The results are `sources`. Threads have computed these before anything that
    follows, and nothing reads the results sooner: an assembler would rather
    begin with what takes long, and end with it.

    Example:
    ```mlir
    %held = tile.hold %sum : tensor<128x128xf32>
    ```
  }];
  let arguments = (ins Variadic<Tile_Tensor>:$sources);
  let results = (outs Variadic<Tile_Tensor>:$results);
  let assemblyFormat = "$sources attr-dict `:` type($sources)";
}

#endif
