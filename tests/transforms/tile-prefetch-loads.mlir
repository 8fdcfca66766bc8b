// RUN: girih-opt %s -tile-assign-layouts="warps=4 capability=80" -tile-prefetch-loads | FileCheck %s
// RUN: girih-opt %s -tile-assign-layouts="warps=4 capability=80" -tile-prefetch-loads 2>&1 | FileCheck %s --check-prefix=REMARK

#four = affine_map<(d0)[s0] -> (s0 * 4096 + d0)>
#row = affine_map<(d0)[s0] -> (s0 * 1024 + d0)>
#wide = affine_map<(d0)[s0] -> (s0 * 16384 + d0)>
#in = affine_set<(d0)[s0, s1] : (s1 - s0 * 1024 - d0 - 1 >= 0)>
#rows = affine_map<(d0)[s0, s1] -> (s0 * 1024 + d0)>
!V = !tile.view<element = bf16, sizes = [16], strides = [1], unit = 0, align = 16>
!F = !tile.view<element = f32, sizes = [16], strides = [1], unit = 0, align = 16>

// A tile of bf16 is carried as it is in memory; the read of the round after the
// last one is out of bounds.
// CHECK: [[$FIRST:#.+]] = affine_set<(d0)[s0, s1, s2, s3] : (-d0 + s1 - s0 * 1024 - 1 >= 0, s3 - s2 - 1 >= 0)>
// CHECK: [[$BARE:#.+]] = affine_set<(d0)[s0, s1, s2] : (s2 - s1 - 1 >= 0)>
// CHECK-LABEL: func.func @carried
// CHECK: %[[N:.+]] = tile.size
// CHECK: %[[X:.+]] = tile.load %arg0[%c0, %[[N]], %c0, %[[N]]] {{.*}} bounds [[$FIRST]] other
// CHECK: scf.for %[[K:.+]] = %c0 to %[[N]] step %c1 iter_args(%[[SUM:.+]] = %{{.+}}, %[[NOW:.+]] = %[[X]])
// CHECK-NEXT: %[[AHEAD:.+]] = arith.addi %[[K]], %c1
// CHECK-NEXT: %[[NEXT:.+]] = tile.load %arg0[%[[AHEAD]], %[[N]], %[[AHEAD]], %[[N]]] {{.*}} bounds [[$FIRST]] other
// CHECK-NEXT: %[[F:.+]] = arith.extf %[[NOW]]
// CHECK-NOT: tile.load
// CHECK: scf.yield %{{.+}}, %[[NEXT]]
func.func @carried(%a: !V, %c: !F) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "out"], tile.grid = affine_map<()[s0, s1] -> (1)>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tile.size %a, 0 : !V
  %zero = arith.constant dense<0.0> : tensor<1024xf32>
  %r = scf.for %k = %c0 to %n step %c1 iter_args(%acc = %zero) -> tensor<1024xf32> {
    %x = tile.load %a[%k, %n] map #rows bounds #in other 0.0 : bf16 : !V -> tensor<1024xbf16>
    %f = arith.extf %x : tensor<1024xbf16> to tensor<1024xf32>
    %s = arith.addf %acc, %f : tensor<1024xf32>
    scf.yield %s : tensor<1024xf32>
  }
  tile.store %r, %c[%c0] map #row : tensor<1024xf32>, !F
  return
}

// A place computed from the round is computed for the next one; a load at the
// same place in all rounds stays.
// CHECK-LABEL: func.func @computed
// CHECK: tile.load %arg0[%{{.+}}, %c0, %{{.+}}] {{.*}} bounds [[$BARE]]
// CHECK: scf.for %[[K:.+]] = %c0 to
// CHECK-NEXT: %[[AHEAD:.+]] = arith.addi %[[K]], %c1
// CHECK-NEXT: %[[PLACE:.+]] = arith.muli %[[AHEAD]], %c3
// CHECK-NEXT: tile.load %arg0[%[[PLACE]], %[[AHEAD]], %{{.+}}]
// CHECK: tile.load %arg0[%c1]
// CHECK: tile.store
func.func @computed(%a: !V, %c: !V) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "out"], tile.grid = affine_map<()[s0, s1] -> (1)>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %n = tile.size %a, 0 : !V
  scf.for %k = %c0 to %n step %c1 {
    %p = arith.muli %k, %c3 : index
    %x = tile.load %a[%p] map #row other 0.0 : bf16 : !V -> tensor<1024xbf16>
    %y = tile.load %a[%c1] map #row other 0.0 : bf16 : !V -> tensor<1024xbf16>
    %s = arith.addf %x, %y : tensor<1024xbf16>
    tile.store %s, %c[%k] map #row : tensor<1024xbf16>, !V
  }
  return
}

// What the loop writes may not be read before.
// CHECK-LABEL: func.func @written
// CHECK-NOT: tile.load
// CHECK: scf.for %{{.+}} = %c0 to %{{.+}} step %c1 {
func.func @written(%a: !F) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["inout"], tile.grid = affine_map<()[s0] -> (1)>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tile.size %a, 0 : !F
  scf.for %k = %c0 to %n step %c1 {
    %x = tile.load %a[%k] map #row other 0.0 : f32 : !F -> tensor<1024xf32>
    %s = arith.addf %x, %x : tensor<1024xf32>
    tile.store %s, %a[%k] map #row : tensor<1024xf32>, !F
  }
  return
}

// Where 128 registers of a thread hold the sum, there is no room.
// REMARK: remark: tile-prefetch-loads: rounds wait for this load because reading ahead would take 256 registers of a thread, or 256 with the round's other loads, more than 96 or 112
// CHECK-LABEL: func.func @large
// CHECK: scf.for %{{.+}} = %c0 to %{{.+}} step %c1 iter_args(%{{.+}} = %{{.+}}) ->
// CHECK-NEXT: tile.load
func.func @large(%a: !V, %c: !F) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "out"], tile.grid = affine_map<()[s0, s1] -> (1)>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tile.size %a, 0 : !V
  %zero = arith.constant dense<0.0> : tensor<16384xf32>
  %r = scf.for %k = %c0 to %n step %c1 iter_args(%acc = %zero) -> tensor<16384xf32> {
    %x = tile.load %a[%k] map #wide other 0.0 : bf16 : !V -> tensor<16384xbf16>
    %f = arith.extf %x : tensor<16384xbf16> to tensor<16384xf32>
    %s = arith.addf %acc, %f : tensor<16384xf32>
    scf.yield %s : tensor<16384xf32>
  }
  tile.store %r, %c[%c0] map #wide : tensor<16384xf32>, !F
  return
}

// A loop that the next place depends on.
// CHECK-LABEL: func.func @chased
// CHECK-NOT: tile.load
// CHECK: scf.for %{{.+}} = %c0 to %{{.+}} step %c1 iter_args(%{{.+}} = %c0) -> (index) {
func.func @chased(%a: !V, %c: !V) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "out"], tile.grid = affine_map<()[s0, s1] -> (1)>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tile.size %a, 0 : !V
  %r = scf.for %k = %c0 to %n step %c1 iter_args(%at = %c0) -> index {
    %x = tile.load %a[%at] map #row other 0.0 : bf16 : !V -> tensor<1024xbf16>
    tile.store %x, %c[%k] map #row : tensor<1024xbf16>, !V
    %next = arith.addi %at, %k : index
    scf.yield %next : index
  }
  return
}

// Where there is room for one of them, that one is read ahead which a dependent
// kernel need not wait for.
// REMARK: remark: tile-prefetch-loads: rounds wait for this load because reading ahead would take 128 registers of a thread, or 128 with the round's other loads, more than 96 or 112
// CHECK-LABEL: func.func @one
// CHECK: tile.load %arg1
// CHECK: scf.for
// CHECK: tile.load %arg1
// CHECK: tile.load %arg0
// CHECK-NOT: tile.load
func.func @one(%a: !F, %b: !V, %c: !F) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "settled in", "out"],
    tile.grid = affine_map<()[s0, s1, s2] -> (1)>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tile.size %a, 0 : !F
  %zero = arith.constant dense<0.0> : tensor<4096xf32>
  %r = scf.for %k = %c0 to %n step %c1 iter_args(%acc = %zero) -> tensor<4096xf32> {
    %x = tile.load %a[%k] map #four other 0.0 : f32 : !F -> tensor<4096xf32>
    %h = tile.load %b[%k] map #four other 0.0 : bf16 : !V -> tensor<4096xbf16>
    %y = arith.extf %h : tensor<4096xbf16> to tensor<4096xf32>
    %p = arith.mulf %x, %y : tensor<4096xf32>
    %s = arith.addf %acc, %p : tensor<4096xf32>
    scf.yield %s : tensor<4096xf32>
  }
  tile.store %r, %c[%c0] map #four : tensor<4096xf32>, !F
  return
}
