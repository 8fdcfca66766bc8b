// RUN: girih-opt %s -tile-elide-bounds -canonicalize -split-input-file | FileCheck %s

// 16 divides the size and the grid is its 16th part: nothing is left to check.
!v = !tile.view<element = f32, sizes = [16], strides = [1], unit = 0, align = 16>
// CHECK-LABEL: func.func @divisible
func.func @divisible(%x: !v) attributes {
    tile.kernel, tile.config = "", tile.directions = ["inout"], tile.index_bits = 32,
    tile.grid = affine_map<()[s0] -> ((s0 + 15) floordiv 16)>, tile.order = #tile.order<row_major, 1>} {
  %p = tile.program_id 0
  %n = tile.size %x, 0 : !v
  // CHECK: tile.load %{{[^[]+}}[%{{[^],]+}}] map #{{[a-z0-9]+}} other
  %t = tile.load %x[%p, %n] map affine_map<(d0)[s0, s1] -> (s0 * 16 + d0)>
    bounds affine_set<(d0)[s0, s1] : (s1 - s0 * 16 - d0 - 1 >= 0, s0 * 16 + d0 >= 0)>
    other 0.0 : f32 : !v -> tensor<16xf32>
  // CHECK: tile.store {{.+}} map #{{[a-z0-9]+}} : tensor
  tile.store %t, %x[%p, %n] map affine_map<(d0)[s0, s1] -> (s0 * 16 + d0)>
    bounds affine_set<(d0)[s0, s1] : (s1 - s0 * 16 - d0 - 1 >= 0)> : tensor<16xf32>, !v
  return
}

// -----

// Nothing is known of the size: only the lower bound is provable.
!v = !tile.view<element = f32, sizes = [1], strides = [1], unit = 0, align = 16>
// CHECK: #[[$SET:.+]] = affine_set<(d0)[s0, s1] : (-d0 + s0 - s1 * 16 - 1 >= 0)>
// CHECK-LABEL: func.func @ragged
func.func @ragged(%x: !v) attributes {
    tile.kernel, tile.config = "", tile.directions = ["inout"], tile.index_bits = 32,
    tile.grid = affine_map<()[s0] -> ((s0 + 15) floordiv 16)>, tile.order = #tile.order<row_major, 1>} {
  %p = tile.program_id 0
  %n = tile.size %x, 0 : !v
  // CHECK: tile.load {{.+}} bounds #[[$SET]] other
  %t = tile.load %x[%n, %p] map affine_map<(d0)[s0, s1] -> (s1 * 16 + d0)>
    bounds affine_set<(d0)[s0, s1] : (s0 - s1 * 16 - d0 - 1 >= 0, s1 * 16 + d0 >= 0)>
    other 0.0 : f32 : !v -> tensor<16xf32>
  // CHECK: tile.store {{.+}} bounds
  tile.store %t, %x[%p, %n] map affine_map<(d0)[s0, s1] -> (s0 * 16 + d0)>
    bounds affine_set<(d0)[s0, s1] : (s1 - s0 * 16 - d0 - 1 >= 0)> : tensor<16xf32>, !v
  return
}

// -----

// A grid that overshoots (size / 16 + 1 programs): the bound must stay.
!v = !tile.view<element = f32, sizes = [16], strides = [1], unit = 0, align = 16>
// CHECK-LABEL: func.func @overshoot
func.func @overshoot(%x: !v) attributes {
    tile.kernel, tile.config = "", tile.directions = ["inout"], tile.index_bits = 32,
    tile.grid = affine_map<()[s0] -> (s0 floordiv 16 + 1)>, tile.order = #tile.order<row_major, 1>} {
  %p = tile.program_id 0
  %n = tile.size %x, 0 : !v
  // CHECK: tile.load {{.+}} bounds
  %t = tile.load %x[%p, %n] map affine_map<(d0)[s0, s1] -> (s0 * 16 + d0)>
    bounds affine_set<(d0)[s0, s1] : (s1 - s0 * 16 - d0 - 1 >= 0)>
    other 0.0 : f32 : !v -> tensor<16xf32>
  // CHECK: tile.store {{.+}} bounds
  tile.store %t, %x[%p, %n] map affine_map<(d0)[s0, s1] -> (s0 * 16 + d0)>
    bounds affine_set<(d0)[s0, s1] : (s1 - s0 * 16 - d0 - 1 >= 0)> : tensor<16xf32>, !v
  return
}

// -----

// A loop over the 16-element pieces of a row.
!v = !tile.view<element = f32, sizes = [16], strides = [1], unit = 0, align = 16>
// CHECK-LABEL: func.func @loop
func.func @loop(%x: !v, %zero: tensor<16xf32>) -> tensor<16xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c15 = arith.constant 15 : index
  %c16 = arith.constant 16 : index
  %n = tile.size %x, 0 : !v
  %up = arith.addi %n, %c15 : index
  %count = arith.floordivsi %up, %c16 : index
  %sum = scf.for %k = %c0 to %count step %c1 iter_args(%acc = %zero) -> tensor<16xf32> {
    // CHECK: tile.load %{{[^[]+}}[%{{[^],]+}}] map #{{[a-z0-9]+}} other
    %t = tile.load %x[%k, %n] map affine_map<(d0)[s0, s1] -> (s0 * 16 + d0)>
      bounds affine_set<(d0)[s0, s1] : (s1 - s0 * 16 - d0 - 1 >= 0)>
      other 0.0 : f32 : !v -> tensor<16xf32>
    %next = arith.addf %acc, %t : tensor<16xf32>
    scf.yield %next : tensor<16xf32>
  }
  return %sum : tensor<16xf32>
}

// -----

// What a kernel asks of lanes itself: the first of the two always holds.
!v = !tile.view<element = f32, sizes = [16], strides = [1], unit = 0, align = 16>
// CHECK-LABEL: func.func @asked
func.func @asked(%x: !v, %p: index, %a: tensor<16xf32>) -> tensor<16xf32> attributes {tile.index_bits = 32} {
  %n = tile.size %x, 0 : !v
  %zero = arith.constant dense<0> : tensor<16xi64>
  %none = arith.constant dense<0.0> : tensor<16xf32>
  %at = tile.coordinate[%n] map affine_map<(d0)[s0] -> (s0 * 16 + d0)> : tensor<16xi64>
  %from = arith.cmpi sge, %at, %zero : tensor<16xi64>
  // CHECK: %[[LEFT:.+]] = tile.coordinate[{{.+}}] map #{{.+}} : tensor<16xi32>
  %left = tile.coordinate[%p, %n] map affine_map<(d0)[s0, s1] -> (s1 - s0 * 16 - d0 - 1)> : tensor<16xi64>
  // CHECK: %[[TO:.+]] = arith.cmpi sge, %[[LEFT]], %{{.+}} : tensor<16xi32>
  %to = arith.cmpi sge, %left, %zero : tensor<16xi64>
  // CHECK: arith.select %[[TO]]
  %both = arith.andi %from, %to : tensor<16xi1>
  %y = arith.select %both, %a, %none : tensor<16xi1>, tensor<16xf32>
  return %y : tensor<16xf32>
}
