// SPDX-License-Identifier: Apache-2.0
// Debugging and the way out of the language.
#ifndef GIRIH_TILE_DEBUG_OPS_TD
#define GIRIH_TILE_DEBUG_OPS_TD

include "girih/compiler/dialect/TileOpBase.td"

def Tile_PrintOp : Tile_Op<"print", [MemoryEffects<[MemWrite]>]> {
  let summary = "print each lane of each value";
  let description = [{
    A line a lane on standard output: program, lane, `text`, value. `unsigned`
    says which integer values are.

    Example:
    ```mlir
    tile.print "x" %x unsigned [false] : tensor<64xf32>
    ```
  }];
  let arguments = (ins StrAttr:$text, Variadic<Tile_Value>:$values,
                       DenseBoolArrayAttr:$is_unsigned);
  let assemblyFormat = [{
    $text ($values^)? `unsigned` $is_unsigned attr-dict (`:` type($values)^)?
  }];
  let hasVerifier = 1;
}

def Tile_AssertOp : Tile_Op<"assert", [MemoryEffects<[MemWrite]>]> {
  let summary = "stop unless every lane holds";
  let description = [{
    The location is the user's line.

    Example:
    ```mlir
    tile.assert %mask, "indices are in range" : tensor<64xi1>
    ```
  }];
  let arguments = (ins Tile_Value:$condition, StrAttr:$message);
  let assemblyFormat = "$condition `,` $message attr-dict `:` type($condition)";
  let hasVerifier = 1;
}

def Tile_InlinePtxOp : Tile_Op<"inline_ptx", [Pure, IsolatedFromAbove]> {
  let summary = "PTX for each lane, with the same for other targets";
  let description = [{
    `text` has `$0` for the result's register, `$1` and on for the inputs'. The
    region computes the same from one lane of each input.

    Example:
    ```mlir
    %y = tile.inline_ptx "ex2.approx.ftz.f32 $0, $1;" %x
           : tensor<64xf32> -> tensor<64xf32> {
    ^bb0(%a: f32):
      %e = math.exp2 %a : f32
      tile.yield %e : f32
    }
    ```
  }];
  let arguments = (ins StrAttr:$text, Variadic<Tile_Value>:$inputs);
  let results = (outs Tile_Value:$result);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $text $inputs attr-dict `:` type($inputs) `->` type($result) $body
  }];
  let hasVerifier = 1;
}

#endif
