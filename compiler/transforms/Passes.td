// SPDX-License-Identifier: Apache-2.0
// Passes over the tile dialect that hold for every target.
#ifndef GIRIH_TRANSFORMS_PASSES_TD
#define GIRIH_TRANSFORMS_PASSES_TD

include "girih/compiler/transforms/AsyncPasses.td"
include "mlir/Pass/PassBase.td"

def TileElideBounds : Pass<"tile-elide-bounds", "::mlir::func::FuncOp"> {
  let summary = "drop bounds that the specialisation class proves true";
  let description = [{
    A constraint goes when it holds in every run: by the ranges of lanes and
    scalars, by the grid, or because a tile's extent divides a size.

    Before (16 divides size 0, the grid is its 16th part):
    ```mlir
    tile.load %a[%p, %n] map affine_map<(d0)[s0, s1] -> (s0 * 16 + d0)>
      bounds affine_set<(d0)[s0, s1] : (s1 - s0 * 16 - d0 - 1 >= 0)> ...
    ```
    After:
    ```mlir
    tile.load %a[%p] map affine_map<(d0)[s0] -> (s0 * 16 + d0)> ...
    ```
    A comparison of a tile.coordinate with 0, which is how kernels ask what is
    in bounds, is replaced by what it always gives; otherwise it is made in 32
    bits where indices have no more.
  }];
}

def TileFoldDotAccumulator
    : Pass<"tile-fold-dot-accumulator", "::mlir::func::FuncOp"> {
  let summary = "sum a dot into its accumulator instead of adding afterwards";
  let description = [{
    Holds for a dot that starts from zero and has no other use. The sum is then
    rounded in the order of the accumulation, as on the matrix units.

    Before:
    ```mlir
    %d = tile.dot %a, %b, %zero precision ieee : ...
    %s = arith.addf %acc, %d : tensor<128x128xf32>
    ```
    After:
    ```mlir
    %s = tile.dot %a, %b, %acc precision ieee : ...
    ```
  }];
}

def TileMergeLoads : Pass<"tile-merge-loads", "::mlir::func::FuncOp"> {
  let summary = "read each tile once";
  let description = [{
    A load equal to one that dominates it is replaced by its result, unless a
    store to the same operand may come between. Stores to other operands do
    not matter: operands that are written never overlap others.

    Before:
    ```mlir
    %x = tile.load %a[%p] ...
    %y = tile.load %a[%p] ...
    %s = arith.addf %x, %y : tensor<64xf32>
    ```
    After:
    ```mlir
    %x = tile.load %a[%p] ...
    %s = arith.addf %x, %x : tensor<64xf32>
    ```
  }];
}

def TileFoldRemaps : Pass<"tile-fold-remaps", "::mlir::func::FuncOp"> {
  let summary = "read lanes where they are wanted";
  let description = [{
    A load whose readers all permute, slice or reverse it, and need no more
    lanes than it has, becomes one load for each of them.

    Before:
    ```mlir
    %x = tile.load %a[%p] map affine_map<(d0, d1)[s0] -> (s0 * 64 + d0, d1)> ...
    %y = tile.remap %x map affine_map<(d0, d1) -> (d1, d0)>
           : tensor<64x32xbf16> -> tensor<32x64xbf16>
    ```
    After:
    ```mlir
    %y = tile.load %a[%p] map affine_map<(d0, d1)[s0] -> (s0 * 64 + d1, d0)> ...
    ```
  }];
}

def TileReadWindows : Pass<"tile-read-windows", "::mlir::func::FuncOp"> {
  let summary = "read windows in vectors, once";
  let description = [{
    Loads of one operand that differ by constants along the dimension that is
    contiguous in memory, or whose lanes are a constant number of elements apart
    along it, read what their windows cover together: a thread has runs of
    lanes, and vectors take the place of one access for each lane and place.
    That is done where vectors are aligned and in bounds as a whole.

    Before:
    ```mlir
    %l = tile.load %a[%p] map affine_map<(d0)[s0] -> (s0 * 128 + d0 * 2)> ...
    %r = tile.load %a[%p] map affine_map<(d0)[s0] -> (s0 * 128 + d0 * 2 + 1)> ...
    ```
    After:
    ```mlir
    %l, %r = tile.load_window %a[%p]
        map affine_map<(d0)[s0] -> (s0 * 128 + d0 * 2)> ...
        places [0, 1] along 0 run 4 ...
    ```
  }];
  let options = [
    Option<"warps", "warps", "int", "4", "warps of a program">
  ];
}

def TileJoinLoads : Pass<"tile-join-loads", "::mlir::func::FuncOp"> {
  let summary = "read what a dot multiplies by in one load";
  let description = [{
    Where warp groups do the dot once its operand B is one load: tiles one after
    the other become pieces of a load, a condition of the lanes, with zeros
    where it does not hold, becomes bounds, and a permutation another map.

    Before:
    ```mlir
    %x = tile.load %a[%p] ... -> tensor<128x16xbf16>
    %y = tile.load %a[%q] ... -> tensor<128x16xbf16>
    %b = arith.select %below16, %x', %y' // remaps to 32 columns
    %s = tile.dot %q, %b, %zero
    ```
    After:
    ```mlir
    %b = tile.load %a[%p, %q] ... pieces 2 along 1 -> tensor<128x32xbf16>
    %s = tile.dot %q, %b, %zero
    ```
  }];
  let options = [
    Option<"warps", "warps", "int", "4", "warps of a program">,
    Option<"capability", "capability", "int", "80", "compute capability">
  ];
}

def TileAssignLayouts : Pass<"tile-assign-layouts", "::mlir::func::FuncOp"> {
  let summary = "choose which thread holds which element of each tile";
  let description = [{
    Accesses are spread so that warps touch memory in runs of 16 bytes a thread;
    dots take the fragments of the matrix instruction, or blocks of rows and
    columns where there is none (a remark says why); elementwise work follows
    its operands. Where two layouts meet, tile.convert_layout stands between.

    Before:
    ```mlir
    %x = tile.load %a[%p] ... -> tensor<1024xbf16>
    ```
    After:
    ```mlir
    %x = tile.load %a[%p] ... -> tensor<1024xbf16, #tile.layout<"rank = 1, ...">>
    ```
  }];
  let options = [
    Option<"warps", "warps", "int", "4", "warps of a program">,
    Option<"capability", "capability", "int", "80", "compute capability">
  ];
}

def TilePromoteDots : Pass<"tile-promote-dots", "::mlir::func::FuncOp"> {
  let summary = "add up products of fp8 in f32";
  let description = [{
    Warp groups add up products of fp8 in fewer bits than f32 has. Their dots
    start from zero, and the partial sums are added as f32.

    Before:
    ```mlir
    %d = tile.dot %x, %y, %acc ... : tensor<128x128xf8E4M3FN>, ...
    ```
    After:
    ```mlir
    %p = tile.dot %x, %y, %zero ... : tensor<128x128xf8E4M3FN>, ...
    %d = arith.addf %acc, %p
    ```
  }];
  let options = [
    Option<"warps", "warps", "int", "4", "warps of a program">,
    Option<"capability", "capability", "int", "80", "compute capability">
  ];
}

def TileStaggerDots : Pass<"tile-stagger-dots", "::mlir::func::FuncOp"> {
  let summary = "begin a round's first dot before the second of the one before";
  let description = [{
    In loops as that of attention the second dot of a round multiplies what is
    computed from the first. Where warp groups do both, the second one goes a
    round later, right behind the first: the matrix units are busy while threads
    compute. The first round multiplies zeros, and the second dot of the last one
    is behind the loop; or in the first round of a loop that goes on from this one
    with the same tiles.

    Before:
    ```mlir
    %r = scf.for %j = %lower to %upper step %one iter_args(%sum = %init) {
      %k = tile.load %keys[%j] ...
      %s = tile.dot %q, %k, %zero
      ... %p and %factor of %s ...
      %scaled = arith.mulf %sum, %factor
      %v = tile.load %values[%j] ...
      %next = tile.dot %p, %v, %scaled
      scf.yield %next
    ```
    After:
    ```mlir
    %r:3 = scf.for %j = %lower to %upper step %one
        iter_args(%sum = %init, %p = %zero, %factor = %ones) {
      %k = tile.load %keys[%j] ...
      %s = tile.dot %q, %k, %zero
      %scaled = arith.mulf %sum, %factor
      %v = tile.load %values[%j - 1] ...    // from %lower on
      %next = tile.dot %p, %v, %scaled
      ... %p' and %factor' of %s ...
      scf.yield %next, %p', %factor'
    }
    %scaled = arith.mulf %r#0, %r#2
    %v = tile.load %values[%upper - 1] ...  // if there is such a round
    %all = tile.dot %r#1, %v, %scaled
    ```
  }];
  let options = [
    Option<"warps", "warps", "int", "4", "warps of a program">,
    Option<"capability", "capability", "int", "80", "compute capability">
  ];
}

def TileSplitRounds : Pass<"tile-split-rounds", "::mlir::func::FuncOp"> {
  let summary = "share the rounds of a loop of dots among blocks of a cluster";
  let description = [{
    Where a kernel is one loop that adds up, and what becomes of the sum,
    `blocks` blocks of threads do a part of the rounds each and add up their
    sums through each other's shared memory. Where what becomes of the sum can
    be done for some of its columns, each block adds up and stores a part of
    them; else the first does all of that. For products with few programs and
    long sums.

    Before:
    ```mlir
    %sum = scf.for %k = %lower to %upper step %one iter_args(%acc = %zero) {
      %d = tile.dot %x, %y, %acc ...
      scf.yield %d
    }
    ```
    After:
    ```mlir
    %rank = tile.cluster_rank of 4
    ... %first and %end of %rank ...
    %part = scf.for %k = %first to %end step %one iter_args(%acc = %zero) {
      %d = tile.dot %x, %y, %acc ...
      scf.yield %d
    }
    %sum = tile.cluster_sum %part of 4 // of a quarter of the columns
    ... that quarter of what is stored ...
    ```
  }];
  let options = [
    Option<"blocks", "blocks", "int", "1", "blocks of a cluster">,
    Option<"warps", "warps", "int", "4", "warps of a program">,
    Option<"capability", "capability", "int", "90", "compute capability">
  ];
}

def TileStreamRounds : Pass<"tile-stream-rounds", "::mlir::func::FuncOp"> {
  let summary = "let blocks have as many rounds as each other (stream-K)";
  let description = [{
    Where a kernel is one loop that adds up as many rounds in each program, and
    what becomes of the sum, blocks that do several programs share the rounds of
    those that are left over when all have done as many. Who has the
    first rounds of a program waits for the sums of the others, which pass
    through global memory, and does what becomes of the sum. For products whose
    programs are a little more than a whole number of those that the device does
    at a time.

    Before:
    ```mlir
    %sum = scf.for %k = %lower to %upper step %one iter_args(%acc = %zero) {
      %d = tile.dot %x, %y, %acc ...
      scf.yield %d
    }
    ... what becomes of %sum ...
    ```
    After:
    ```mlir
    %first, %end = tile.stream_part %rounds
    %part = scf.for %k = ... step %one iter_args(%acc = %zero) {
      %d = tile.dot %x, %y, %acc ...
      scf.yield %d
    }
    %sum = tile.stream_sum %part rounds %rounds from %first to %end
    %begins = arith.cmpi eq, %first, %zero
    scf.if %begins {
      ... what becomes of %sum ...
    }
    ```
  }];
}

#endif
