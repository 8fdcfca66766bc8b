// RUN: girih-opt %s -tile-promote-dots="warps=4 capability=90" | FileCheck %s
// RUN: girih-opt %s -tile-promote-dots="warps=4 capability=89" | FileCheck %s --check-prefix=OLD

#a = affine_map<(d0, d1)[s0] -> (d0, s0 * 128 + d1)>
#b = affine_map<(d0, d1)[s0] -> (d1, s0 * 128 + d0)>
#c = affine_map<(d0, d1) -> (d0, d1)>
!V = !tile.view<element = f8E4M3FN, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>
!F = !tile.view<element = f32, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>

// CHECK-LABEL: func.func @sums
// CHECK: scf.for {{.*}} iter_args(%[[ACC:.+]] = %{{.+}})
// CHECK: %[[PART:.+]] = tile.dot %{{.+}}, %{{.+}}, %[[ZERO:cst.*]] precision
// CHECK: %[[SUM:.+]] = arith.addf %[[ACC]], %[[PART]]
// CHECK: scf.yield %[[SUM]]

// OLD-LABEL: func.func @sums
// OLD: scf.for {{.*}} iter_args(%[[ACC:.+]] = %{{.+}})
// OLD: %[[SUM:.+]] = tile.dot %{{.+}}, %{{.+}}, %[[ACC]] precision
// OLD: scf.yield %[[SUM]]
func.func @sums(%a: !V, %b: !V, %c: !F) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "in", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5] -> (1)>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %start = arith.constant dense<1.0> : tensor<64x64xf32>
  %sum = scf.for %k = %c0 to %c8 step %c1 iter_args(%acc = %start) -> tensor<64x64xf32> {
    %x = tile.load %a[%k] map #a other 0.0 : f8E4M3FN : !V -> tensor<64x128xf8E4M3FN>
    %y = tile.load %b[%k] map #b other 0.0 : f8E4M3FN : !V -> tensor<128x64xf8E4M3FN>
    %d = tile.dot %x, %y, %acc precision ieee : tensor<64x128xf8E4M3FN>, tensor<128x64xf8E4M3FN> -> tensor<64x64xf32>
    scf.yield %d : tensor<64x64xf32>
  }
  tile.store %sum, %c[] map #c : tensor<64x64xf32>, !F
  return
}
