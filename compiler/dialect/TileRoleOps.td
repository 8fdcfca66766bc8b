// SPDX-License-Identifier: Apache-2.0
// Warps that only copy, and the barriers by which they and the others know
// which tiles are full and which are free.
#ifndef GIRIH_TILE_ROLE_OPS_TD
#define GIRIH_TILE_ROLE_OPS_TD

include "girih/compiler/dialect/TileSharedOps.td"

def Tile_BarriersType : TypeDef<TileDialect, "Barriers"> {
  let mnemonic = "barriers";
  let summary = "barriers in shared memory, one for each stage of a ring";
  let description = [{
    Each is in phase 0 at first and goes on to the next phase, 0 and 1 by turns,
    once `arrivals` arrivals have been counted, and the bytes of copies that
    were announced have landed.

    Example: `!tile.barriers<4, 8>`: four barriers, eight arrivals each.
  }];
  let parameters = (ins "int64_t":$count, "int64_t":$arrivals);
  let assemblyFormat = "`<` $count `,` $arrivals `>`";
  let genVerifyDecl = 1;
}

def Tile_AllocBarriersOp : Tile_Op<"alloc_barriers",
    [MemoryEffects<[MemAlloc<DefaultResource>]>]> {
  let summary = "barriers, for as long as the program runs";
  let description = [{
    Stands in the kernel's own block, ahead of tile.producer.

    Example:
    ```mlir
    %full = tile.alloc_barriers : !tile.barriers<4, 128>
    ```
  }];
  let results = (outs Tile_BarriersType:$result);
  let assemblyFormat = "attr-dict `:` qualified(type($result))";
}

def Tile_BarrierWaitOp : Tile_Op<"barrier_wait",
    [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "wait for the end of a barrier's phase";
  let description = [{
    Goes on once phase `phase` of barrier `index` has ended. Phase 1 of a fresh
    barrier counts as ended. What was written before the arrivals that ended it
    is visible afterwards. Where `ended` says that it had, nothing is asked.

    Example:
    ```mlir
    tile.barrier_wait %full[%stage] phase %phase : !tile.barriers<4, 128>
    ```
  }];
  let arguments = (ins Tile_BarriersType:$barriers, Index:$index, Index:$phase,
                       Optional<I1>:$ended);
  let assemblyFormat = [{
    $barriers `[` $index `]` `phase` $phase (`unless` $ended^)? attr-dict
    `:` qualified(type($barriers))
  }];
  let builders = [OpBuilder<(ins "::mlir::Value":$barriers,
      "::mlir::Value":$index, "::mlir::Value":$phase), [{
    build($_builder, $_state, barriers, index, phase, ::mlir::Value());
  }]>];
}

def Tile_BarrierTestOp : Tile_Op<"barrier_test",
    [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "whether a barrier's phase has ended";
  let description = [{
    As tile.barrier_wait, without waiting: asked ahead, the answer is there by
    the time that it is needed.

    Example:
    ```mlir
    %ended = tile.barrier_test %full[%stage] phase %phase : !tile.barriers<4, 128>
    ```
  }];
  let arguments = (ins Tile_BarriersType:$barriers, Index:$index, Index:$phase);
  let results = (outs I1:$ended);
  let assemblyFormat = [{
    $barriers `[` $index `]` `phase` $phase attr-dict
    `:` qualified(type($barriers))
  }];
}

def Tile_BarrierArriveOp : Tile_Op<"barrier_arrive",
    [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "count an arrival at a barrier";
  let description = [{
    Every warp arrives once, where `condition` is given only if it holds. With
    `copied` every thread arrives once, as soon as all copies that it has
    started have landed; it does not wait for that. With `cluster` it arrives at
    the barrier of each of so many blocks of its cluster.

    Example:
    ```mlir
    tile.barrier_arrive %full[%stage] copied : !tile.barriers<4, 128>
    ```
  }];
  let arguments = (ins Tile_BarriersType:$barriers, Index:$index,
                       Optional<I1>:$condition, UnitAttr:$copied,
                       OptionalAttr<I64Attr>:$cluster);
  let assemblyFormat = [{
    $barriers `[` $index `]` (`if` $condition^)? (`copied` $copied^)?
    (`cluster` $cluster^)? attr-dict
    `:` qualified(type($barriers))
  }];
}

def Tile_BarrierExpectOp : Tile_Op<"barrier_expect",
    [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "announce the bytes of bulk copies to a barrier, and arrive";
  let description = [{
    One thread of the role arrives once at barrier `index`, whose phase does not
    end before `bytes` bytes have landed.

    Example:
    ```mlir
    tile.barrier_expect %full[%stage] bytes 49152 : !tile.barriers<4, 1>
    ```
  }];
  let arguments = (ins Tile_BarriersType:$barriers, Index:$index,
                       I64Attr:$bytes);
  let assemblyFormat = [{
    $barriers `[` $index `]` `bytes` $bytes attr-dict
    `:` qualified(type($barriers))
  }];
}

def Tile_CopyBulkOp : Tile_Op<"copy_bulk",
    [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "have a tile of an operand copied to shared memory";
  let description = [{
    As tile.copy_async with an `other` of 0, by the copy engine: what lies
    outside the operand is 0, and everything where `bounds`, which are without
    lanes, do not hold. The lanes are a box of the operand: lane dimension i
    goes along dimension `dims[i]` of the view, one element at a time, and
    starts where the map says for lane 0. One thread of the role asks for it;
    its bytes land at barrier `index`. `part` as for tile.copy_async. With
    `cluster` each of so many blocks of a cluster asks for as many rows of the
    box as the others, in the order of their ranks, which land in the memory and
    at the barrier of all of them.

    Example:
    ```mlir
    tile.copy_bulk %a[%m, %k] map #map dims [0, 1] into %ring[%stage]
      signals %full[%stage] : !view, !tile.shared<...>, !tile.barriers<4, 1>
    ```
  }];
  let arguments = (ins Tile_ViewType:$view, Variadic<Index>:$scalars,
                       AffineMapAttr:$map, OptionalAttr<IntegerSetAttr>:$bounds,
                       DenseI64ArrayAttr:$dims,
                       Tile_SharedType:$target, Index:$stage,
                       Tile_BarriersType:$barriers, Index:$index,
                       OptionalAttr<DenseI64ArrayAttr>:$part,
                       OptionalAttr<I64Attr>:$cluster);
  let assemblyFormat = [{
    $view `[` $scalars `]` `map` $map (`bounds` $bounds^)? `dims` $dims
    `into` $target `[` $stage `]` (`part` $part^)?
    `signals` $barriers `[` $index `]` (`cluster` $cluster^)? attr-dict
    `:` type($view) `,` type($target) `,` qualified(type($barriers))
  }];
}

def Tile_ProducerOp : Tile_Op<"producer",
    [SingleBlock, NoTerminator, RecursiveMemoryEffects]> {
  let summary = "what warps do that only copy";
  let description = [{
    `warps` warps beyond those of the Config do what the region says, while the
    others, which it is not for, do what follows in the kernel's block. The
    region uses operands, shared memory and barriers from outside, nothing else.

    Example:
    ```mlir
    tile.producer warps 4 {
      scf.for %k = %lower to %upper step %one iter_args(...) {
        tile.barrier_wait %free[%stage] phase %phase : !tile.barriers<4, 8>
        tile.copy_async %a[%k] ... into %ring[%stage] ...
        tile.barrier_arrive %full[%stage] copied : !tile.barriers<4, 128>
        ...
    ```
  }];
  let arguments = (ins I64Attr:$warps);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "`warps` $warps attr-dict-with-keyword $body";
  let hasVerifier = 1;
}

#endif
