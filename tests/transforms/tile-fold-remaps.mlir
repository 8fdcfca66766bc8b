// RUN: girih-opt %s -tile-fold-remaps | FileCheck %s

!V = !tile.view<element = bf16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>
#load = affine_map<(d0, d1)[s0, s1] -> (s0 * 64 + d0, d1)>
#set = affine_set<(d0, d1)[s0, s1] : (s1 - s0 * 64 - d0 - 1 >= 0)>
#store = affine_map<(d0, d1) -> (d0, d1)>

// A permutation is another way to read; its bounds turn with it.
// CHECK: #[[$MAP:.+]] = affine_map<(d0, d1)[s0, s1] -> (d1 + s0 * 64, d0)>
// CHECK: #[[$RIGHT:.+]] = affine_map<(d0, d1)[s0, s1] -> (d0 + s0 * 64, d1 + 16)>
// CHECK: #[[$LEFT:.+]] = affine_map<(d0, d1)[s0, s1] -> (d0 + s0 * 64, d1)>
// CHECK: #[[$SET:.+]] = affine_set<(d0, d1)[s0, s1] : (-d1 + s1 - s0 * 64 - 1 >= 0)>
// CHECK-LABEL: func.func @permuted
// CHECK: tile.load %{{.+}} map #[[$MAP]] bounds #[[$SET]] {{.*}} -> tensor<32x64xbf16>
// CHECK-NOT: tile.remap
func.func @permuted(%a: !V, %c: !V) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3] -> (s0 ceildiv 64)>} {
  %p = tile.program_id 0
  %n = tile.size %a, 0 : !V
  %x = tile.load %a[%p, %n] map #load bounds #set other 0.0 : bf16 : !V -> tensor<64x32xbf16>
  %y = tile.remap %x map affine_map<(d0, d1) -> (d1, d0)> : tensor<64x32xbf16> -> tensor<32x64xbf16>
  tile.store %y, %c[] map #store : tensor<32x64xbf16>, !V
  return
}

// Halves are read one by one.
// CHECK-LABEL: func.func @halves
// CHECK-DAG: tile.load %{{.+}} map #[[$LEFT]] {{.*}} -> tensor<64x16xbf16>
// CHECK-DAG: tile.load %{{.+}} map #[[$RIGHT]] {{.*}} -> tensor<64x16xbf16>
// CHECK-NOT: tile.remap
func.func @halves(%a: !V, %c: !V) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3] -> (s0 ceildiv 64)>} {
  %p = tile.program_id 0
  %n = tile.size %a, 0 : !V
  %x = tile.load %a[%p, %n] map #load bounds #set other 0.0 : bf16 : !V -> tensor<64x32xbf16>
  %l = tile.remap %x map affine_map<(d0, d1) -> (d0, d1)> : tensor<64x32xbf16> -> tensor<64x16xbf16>
  %r = tile.remap %x map affine_map<(d0, d1) -> (d0, d1 + 16)> : tensor<64x32xbf16> -> tensor<64x16xbf16>
  %s = arith.addf %l, %r : tensor<64x16xbf16>
  tile.store %s, %c[] map #store : tensor<64x16xbf16>, !V
  return
}

// What is repeated, or needed as it is too, is read once.
// CHECK-LABEL: func.func @kept
// CHECK-COUNT-2: tile.remap
func.func @kept(%a: !V, %c: !V) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3] -> (s0 ceildiv 64)>} {
  %p = tile.program_id 0
  %n = tile.size %a, 0 : !V
  %x = tile.load %a[%p, %n] map #load bounds #set other 0.0 : bf16 : !V -> tensor<32x32xbf16>
  %y = tile.remap %x map affine_map<(d0, d1) -> (d1, d0)> : tensor<32x32xbf16> -> tensor<32x32xbf16>
  %s = arith.addf %x, %y : tensor<32x32xbf16>
  %z = tile.load %a[%p, %n] map #load bounds #set other 0.0 : bf16 : !V -> tensor<32x1xbf16>
  %w = tile.remap %z map affine_map<(d0, d1) -> (d0, 0)> : tensor<32x1xbf16> -> tensor<32x32xbf16>
  %t = arith.addf %s, %w : tensor<32x32xbf16>
  tile.store %t, %c[] map #store : tensor<32x32xbf16>, !V
  return
}
