// RUN: girih-opt %s -tile-split-rounds="blocks=4" 2>&1 | FileCheck %s
// RUN: girih-opt %s -tile-split-rounds="blocks=1" 2>&1 | FileCheck %s --check-prefix=ONE
// RUN: girih-opt %s -tile-split-rounds="blocks=16" 2>&1 | FileCheck %s --check-prefix=MANY

#a = affine_map<(d0, d1)[s0] -> (d0, s0 * 64 + d1)>
#b = affine_map<(d0, d1)[s0] -> (s0 * 64 + d0, d1)>
#c = affine_map<(d0, d1) -> (d0, d1)>
#lane = affine_map<(d0)[s0] -> (d0 + s0)>
#inside = affine_set<(d0)[s0] : (s0 - d0 - 1 >= 0)>
#end = affine_map<(d0, d1)[s0] -> (d0, d1 + s0)>
#below = affine_set<(d0, d1)[s0] : (s0 - d1 - 1 >= 0)>
!R = !tile.view<element = f32, sizes = [16], strides = [1], unit = 0, align = 16>
!V = !tile.view<element = bf16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>
!F = !tile.view<element = f32, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>

// CHECK: remark: tile-split-rounds: rounds are not split: the kernel is not one loop that adds up products
// CHECK: [[$PART_OF:#.+]] = affine_map<(d0, d1)[s0] -> (d0, d1 + s0 * 16)>

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
// CHECK: %[[SUM:.+]] = tile.cluster_sum %[[PART]] of 4 : tensor<64x64xf32> -> tensor<64x16xf32>
// CHECK: tile.store %[[SUM]], %{{.+}}[%[[RANK]]] map [[$PART_OF]] : tensor<64x16xf32>
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

// What is added to rows or columns, and where tiles end, follows the columns.
// CHECK-LABEL: func.func @finished
// CHECK: %[[OF:.+]] = tile.cluster_rank of 4
// CHECK: tile.cluster_sum %{{.+}} of 4 : tensor<64x64xf32> -> tensor<64x16xf32>
// CHECK: arith.constant dense<2.000000e+00> : tensor<64x16xf32>
// CHECK: tile.load %{{.+}}[%{{.+}}, %[[OF]]] map #{{.+}} bounds #{{.+}} other {{.+}} -> tensor<16xf32>
// CHECK: tile.remap %{{.+}} map #{{.+}} : tensor<16xf32> -> tensor<64x16xf32>
// CHECK: tile.load %{{.+}}[%{{.+}}] map #{{.+}} other {{.+}} -> tensor<64xf32>
// CHECK: tile.remap %{{.+}} map #{{.+}} : tensor<64xf32> -> tensor<64x16xf32>
// CHECK: arith.truncf %{{.+}} : tensor<64x16xf32> to tensor<64x16xbf16>
// CHECK: tile.store %{{.+}}[%{{.+}}, %[[OF]]] map #{{.+}} bounds #{{.+}} : tensor<64x16xbf16>
// CHECK-NOT: tensor<64x64xbf16>, !tile
func.func @finished(%a: !V, %b: !V, %bias: !R, %c: !V) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "in", "in", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5, s6] -> (1)>} {
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
  %two = arith.constant dense<2.0> : tensor<64x64xf32>
  %twice = arith.mulf %r, %two : tensor<64x64xf32>
  %t = tile.load %bias[%n] map #lane bounds #inside other 0.0 : f32 : !R -> tensor<64xf32>
  %columns = tile.remap %t map affine_map<(d0, d1) -> (d1)> : tensor<64xf32> -> tensor<64x64xf32>
  %u = tile.load %bias[%n] map #lane other 0.0 : f32 : !R -> tensor<64xf32>
  %rows = tile.remap %u map affine_map<(d0, d1) -> (d0)> : tensor<64xf32> -> tensor<64x64xf32>
  %v = arith.addf %twice, %columns : tensor<64x64xf32>
  %w = arith.mulf %v, %rows : tensor<64x64xf32>
  %h = arith.truncf %w : tensor<64x64xf32> to tensor<64x64xbf16>
  tile.store %h, %c[%n] map #end bounds #below : tensor<64x64xbf16>, !V
  return
}

// What needs whole rows is done by the first block.
// CHECK-LABEL: func.func @whole
// CHECK: tile.cluster_sum %{{.+}} of 4 : tensor<64x64xf32> -> tensor<64x64xf32>
func.func @whole(%a: !V, %b: !V, %bias: !R, %c: !V) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "in", "in", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5, s6] -> (1)>} {
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
  %turned = tile.remap %r map affine_map<(d0, d1) -> (d1, d0)> : tensor<64x64xf32> -> tensor<64x64xf32>
  %both = arith.addf %r, %turned : tensor<64x64xf32>
  %h = arith.truncf %both : tensor<64x64xf32> to tensor<64x64xbf16>
  tile.store %h, %c[] map #c : tensor<64x64xbf16>, !V
  return
}

// So is what reads what it writes.
// CHECK-LABEL: func.func @updates
// CHECK: tile.cluster_sum %{{.+}} of 4 : tensor<64x64xf32> -> tensor<64x64xf32>
func.func @updates(%a: !V, %b: !V, %bias: !R, %c: !V) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "in", "in", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5, s6] -> (1)>} {
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
  %old = tile.load %c[] map #c other 0.0 : bf16 : !V -> tensor<64x64xbf16>
  %wide = arith.extf %old : tensor<64x64xbf16> to tensor<64x64xf32>
  %both = arith.addf %r, %wide : tensor<64x64xf32>
  %h = arith.truncf %both : tensor<64x64xf32> to tensor<64x64xbf16>
  tile.store %h, %c[] map #c : tensor<64x64xbf16>, !V
  return
}
