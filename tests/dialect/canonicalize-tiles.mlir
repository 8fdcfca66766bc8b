// RUN: girih-opt %s -canonicalize -cse -split-input-file | FileCheck %s

// CHECK-LABEL: func.func @identity
// CHECK-SAME: [[X:%.+]]: tensor<4x8xf32>
func.func @identity(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // CHECK-NEXT: return [[X]]
  %0 = tile.remap %x map affine_map<(d0, d1) -> (d0, d1)> : tensor<4x8xf32> -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// -----

// The identity map on a part of the tile is no identity.
// CHECK-LABEL: func.func @part
func.func @part(%x: tensor<4x8xf32>) -> tensor<2x8xf32> {
  // CHECK: tile.remap
  %0 = tile.remap %x map affine_map<(d0, d1) -> (d0, d1)> : tensor<4x8xf32> -> tensor<2x8xf32>
  return %0 : tensor<2x8xf32>
}

// -----

// CHECK-LABEL: func.func @constant
func.func @constant() -> (tensor<2x3xf32>, tensor<4xi1>) {
  // CHECK-DAG: arith.constant dense<1.500000e+00> : tensor<2x3xf32>
  // CHECK-DAG: arith.constant dense<true> : tensor<4xi1>
  // CHECK-NOT: tile.remap
  %c = arith.constant dense<1.5> : tensor<3x1xf32>
  %d = arith.constant dense<true> : tensor<1xi1>
  %0 = tile.remap %c map affine_map<(d0, d1) -> (d1, 0)> : tensor<3x1xf32> -> tensor<2x3xf32>
  %1 = tile.remap %d map affine_map<(d0) -> (0)> : tensor<1xi1> -> tensor<4xi1>
  return %0, %1 : tensor<2x3xf32>, tensor<4xi1>
}

// -----

// CHECK-LABEL: func.func @splat
// CHECK-SAME: [[S:%.+]]: f32
func.func @splat(%s: f32) -> tensor<2x3xf32> {
  // CHECK: tensor.splat [[S]] : tensor<2x3xf32>
  // CHECK-NOT: tile.remap
  %c = tensor.splat %s : tensor<1x3xf32>
  %0 = tile.remap %c map affine_map<(d0, d1) -> (0, d1)> : tensor<1x3xf32> -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

// Reversing the columns of a transposed tile: one remap.
// CHECK: #[[$MAP:.+]] = affine_map<(d0, d1) -> (-d1 + 3, d0)>
// CHECK-LABEL: func.func @composed
// CHECK-SAME: [[X:%.+]]: tensor<4x8xf32>
func.func @composed(%x: tensor<4x8xf32>) -> tensor<8x4xf32> {
  // CHECK: tile.remap [[X]] map #[[$MAP]] : tensor<4x8xf32> -> tensor<8x4xf32>
  // CHECK-NOT: tile.remap
  %0 = tile.remap %x map affine_map<(d0, d1) -> (d1, d0)> : tensor<4x8xf32> -> tensor<8x4xf32>
  %1 = tile.remap %0 map affine_map<(d0, d1) -> (d0, 3 - d1)> : tensor<8x4xf32> -> tensor<8x4xf32>
  return %1 : tensor<8x4xf32>
}

// -----

// Twice transposed is not moved at all.
// CHECK-LABEL: func.func @undone
// CHECK-SAME: [[X:%.+]]: tensor<4x8xf32>
func.func @undone(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // CHECK-NEXT: return [[X]]
  %0 = tile.remap %x map affine_map<(d0, d1) -> (d1, d0)> : tensor<4x8xf32> -> tensor<8x4xf32>
  %1 = tile.remap %0 map affine_map<(d0, d1) -> (d1, d0)> : tensor<8x4xf32> -> tensor<4x8xf32>
  return %1 : tensor<4x8xf32>
}

// -----

// Numbers of lanes are counted where they end up.
// CHECK: #[[$MAP:.+]] = affine_map<(d0, d1)[s0] -> (d1 + s0 * 8)>
// CHECK-LABEL: func.func @counted
// CHECK-SAME: [[P:%.+]]: index
func.func @counted(%p: index) -> tensor<4x8xi64> {
  // CHECK: tile.coordinate{{.}}[[P]]] map #[[$MAP]] : tensor<4x8xi64>
  // CHECK-NOT: tile.remap
  %0 = tile.coordinate [%p] map affine_map<(d0)[s0] -> (s0 * 8 + d0)> : tensor<8xi64>
  %1 = tile.remap %0 map affine_map<(d0, d1) -> (d1)> : tensor<8xi64> -> tensor<4x8xi64>
  return %1 : tensor<4x8xi64>
}

// -----

!v = !tile.view<element = i32, sizes = [1], strides = [1], unit = 0, align = 4>

// Two gathers are one, unless something writes between them.
// CHECK-LABEL: func.func @gathers
func.func @gathers(%x: !v, %i: tensor<8xi32>) -> (tensor<8xi32>, tensor<8xi32>, tensor<8xi32>, tensor<8xi32>) {
  // CHECK: [[A:%.+]] = tile.gather
  // CHECK-NEXT: tile.scatter
  // CHECK-NEXT: [[C:%.+]] = tile.gather
  // CHECK-NEXT: tile.atomic
  // CHECK-NEXT: [[D:%.+]] = tile.gather
  // CHECK-NEXT: return [[A]], [[A]], [[C]], [[D]]
  %a = tile.gather %x[%i : tensor<8xi32>] other 0 : i32 : !v -> tensor<8xi32>
  %b = tile.gather %x[%i : tensor<8xi32>] other 0 : i32 : !v -> tensor<8xi32>
  tile.scatter %i, %x[%i : tensor<8xi32>] : tensor<8xi32>, !v
  %c = tile.gather %x[%i : tensor<8xi32>] other 0 : i32 : !v -> tensor<8xi32>
  %old = tile.atomic add %i, %x[%i : tensor<8xi32>] other 0 : i32 : tensor<8xi32>, !v -> tensor<8xi32>
  %d = tile.gather %x[%i : tensor<8xi32>] other 0 : i32 : !v -> tensor<8xi32>
  return %a, %b, %c, %d : tensor<8xi32>, tensor<8xi32>, tensor<8xi32>, tensor<8xi32>
}

// -----

!v = !tile.view<element = i32, sizes = [1], strides = [1], unit = 0, align = 4>

// What has an effect stays without a use, and happens as often as it stands.
// CHECK-LABEL: func.func @effects
func.func @effects(%x: !v, %i: tensor<8xi32>, %c: i1) {
  // CHECK-COUNT-2: tile.atomic
  // CHECK-COUNT-2: tile.print
  // CHECK-COUNT-2: tile.assert
  // CHECK-NOT: tile.gather
  // CHECK-NOT: tile.sort
  // CHECK: return
  %0 = tile.atomic add %i, %x[%i : tensor<8xi32>] other 0 : i32 : tensor<8xi32>, !v -> tensor<8xi32>
  %1 = tile.atomic add %i, %x[%i : tensor<8xi32>] other 0 : i32 : tensor<8xi32>, !v -> tensor<8xi32>
  tile.print "i" %i unsigned [false] : tensor<8xi32>
  tile.print "i" %i unsigned [false] : tensor<8xi32>
  tile.assert %c, "a" : i1
  tile.assert %c, "b" : i1
  %2 = tile.gather %x[%i : tensor<8xi32>] other 0 : i32 : !v -> tensor<8xi32>
  %3 = tile.sort %i dim 0 : tensor<8xi32> -> tensor<8xi32>
  return
}

// -----

// Equal regions make equal reductions.
// CHECK-LABEL: func.func @reductions
func.func @reductions(%x: tensor<8xf32>) -> (f32, f32, f32) {
  // CHECK: [[A:%.+]] = tile.reduce
  // CHECK: [[C:%.+]] = tile.reduce
  // CHECK-NOT: tile.reduce
  // CHECK: return [[A]], [[A]], [[C]]
  %a = tile.reduce %x dim 0 : tensor<8xf32> -> f32 {
  ^bb0(%l: f32, %r: f32):
    %s = arith.addf %l, %r : f32
    tile.yield %s : f32
  }
  %b = tile.reduce %x dim 0 : tensor<8xf32> -> f32 {
  ^bb0(%l: f32, %r: f32):
    %s = arith.addf %l, %r : f32
    tile.yield %s : f32
  }
  %c = tile.reduce %x dim 0 : tensor<8xf32> -> f32 {
  ^bb0(%l: f32, %r: f32):
    %s = arith.mulf %l, %r : f32
    tile.yield %s : f32
  }
  return %a, %b, %c : f32, f32, f32
}
