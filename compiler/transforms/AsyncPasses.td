// SPDX-License-Identifier: Apache-2.0
// The passes of a GPU's asynchronous form, which know layouts.
#ifndef GIRIH_TRANSFORMS_ASYNC_PASSES_TD
#define GIRIH_TRANSFORMS_ASYNC_PASSES_TD

include "mlir/Pass/PassBase.td"

def TileOverlapDots : Pass<"tile-overlap-dots", "::mlir::func::FuncOp"> {
  let summary = "wait for dots of warp groups as late as can be";
  let description = [{
    A dot whose result goes to nothing but the next round's dot is not waited
    for in its round: the one before it is, whose operands may be overwritten
    then. With fewer than three `stages` there is no memory to copy into
    meanwhile. Others are waited for where their results are first needed.

    Before:
    ```mlir
    %sum = scf.for %k = ... iter_args(%acc = %zero) {
      %d = tile.dot %x, %y, %acc ...
      scf.yield %d
    }
    ```
    After:
    ```mlir
    %flying = scf.for %k = ... iter_args(%acc = %zero) {
      %d = tile.dot %x, %y, %acc in_flight ...
      tile.dot_wait 1
      scf.yield %d
    }
    %sum = tile.dot_wait 0 (%flying ...)
    ```
  }];
  let options = [
    Option<"stages", "stages", "int", "3", "tiles in the ring of a load">
  ];
}

def TileDeferSums : Pass<"tile-defer-sums", "::mlir::func::FuncOp"> {
  let summary = "add up a round's products while the next ones are multiplied";
  let description = [{
    Where warp groups multiply and threads add up, with factors or without, as
    promoted sums of fp8, the products go to the next round, which adds them up
    behind the start of its own dot: the matrix units are busy meanwhile. The
    first round adds nothing, and the last one's products are added behind the
    loop. tile-unroll-rounds spares the copies of registers.

    Before:
    ```mlir
    %r = scf.for %k = ... iter_args(%sum = %init) {
      %d = tile.dot %x, %y, %zero ...
      %next = math.fma %d, %factor, %sum
      scf.yield %next
    }
    ```
    After:
    ```mlir
    %r:3 = scf.for %k = ... iter_args(%sum = %init, %p = %nothing, %f = %zero) {
      %d = tile.dot %x, %y, %zero ...
      %next = math.fma %p, %f, %sum
      scf.yield %next, %d, %factor
    }
    %all = math.fma %r#1, %r#2, %r#0
    ```
    Where threads have no registers for two rounds' products everything stays as
    it is.
  }];
  let options = [Option<"warps", "warps", "int", "4",
                        "warps of a block that multiply">];
}

def TileTestAhead : Pass<"tile-test-ahead", "::mlir::func::FuncOp"> {
  let summary = "ask for the next round's operands while threads add up";
  let description = [{
    Of warps that do not copy, in loops whose products threads add up: whether
    what the next round multiplies has been copied is asked ahead of the sums,
    and the loop hands on the answer, for which a round would wait otherwise as
    long as for the start of a dot.

    Before:
    ```mlir
    scf.for ... iter_args(%stage = %s, %phase = %p) {
      tile.barrier_wait %full[%stage] phase %phase
      %d = tile.dot %x, %y, %zero in_flight
      %e = tile.dot_wait 0(%d)
      ... %e ...
      scf.yield %after, %later
    }
    ```
    After:
    ```mlir
    scf.for ... iter_args(%stage = %s, %phase = %p, %there = %false) {
      tile.barrier_wait %full[%stage] phase %phase unless %there
      %d = tile.dot %x, %y, %zero in_flight
      %e = tile.dot_wait 0(%d)
      %ended = tile.barrier_test %full[%after] phase %later
      ... %e ...
      scf.yield %after, %later, %ended
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def TileUnrollRounds : Pass<"tile-unroll-rounds", "::mlir::func::FuncOp"> {
  let summary = "do four rounds at a time where they hand on what a dot gave";
  let description = [{
    The registers of a dot that goes to the next round are read there while the
    next dot is written to others. Rounds that are done together take turns with
    two sets of registers, which otherwise would be copied in each round. Rounds
    that are left over have a loop of their own, ahead of it.

    Before:
    ```mlir
    %r = scf.for %k = %lower to %upper step %one iter_args(%p = %nothing) {
      %d = tile.dot %x, %y, %zero in_flight
      ... %p ...
      %e = tile.dot_wait 0(%d)
      scf.yield %e
    }
    ```
    After, two of four rounds:
    ```mlir
    %o = scf.for %k = %lower to %odd step %one iter_args(%p = %nothing) ...
    %r = scf.for %k = %odd to %upper step %four iter_args(%p = %o) {
      %d = tile.dot %x, %y, %zero in_flight
      ... %p ...
      %e = tile.dot_wait 0(%d)
      %f = tile.dot %z, %w, %zero in_flight
      ... %e ...
      %g = tile.dot_wait 0(%f)
      scf.yield %g
    }
    ```
  }];
}

def TileSpecialiseWarps
    : Pass<"tile-specialise-warps", "::mlir::func::FuncOp"> {
  let summary = "let warps of their own copy the operands of dots";
  let description = [{
    Where warp groups do all dots of the loops that read operands from memory,
    four warps more copy these into rings of `stages` tiles in shared memory,
    as soon as a stage is free; the others wait for a stage to be full, and say
    when their dots have read it. Nobody waits for the whole program. Loops that
    read the same tiles go on with the same ring, and so does one more of these
    tiles behind a loop, by itself. Where what is to be copied depends on tiles,
    or loops are within each other, everything stays as it is and a remark says
    why. Operands that dots read in every round, but that stay
    the same, are copied once by the same warps. Few elements that threads read
    beside dots in each round, as scales, come with the tiles of that round.

    With `blocks` so many blocks of a cluster do programs below each other, and
    each copies a part of what all of them read for all. A stage is free when
    all of them have read it.

    With `persistent` a block does several programs, in a loop around either
    side, and rings go on from one to the next: the first rounds of a program
    are copied while the one before ends. With `groups` so many groups of
    `warps` warps go through these programs, each doing its own and going past
    the places in the ring that others' take; one begins once the one before it
    has waited for its last copies (ping-pong).

    Before:
    ```mlir
    %r = scf.for %k = ... {
      %x = tile.load %a[%k] ...
      %d = tile.dot %x, ... in_flight
      tile.dot_wait 1
    ```
    After:
    ```mlir
    %full = tile.alloc_barriers : !tile.barriers<4, 128>
    %free = tile.alloc_barriers : !tile.barriers<4, 8>
    tile.producer warps 4 {
      scf.for %k = ... iter_args(%stage = %zero, %phase = %one) {
        tile.barrier_wait %free[%stage] phase %phase
        tile.copy_async %a[%k] ... into %ring[%stage]
        tile.barrier_arrive %full[%stage] copied
    }
    %r = scf.for %k = ... iter_args(..., %stage, %phase, %before) {
      tile.barrier_wait %full[%stage] phase %phase
      %x = tile.shared_load %ring[%stage]
      %d = tile.dot %x, ... in_flight
      tile.dot_wait 1
      tile.barrier_arrive %free[%before] if %later
    ```
  }];
  let options = [
    Option<"stages", "stages", "int", "3", "tiles in the ring of a load">,
    Option<"warps", "warps", "int", "4", "warps of a program">,
    Option<"persistent", "persistent", "bool", "false",
           "let blocks do several programs">,
    Option<"blocks", "blocks", "int", "1",
           "blocks of a cluster that copy for each other">,
    Option<"groups", "groups", "int", "1",
           "groups of warps that do programs in turns">
  ];
}

def TileCheckAsync : Pass<"tile-check-async", "::mlir::func::FuncOp"> {
  let summary = "check what others do while threads go on";
  let description = [{
    Changes nothing. It is an error, and ours, where an operation touches the
    result of a dot that is in flight, other than by adding to it or handing it
    on, where a barrier counts other arrivals than those that come, or nobody
    waits for it, and where the bytes that are announced to a barrier are not
    those of the copies that signal it.
  }];
  let options = [
    Option<"warps", "warps", "int", "4", "warps of a program">
  ];
}

def TileSpreadWarps : Pass<"tile-spread-warps", "::mlir::func::FuncOp"> {
  let summary = "spread a program's warps over the blocks of a cluster";
  let description = [{
    Of a kernel in which threads go on with lanes that they hold, but for
    reductions, each program becomes that of a cluster: its blocks have one part
    of the warps each, with the numbers that they would have in one block, and
    reductions go through the shared memory of all (distributed shared memory).
    A row is then held by several multiprocessors, each of which has parts of
    several rows, so that some read while others write. Other kernels stay as
    they are, with a remark.

    Before, with warps=32 blocks=4:
    ```mlir
    func.func @rows(...) attributes {tile.kernel, ...}
    ```
    After:
    ```mlir
    func.func @rows(...) attributes {tile.blocks = 4 : i64, tile.kernel, ...}
    ```
  }];
  let options = [
    Option<"blocks", "blocks", "int", "1", "blocks of a program">,
    Option<"warps", "warps", "int", "4", "warps of a program">
  ];
}

def TileKeepTiles : Pass<"tile-keep-tiles", "::mlir::func::FuncOp"> {
  let summary = "keep in shared memory what a later loop reads again";
  let description = [{
    Rows that are walked over twice, by programs of 16 warps or more: of an
    operand that the kernel only reads, the first tiles that a loop loads stay in
    as much of the shared memory as the program has of a multiprocessor's 32
    warps, or, spread over a cluster, each block of 16. Later loops of as many rounds that load the same tiles, forwards or
    backwards, become two: one of rounds whose tiles are kept, one of the others.

    Before:
    ```mlir
    scf.for %k = %c0 to %n step %c1 ... {
      %x = tile.load %a[%row, %k] ...
    }
    scf.for %k = %c0 to %n step %c1 {
      %at = ... // %n - 1 - %k
      %x = tile.load %a[%row, %at] ...
    }
    ```
    After:
    ```mlir
    %memory = tile.alloc_shared : !tile.shared<...>
    scf.for %k = %c0 to %n step %c1 ... {
      %x = tile.load %a[%row, %k] ...
      %has = arith.cmpi slt, %k, %slots
      scf.if %has {
        tile.keep %x in %memory[%k] ...
      }
    }
    scf.for %k = %c0 to %others step %c1 {
      %x = tile.load %a[%row, %at] ...
    }
    scf.for %k = %others to %n step %c1 {
      %x = tile.kept %memory[%at] ...
    }
    ```
  }];
  let options = [
    Option<"warps", "warps", "int", "4", "warps of a program">,
    Option<"capability", "capability", "int", "80", "compute capability">
  ];
}

def TilePipelineLoads : Pass<"tile-pipeline-loads", "::mlir::func::FuncOp"> {
  let summary = "read the operands of dots ahead, through shared memory";
  let description = [{
    Loads that feed dots in a loop become asynchronous copies into a ring of
    `stages` tiles in shared memory, `stages - 1` rounds ahead; one more of these
    tiles, read behind a loop, is copied in place of the round behind the last.
    Others outside of loops, or whose place depends on the loop's results, become
    one copy that is waited for. A load that asynchronous copies cannot do passes through
    registers (`blocking`). The first copies of settled operands go ahead of the
    first access of others: what a dependent kernel waits for.

    Before:
    ```mlir
    scf.for %k = ... {
      %x = tile.load %a[%m, %k] ... -> tensor<128x32xbf16, #blocked>
      %y = tile.convert_layout %x : ... -> tensor<128x32xbf16, #fragment>
      tile.dot %y, ...
    ```
    After:
    ```mlir
    %ring = tile.alloc_shared : !tile.shared<[128, 32], bf16, #ring>
    ... the first copies
    scf.for %k = ... iter_args(..., %read, %write) {
      tile.async_wait 1
      tile.copy_async %a[%m, %ahead] ... into %ring[%write] ...
      tile.async_commit
      %y = tile.shared_load %ring[%read] : ... -> tensor<128x32xbf16, #fragment>
      tile.dot %y, ...
    ```
  }];
  let options = [
    Option<"stages", "stages", "int", "3", "tiles in the ring of a load">,
    Option<"warps", "warps", "int", "4", "warps of a program">
  ];
}

def TilePrefetchLoads : Pass<"tile-prefetch-loads", "::mlir::func::FuncOp"> {
  let summary = "read the tiles of the next round before computing this one";
  let description = [{
    Loads that a loop reads at places known from its induction variable go one
    round ahead and are carried in registers, as narrow as in memory: memory is
    busy while a round computes. Not in loops with dots, whose loads
    tile-pipeline-loads has taken, not where the loop writes the operand, and
    not where the loop's tiles would take too many registers (a remark says
    so).

    Before:
    ```mlir
    scf.for %k = %lower to %upper step %one {
      %x = tile.load %a[%k] ... -> tensor<1024xbf16, #blocked>
      ...
    ```
    After (reads outside of the loop's rounds are out of bounds):
    ```mlir
    %first = tile.load %a[%lower, %lower, %upper] ...
    scf.for %k = %lower to %upper step %one iter_args(%x = %first) {
      %ahead = arith.addi %k, %one
      %next = tile.load %a[%ahead, %ahead, %upper] ...
                bounds affine_set<(d0)[s0, s1, s2] : (s2 - s1 - 1 >= 0)> ...
      ...
      scf.yield %next
    }
    ```
  }];
}

def TileStoreBulk : Pass<"tile-store-bulk", "::mlir::func::FuncOp"> {
  let summary = "let the copy engine store what warp groups have computed";
  let description = [{
    In kernels with warps that copy, a tile that warp groups have as an
    accumulator and store to a box of an operand goes through `room` bytes of
    shared memory, of which each group of four warps has a part of its own, in
    parts of 64 rows and 128 or 64 bytes: as many of them at a time as there is
    room for, at least two, or one where there is no more than that. The groups
    go on to the next program while the engine still stores; the last of it is
    waited for at the end of the kernel.

    Where an operand is accessed otherwise, too, where it is no box, or where
    there is no room, the store stays as it is and a remark says why.

    Before:
    ```mlir
    scf.for %p = %first to %end step %step {
      ...
      %h = arith.truncf %sum : tensor<128x256xf32, #acc> to tensor<128x256xbf16, #acc>
      %s = tile.convert_layout %h : tensor<128x256xbf16, #acc> -> tensor<128x256xbf16, #rows>
      tile.store %s, %c[%m, %n, %sm, %sn] map #map bounds #bounds
    }
    ```
    After:
    ```mlir
    %staging = tile.alloc_shared : !tile.shared<[64, 64], bf16, #four_stages>
    scf.for %p = %first to %end step %step {
      ...
      tile.store_bulk %h, %c[%m, %n, %sm, %sn] map #map dims [0, 1] through %staging
    }
    tile.store_wait %staging
    ```
  }];
  let options = [
    Option<"warps", "warps", "int", "4", "warps of a program">,
    Option<"room", "room", "int64_t", "65536",
           "bytes of shared memory that nothing else of a program has">
  ];
}

#endif
