// RUN: girih-opt %s -tile-split-rounds="blocks=4" 2>&1 | FileCheck %s
// RUN: girih-opt %s -tile-split-rounds="blocks=1" 2>&1 | FileCheck %s --check-prefix=ONE
// RUN: girih-opt %s -tile-split-rounds="blocks=16" 2>&1 | FileCheck %s --check-prefix=MANY

#a = affine_map<(d0, d1)[s0] -> (d0, s0 * 64 + d1)>
#b = affine_map<(d0, d1)[s0] -> (s0 * 64 + d0, d1)>
#c = affine_map<(d0, d1) -> (d0, d1)>
!V = !tile.view<element = bf16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>
!F = !tile.view<element = f32, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>

// CHECK: remark: tile-split-rounds: rounds are not split: the kernel is not one loop that adds up products

// ONE-NOT: cluster
// MANY: remark: tile-split-rounds: rounds are split in 8, the most that a cluster has
// MANY: tile.cluster_sum %{{.+}} of 8

// CHECK-LABEL: func.func @product
// CHECK: %[[RANK:.+]] = tile.cluster_rank of 4
// CHECK: %[[WAY:.+]] = arith.subi %[[UPPER:.+]], %[[LOWER:.+]] : index
// CHECK: %[[ROUNDS:.+]] = arith.ceildivsi %[[WAY]], %[[STEP:.+]] : index
// CHECK: %[[EACH:.+]] = arith.ceildivsi %[[ROUNDS]], %c4
// CHECK: %[[STRIDE:.+]] = arith.muli %[[EACH]], %[[STEP]]
// CHECK: %[[SKIPPED:.+]] = arith.muli %[[RANK]], %[[STRIDE]]
// CHECK: %[[FIRST:.+]] = arith.addi %[[LOWER]], %[[SKIPPED]]
// CHECK: %[[NEXT:.+]] = arith.addi %[[FIRST]], %[[STRIDE]]
// CHECK: %[[END:.+]] = arith.minsi %[[NEXT]], %[[UPPER]]
// CHECK: %[[PART:.+]] = scf.for %{{.+}} = %[[FIRST]] to %[[END]] step %[[STEP]]
// CHECK: %[[SUM:.+]] = tile.cluster_sum %[[PART]] of 4 : tensor<64x64xf32>
// CHECK: tile.store %[[SUM]]
func.func @product(%a: !V, %b: !V, %c: !F) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "in", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5] -> (1)>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tile.size %b, 0 : !V
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %r = scf.for %k = %c0 to %n step %c1 iter_args(%acc = %zero) -> tensor<64x64xf32> {
    %x = tile.load %a[%k] map #a other 0.0 : bf16 : !V -> tensor<64x64xbf16>
    %y = tile.load %b[%k] map #b other 0.0 : bf16 : !V -> tensor<64x64xbf16>
    %d = tile.dot %x, %y, %acc precision ieee : tensor<64x64xbf16>, tensor<64x64xbf16> -> tensor<64x64xf32>
    scf.yield %d : tensor<64x64xf32>
  }
  tile.store %r, %c[] map #c : tensor<64x64xf32>, !F
  return
}

// Sums that do not begin with 0 would be added more than once.
// CHECK-LABEL: func.func @begun
// CHECK-NOT: cluster
func.func @begun(%a: !V, %b: !V, %c: !F) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "in", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5] -> (1)>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tile.size %b, 0 : !V
  %one = arith.constant dense<1.0> : tensor<64x64xf32>
  %r = scf.for %k = %c0 to %n step %c1 iter_args(%acc = %one) -> tensor<64x64xf32> {
    %x = tile.load %a[%k] map #a other 0.0 : bf16 : !V -> tensor<64x64xbf16>
    %y = tile.load %b[%k] map #b other 0.0 : bf16 : !V -> tensor<64x64xbf16>
    %d = tile.dot %x, %y, %acc precision ieee : tensor<64x64xbf16>, tensor<64x64xbf16> -> tensor<64x64xf32>
    scf.yield %d : tensor<64x64xf32>
  }
  tile.store %r, %c[] map #c : tensor<64x64xf32>, !F
  return
}
