// RUN: girih-opt %s -tile-assign-layouts="warps=4 capability=90" -tile-overlap-dots="stages=4" -tile-specialise-warps="stages=4 warps=4" -tile-test-ahead | FileCheck %s
// RUN: girih-opt %s -tile-assign-layouts="warps=4 capability=90" -tile-defer-sums="warps=4" -tile-overlap-dots="stages=4" -tile-specialise-warps="stages=4 warps=4" -tile-test-ahead | FileCheck %s --check-prefix=DEFER

#a = affine_map<(d0, d1)[s0] -> (d0, s0 * 64 + d1)>
#b = affine_map<(d0, d1)[s0] -> (d1, s0 * 64 + d0)>
#c = affine_map<(d0, d1) -> (d0, d1)>
!V = !tile.view<element = bf16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>
!F = !tile.view<element = f32, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>

// Asked behind the dot, ahead of the sums. Who copies asks nothing.
// CHECK-LABEL: func.func @promoted
// CHECK: %[[FULL:.+]] = tile.alloc_barriers
// CHECK: tile.producer
// CHECK-NOT: tile.barrier_test
// CHECK: %[[NEVER:.+]] = arith.constant false
// CHECK: scf.for {{.*}}, %[[STAGE:[^ ]+]] = %{{[^ ]+}}, %[[PHASE:[^ ]+]] = %{{[^ ]+}}, %[[THERE:[^ ]+]] = %[[NEVER]])
// CHECK: tile.barrier_wait %[[FULL]][%[[STAGE]]] phase %[[PHASE]] unless %[[THERE]]
// CHECK: tile.dot {{.*}} in_flight
// CHECK: tile.dot_wait 0
// CHECK: %[[AFTER:.+]] = arith.select {{.*}} : index
// CHECK: %[[LATER:.+]] = arith.select {{.*}} : index
// CHECK: %[[ENDED:.+]] = tile.barrier_test %[[FULL]][%[[AFTER]]] phase %[[LATER]]
// CHECK: arith.addf
// CHECK: scf.yield {{.*}}, %[[AFTER]], %[[LATER]], %[[ENDED]]

// Where sums are another round's they end behind the question.
// DEFER-LABEL: func.func @promoted
// DEFER: tile.barrier_wait {{.*}} unless
// DEFER: tile.dot {{.*}} in_flight
// DEFER: tile.hold
// DEFER: arith.addf
// DEFER: tile.barrier_test
// DEFER-NEXT: tile.hold
// DEFER: tile.dot_wait 0

// Units that add up by themselves are not waited for.
// CHECK-LABEL: func.func @plain
// CHECK-NOT: tile.barrier_test
// CHECK: return
func.func @promoted(%a: !V, %b: !V, %c: !F) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "in", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5] -> (1)>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %rounds = tile.size %a, 1 : !V
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %sum = scf.for %k = %c0 to %rounds step %c1 iter_args(%acc = %zero) -> tensor<64x64xf32> {
    %x = tile.load %a[%k] map #a other 0.0 : bf16 : !V -> tensor<64x64xbf16>
    %y = tile.load %b[%k] map #b other 0.0 : bf16 : !V -> tensor<64x64xbf16>
    %d = tile.dot %x, %y, %zero precision ieee : tensor<64x64xbf16>, tensor<64x64xbf16> -> tensor<64x64xf32>
    %e = arith.addf %acc, %d : tensor<64x64xf32>
    scf.yield %e : tensor<64x64xf32>
  }
  tile.store %sum, %c[] map #c : tensor<64x64xf32>, !F
  return
}

func.func @plain(%a: !V, %b: !V, %c: !F) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "in", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5] -> (1)>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %rounds = tile.size %a, 1 : !V
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %sum = scf.for %k = %c0 to %rounds step %c1 iter_args(%acc = %zero) -> tensor<64x64xf32> {
    %x = tile.load %a[%k] map #a other 0.0 : bf16 : !V -> tensor<64x64xbf16>
    %y = tile.load %b[%k] map #b other 0.0 : bf16 : !V -> tensor<64x64xbf16>
    %d = tile.dot %x, %y, %acc precision ieee : tensor<64x64xbf16>, tensor<64x64xbf16> -> tensor<64x64xf32>
    scf.yield %d : tensor<64x64xf32>
  }
  tile.store %sum, %c[] map #c : tensor<64x64xf32>, !F
  return
}
