// RUN: girih-opt %s -tile-assign-layouts="warps=4 capability=90" -tile-overlap-dots="stages=4" | FileCheck %s
// RUN: girih-opt %s -tile-assign-layouts="warps=4 capability=90" -tile-overlap-dots="stages=2" | FileCheck %s --check-prefix=TWO
// RUN: girih-opt %s -tile-assign-layouts="warps=4 capability=80" -tile-overlap-dots="stages=4" | FileCheck %s --check-prefix=OLD
// RUN: girih-opt %s -tile-assign-layouts="warps=4 capability=90" -tile-overlap-dots="stages=4" -tile-pipeline-loads="stages=4 warps=4" | FileCheck %s --check-prefix=RING

#a = affine_map<(d0, d1)[s0] -> (d0, s0 * 32 + d1)>
#b = affine_map<(d0, d1)[s0] -> (s0 * 32 + d0, d1)>
#c = affine_map<(d0, d1) -> (d0, d1)>
!V = !tile.view<element = bf16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>
!F = !tile.view<element = f32, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>

// CHECK-LABEL: func.func @sums
// CHECK: %[[FLYING:.+]] = scf.for
// CHECK: %[[D:.+]] = tile.dot {{.*}} in_flight
// CHECK-NEXT: tile.dot_wait 1
// CHECK-NEXT: scf.yield %[[D]]
// CHECK: %[[SUM:.+]] = tile.dot_wait 0(%[[FLYING]]
// CHECK: tile.store %{{.+}}

// Without memory to copy into meanwhile a round waits for its own.
// TWO-LABEL: func.func @sums
// TWO: %[[D:.+]] = tile.dot {{.*}} in_flight
// TWO-NEXT: %[[E:.+]] = tile.dot_wait 0(%[[D]]
// TWO-NEXT: scf.yield %[[E]]

// OLD-LABEL: func.func @sums
// OLD-NOT: in_flight
// OLD-NOT: dot_wait

// Copies are two rounds ahead of four: the last round's tiles are being read.
// RING-LABEL: func.func @sums
// RING-COUNT-2: scf.if
// RING: scf.for {{.*}} %[[WRITE:[a-z0-9]+]] = %c2
// RING-NEXT: tile.async_wait 1
// RING: tile.copy_async
// RING: tile.async_commit
// RING: tile.dot {{.*}} in_flight
// RING: tile.dot_wait 1
func.func @sums(%a: !V, %b: !V, %c: !F) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "in", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5] -> (1)>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %rounds = tile.size %a, 1 : !V
  %start = arith.constant dense<0.0> : tensor<64x64xf32>
  %sum = scf.for %k = %c0 to %rounds step %c1 iter_args(%acc = %start) -> tensor<64x64xf32> {
    %x = tile.load %a[%k] map #a other 0.0 : bf16 : !V -> tensor<64x32xbf16>
    %y = tile.load %b[%k] map #b other 0.0 : bf16 : !V -> tensor<32x64xbf16>
    %d = tile.dot %x, %y, %acc precision ieee : tensor<64x32xbf16>, tensor<32x64xbf16> -> tensor<64x64xf32>
    scf.yield %d : tensor<64x64xf32>
  }
  tile.store %sum, %c[] map #c : tensor<64x64xf32>, !F
  return
}
