// RUN: girih-opt %s -tile-assign-layouts="warps=16 capability=80" -tile-keep-tiles="warps=16 capability=80" | FileCheck %s
// RUN: girih-opt %s -tile-assign-layouts="warps=8 capability=80" -tile-keep-tiles="warps=8 capability=80" | FileCheck %s --check-prefix=FEW

#tile = affine_map<(d0)[s0, s1] -> (s0 * 65536 + s1 * 4096 + d0)>
#one = affine_map<(d0)[s0] -> (s0 * 4096 + d0)>
!V = !tile.view<element = f32, sizes = [4096], strides = [1], unit = 0, align = 16>

// 81 KiB of an A100's shared memory are for 16 warps: five tiles of 16 KiB.
// Backwards the kept rounds come last, forwards first.
// CHECK-LABEL: func.func @twice
// CHECK: %[[N:.+]] = tile.size
// CHECK: %[[MEMORY:.+]] = tile.alloc_shared : <[4096], f32, <"rank = 1, repeat = [offset 4096 along 0, stage 5]">>
// CHECK: %[[SLOTS:.+]] = arith.constant 5 : index
// CHECK: tile.async_wait 0
// CHECK: scf.for %[[K:.+]] = %c0 to %[[N]] step
// CHECK-NEXT: %[[X:.+]] = tile.load %arg0
// CHECK-NEXT: %[[HAS:.+]] = arith.cmpi slt, %[[K]], %[[SLOTS]]
// CHECK-NEXT: scf.if %[[HAS]] {
// CHECK-NEXT: tile.keep %[[X]] in %[[MEMORY]][%[[K]]]
// CHECK: %[[LEFT:.+]] = arith.subi %[[N]], %[[SLOTS]]
// CHECK-NEXT: %[[OTHERS:.+]] = arith.maxsi %[[LEFT]], %{{.+}}
// CHECK-NEXT: scf.for %{{.+}} = %c0 to %[[OTHERS]] step
// CHECK: tile.load %arg0
// CHECK: tile.store
// CHECK: scf.for %[[R:.+]] = %[[OTHERS]] to %[[N]] step
// CHECK: %[[AT:.+]] = arith.subi %{{.+}}, %[[R]]
// CHECK-NEXT: tile.kept %[[MEMORY]][%[[AT]]]
// CHECK-NOT: tile.load
// CHECK: tile.store
// CHECK: %[[FIRST:.+]] = arith.minsi %[[N]], %[[SLOTS]]
// CHECK-NEXT: %[[PART:.+]] = scf.for %[[F:.+]] = %c0 to %[[FIRST]] step %{{.+}} iter_args
// CHECK-NEXT: tile.kept %[[MEMORY]][%[[F]]]
// CHECK: scf.for %{{.+}} = %[[FIRST]] to %[[N]] step %{{.+}} iter_args(%{{.+}} = %[[PART]])
// CHECK: tile.load %arg0
// Other programs of fewer warps read meanwhile.
// FEW-LABEL: func.func @twice
// FEW-NOT: tile.keep
func.func @twice(%a: !V, %c: !V) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "out"], tile.grid = affine_map<()[s0, s1] -> (s1)>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %m1 = arith.constant -1 : index
  %p = tile.program_id 0
  %n = tile.size %a, 0 : !V
  %zero = arith.constant dense<0.0> : tensor<4096xf32>
  %sum = scf.for %k = %c0 to %n step %c1 iter_args(%acc = %zero) -> tensor<4096xf32> {
    %x = tile.load %a[%p, %k] map #tile other 0.0 : f32 : !V -> tensor<4096xf32>
    %y = arith.addf %acc, %x : tensor<4096xf32>
    scf.yield %y : tensor<4096xf32>
  }
  scf.for %k = %c0 to %n step %c1 {
    %last = arith.addi %n, %m1 : index
    %at = arith.subi %last, %k : index
    %x = tile.load %a[%p, %at] map #tile other 0.0 : f32 : !V -> tensor<4096xf32>
    %y = arith.addf %sum, %x : tensor<4096xf32>
    tile.store %y, %c[%p, %at] map #tile : tensor<4096xf32>, !V
  }
  %all = scf.for %k = %c0 to %n step %c1 iter_args(%acc = %sum) -> tensor<4096xf32> {
    %x = tile.load %a[%p, %k] map #tile other 0.0 : f32 : !V -> tensor<4096xf32>
    %y = arith.mulf %acc, %x : tensor<4096xf32>
    scf.yield %y : tensor<4096xf32>
  }
  tile.store %all, %c[%p] map #one : tensor<4096xf32>, !V
  return
}

// What the kernel writes, what is at another place, and rounds that are not
// those of the first loop.
// CHECK-LABEL: func.func @others
// CHECK-NOT: tile.keep
func.func @others(%a: !V, %b: !V, %c: !V) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "in", "inout"], tile.grid = affine_map<()[s0, s1, s2] -> (s1)>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %p = tile.program_id 0
  %n = tile.size %a, 0 : !V
  %m = tile.size %b, 0 : !V
  %zero = arith.constant dense<0.0> : tensor<4096xf32>
  %sum = scf.for %k = %c0 to %n step %c1 iter_args(%acc = %zero) -> tensor<4096xf32> {
    %x = tile.load %a[%p, %k] map #tile other 0.0 : f32 : !V -> tensor<4096xf32>
    %z = tile.load %c[%p, %k] map #tile other 0.0 : f32 : !V -> tensor<4096xf32>
    %y = arith.addf %x, %z : tensor<4096xf32>
    %w = arith.addf %acc, %y : tensor<4096xf32>
    scf.yield %w : tensor<4096xf32>
  }
  scf.for %k = %c0 to %n step %c1 {
    %at = arith.addi %k, %c1 : index
    %x = tile.load %a[%p, %at] map #tile other 0.0 : f32 : !V -> tensor<4096xf32>
    %z = tile.load %c[%p, %k] map #tile other 0.0 : f32 : !V -> tensor<4096xf32>
    %y = arith.addf %x, %z : tensor<4096xf32>
    %w = arith.addf %sum, %y : tensor<4096xf32>
    tile.store %w, %c[%p, %k] map #tile : tensor<4096xf32>, !V
  }
  scf.for %k = %c0 to %m step %c1 {
    %x = tile.load %a[%p, %k] map #tile other 0.0 : f32 : !V -> tensor<4096xf32>
    %y = arith.addf %sum, %x : tensor<4096xf32>
    tile.store %y, %c[%p, %k] map #tile : tensor<4096xf32>, !V
  }
  scf.for %k = %c0 to %n step %c2 {
    %x = tile.load %a[%p, %k] map #tile other 0.0 : f32 : !V -> tensor<4096xf32>
    %y = arith.addf %sum, %x : tensor<4096xf32>
    tile.store %y, %c[%p, %k] map #tile : tensor<4096xf32>, !V
  }
  return
}
