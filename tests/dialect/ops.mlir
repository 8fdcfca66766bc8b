// RUN: girih-opt %s | girih-opt | FileCheck %s
// RUN: girih-opt %s -mlir-print-op-generic | girih-opt | FileCheck %s

!a = !tile.view<element = bf16, sizes = [16, 1], strides = [16, 1], unit = 1, align = 16>
!b = !tile.view<element = f32, sizes = [1], strides = [1], unit = -1, align = 4>
!s = !tile.view<element = i1, sizes = [], strides = [], unit = -1, align = 1>

// CHECK: #[[$GRID:.+]] = affine_map<()[s0] -> ((s0 + 127) floordiv 128)>

// CHECK-LABEL: func.func @views
// CHECK-SAME: !tile.view<element = bf16, sizes = [16, 1], strides = [16, 1], unit = 1, align = 16>
// CHECK-SAME: !tile.view<element = f32, sizes = [1], strides = [1], unit = -1, align = 4>
// CHECK-SAME: !tile.view<element = i1, sizes = [], strides = [], unit = -1, align = 1>
func.func @views(%a: !a, %b: !b, %s: !s) {
  return
}

// CHECK-LABEL: func.func @kernel
// CHECK-SAME: tile.grid = #[[$GRID]]
// CHECK-SAME: tile.order = #tile.order<row_major, 1>
func.func @kernel(%x: !b) attributes {
    tile.kernel, tile.config = "", tile.directions = ["inout"], tile.index_bits = 32,
    tile.grid = affine_map<()[s0] -> ((s0 + 127) floordiv 128)>,
    tile.order = #tile.order<row_major, 1>} {
  // CHECK: [[P:%.+]] = tile.program_id 0
  // CHECK: [[N:%.+]] = tile.size %{{.+}}, 0 : !tile.view
  %p = tile.program_id 0
  %n = tile.size %x, 0 : !b
  // CHECK: [[T:%.+]] = tile.load %{{.+}}[[[P]], [[N]]] map #{{.+}} bounds #{{.+}} other 0.000000e+00 : f32
  // CHECK-SAME: -> tensor<128xf32>
  %t = tile.load %x[%p, %n] map affine_map<(d0)[s0, s1] -> (s0 * 128 + d0)>
    bounds affine_set<(d0)[s0, s1] : (s1 - s0 * 128 - d0 - 1 >= 0)>
    other 0.0 : f32 : !b -> tensor<128xf32>
  // CHECK: tile.store [[T]], %{{.+}}[[[P]]] map #{{[a-z0-9]+}} : tensor<128xf32>, !tile.view
  tile.store %t, %x[%p] map affine_map<(d0)[s0] -> (s0 * 128 + d0)> : tensor<128xf32>, !b
  return
}

// CHECK-LABEL: func.func @by_value
func.func @by_value(%s: !s) -> i1 {
  // CHECK: tile.value %{{.+}} : !tile.view<element = i1, sizes = [], strides = [], unit = -1, align = 1> -> i1
  %0 = tile.value %s : !s -> i1
  return %0 : i1
}

// CHECK-LABEL: func.func @dots
func.func @dots(%a: tensor<16x32xf16>, %b: tensor<32x8xf16>, %c: tensor<16x8xf32>,
                %p: tensor<4x4xf8E4M3FN>, %q: tensor<4x4xf8E5M2>, %r: tensor<4x4xf32>,
                %i: tensor<4x4xi8>, %j: tensor<4x4xi32>) {
  // CHECK: tile.dot %{{.+}} precision ieee : tensor<16x32xf16>, tensor<32x8xf16> -> tensor<16x8xf32>
  %0 = tile.dot %a, %b, %c precision ieee : tensor<16x32xf16>, tensor<32x8xf16> -> tensor<16x8xf32>
  // CHECK: tile.dot %{{.+}} precision tf32
  %1 = tile.dot %r, %r, %r precision tf32 : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
  // CHECK: tile.dot %{{.+}} : tensor<4x4xf8E4M3FN>, tensor<4x4xf8E5M2> -> tensor<4x4xf32>
  %2 = tile.dot %p, %q, %r precision ieee : tensor<4x4xf8E4M3FN>, tensor<4x4xf8E5M2> -> tensor<4x4xf32>
  // CHECK: tile.dot %{{.+}} precision ieee unsigned_b : tensor<4x4xi8>
  %3 = tile.dot %i, %i, %j precision ieee unsigned_b : tensor<4x4xi8>, tensor<4x4xi8> -> tensor<4x4xi32>
  return
}
