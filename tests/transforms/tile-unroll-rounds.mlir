// RUN: girih-opt %s -tile-assign-layouts="warps=4 capability=90" -tile-defer-sums -tile-overlap-dots="stages=4" -tile-unroll-rounds | FileCheck %s

#a = affine_map<(d0, d1)[s0] -> (d0, s0 * 64 + d1)>
#b = affine_map<(d0, d1)[s0] -> (d1, s0 * 64 + d0)>
#c = affine_map<(d0, d1) -> (d0, d1)>
!V = !tile.view<element = bf16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>
!F = !tile.view<element = f32, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>

// Rounds that are left over, then four at a time, which take turns with two
// sets of registers.
// CHECK-LABEL: func.func @promoted
// CHECK: %[[ODD:.+]] = arith.remsi %{{.+}}, %c4
// CHECK: %[[MIDDLE:.+]] = arith.addi
// CHECK: %[[FIRST:.+]]:2 = scf.for %{{.+}} = %c0 to %[[MIDDLE]] step %c1
// CHECK-COUNT-1: tile.dot
// CHECK: %[[FOUR:.+]] = arith.muli %c1{{.*}}, %c4
// CHECK: scf.for %[[K:.+]] = %[[MIDDLE]] to %{{.+}} step %[[FOUR]] iter_args(%{{.+}} = %[[FIRST]]#0, %{{.+}} = %[[FIRST]]#1)
// CHECK: %[[D:.+]] = tile.dot {{.*}} in_flight
// CHECK: %[[H:[0-9]+]] = tile.hold %{{[0-9]+}} :
// CHECK: %[[W:[0-9]+]] = tile.dot_wait 0(%[[D]]
// CHECK: %[[NEXT:.+]] = arith.addi %[[K]], %c1
// CHECK: tile.load %{{.+}}[%[[NEXT]]]
// CHECK: tile.dot {{.*}} in_flight
// CHECK: %[[B:.+]]:2 = tile.hold %[[H]], %[[W]]
// CHECK: arith.addf %[[B]]#0, %[[B]]#1
// CHECK-COUNT-2: tile.dot {{.*}} in_flight
// CHECK-NOT: tile.dot %

// Rounds that hand on sums stay as they are.
// CHECK-LABEL: func.func @plain
// CHECK: scf.for
// CHECK-COUNT-1: tile.dot
// CHECK-NOT: tile.dot %
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
