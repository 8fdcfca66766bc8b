// SPDX-License-Identifier: Apache-2.0
// Where a program stands: its coordinates and the sizes of the operands.
#ifndef GIRIH_TILE_PROGRAM_OPS_TD
#define GIRIH_TILE_PROGRAM_OPS_TD

include "girih/compiler/dialect/TileOpBase.td"

def Tile_ProgramIdOp : Tile_Op<"program_id", [Pure]> {
  let summary = "coordinate of this program in the grid";
  let description = [{
    The coordinate along grid dimension `dim`, after the kernel's `tile.order`,
    where blocks do several programs that of number `program`.

    Example:
    ```mlir
    %m = tile.program_id 0
    %n = tile.program_id 0 of %program
    ```
  }];
  let arguments = (ins ConfinedAttr<I64Attr, [IntNonNegative]>:$dim,
                       Optional<Index>:$program);
  let results = (outs Index:$result);
  let assemblyFormat = "$dim (`of` $program^)? attr-dict";
  let hasVerifier = 1;
}

def Tile_ProgramsOp : Tile_Op<"programs", [Pure, AttrSizedOperandSegments]> {
  let summary = "the programs that a block does one after the other";
  let description = [{
    From `first` on, `step` apart, below `end`. In the order `descending` blocks
    go through every other row of `step` programs backwards. The loop over them
    is the only operation that follows tile.producer, or is all that its region
    has. With `cluster` programs are counted by so many rows of the grid, of
    which each block of a cluster does the one of its rank; a row beyond the
    last is that one again. With `rounds` these are places in the list of what
    tile.stream_part gives the block, which shares programs with others where
    that saves `least` rounds; all such operations of a kernel agree on both.

    Example:
    ```mlir
    %first, %end, %step = tile.programs
    scf.for %program = %first to %end step %step {
    ```
  }];
  let arguments = (ins Optional<Index>:$rounds, Optional<Index>:$least,
                       OptionalAttr<I64Attr>:$cluster);
  let results = (outs Index:$first, Index:$end, Index:$step);
  let assemblyFormat = [{
    (`cluster` $cluster^)? (`rounds` $rounds^ `saving` $least)? attr-dict
  }];
}

def Tile_GroupOp : Tile_Op<"group", [Pure]> {
  let summary = "which group of warps of its block this is";
  let description = [{
    The warps of the block that are not those of tile.producer are `groups`
    times as many as the Config's; so many of them that are next to each other
    do programs of their own, each by itself, as if the others were not there.
    Stands behind tile.producer, in the kernel's own block.

    Example:
    ```mlir
    %group = tile.group of 2
    ```
  }];
  let arguments = (ins ConfinedAttr<I64Attr, [IntPositive]>:$groups);
  let results = (outs Index:$result);
  let assemblyFormat = "`of` $groups attr-dict";
}

def Tile_StreamPartOp : Tile_Op<"stream_part", [Pure]> {
  let summary = "the rounds of a program that this block does";
  let description = [{
    Of the `rounds` rounds, one or more, of each program those from `first` on,
    below `end`: all of them, but of programs that blocks share (tile.programs).
    A block has the last rounds of such a program, perhaps whole ones, and the
    first rounds of another.

    Example:
    ```mlir
    %first, %end = tile.stream_part %rounds of %program
    ```
  }];
  let arguments = (ins Index:$rounds, Optional<Index>:$program);
  let results = (outs Index:$first, Index:$end);
  let assemblyFormat = "$rounds (`of` $program^)? attr-dict";
}

def Tile_StreamSumOp : Tile_Op<"stream_sum",
    [MemoryEffects<[MemRead, MemWrite]>, AllTypesMatch<["source", "result"]>]> {
  let summary = "add up what blocks have that share a program's rounds";
  let description = [{
    A block that has the first rounds of the program, from `first` = 0 on, waits
    for those that have the others and adds what they have, in the order of
    rounds, to `source`. A block that has other rounds leaves `source` for it,
    and its result is not to be used. Elements have 32 bits.

    Example:
    ```mlir
    %sum = tile.stream_sum %part rounds %rounds from %first to %end of %program
           : tensor<64x128xf32>
    ```
  }];
  let arguments = (ins Tile_Tensor:$source, Index:$rounds, Index:$first,
                       Index:$end, Optional<Index>:$program);
  let results = (outs Tile_Tensor:$result);
  let assemblyFormat = [{
    $source `rounds` $rounds `from` $first `to` $end (`of` $program^)?
    attr-dict `:` type($source)
  }];
  let hasVerifier = 1;
}

def Tile_SizeOp : Tile_Op<"size", [Pure]> {
  let summary = "size of one dimension of an operand";
  let description = [{
    Example:
    ```mlir
    %n = tile.size %a, 1 : !tile.view<element = f32, sizes = [1, 1],
           strides = [1, 1], unit = -1, align = 4>
    ```
  }];
  let arguments = (ins Tile_ViewType:$view,
                       ConfinedAttr<I64Attr, [IntNonNegative]>:$dim);
  let results = (outs Index:$result);
  let assemblyFormat = "$view `,` $dim attr-dict `:` qualified(type($view))";
  let hasVerifier = 1;
}

def Tile_HoldsOp : Tile_Op<"holds", [Pure]> {
  let summary = "whether all constraints of a set hold";
  let description = [{
    The set has symbols, the scalars, and no dimensions.

    Example:
    ```mlir
    %whole = tile.holds #set[%k, %end]
    ```
  }];
  let arguments = (ins Variadic<Index>:$scalars, IntegerSetAttr:$set);
  let results = (outs I1:$result);
  let assemblyFormat = "$set `[` $scalars `]` attr-dict";
  let hasVerifier = 1;
}

def Tile_ValueOp : Tile_Op<"value", [Pure]> {
  let summary = "an operand that is passed by value";
  let description = [{
    The element of a view of rank 0 lies in the block of parameters, in the low
    bytes of the word that is a pointer otherwise.

    Example:
    ```mlir
    %x = tile.value %a : !tile.view<element = f32, sizes = [], strides = [],
           unit = -1, align = 4> -> f32
    ```
  }];
  let arguments = (ins Tile_ViewType:$view);
  let results = (outs AnyTypeOf<[AnyFloat, AnyInteger]>:$result);
  let assemblyFormat = [{
    $view attr-dict `:` qualified(type($view)) `->` type($result)
  }];
  let hasVerifier = 1;
}

#endif
