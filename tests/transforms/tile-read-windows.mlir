// RUN: girih-opt %s -tile-read-windows=warps=1 -split-input-file | FileCheck %s

!v = !tile.view<element = bf16, sizes = [1, 8], strides = [8, 1], unit = 1, align = 16>
#left = affine_map<(d0, d1)[s0, s1, s2] -> (s0 * 8 + d0, s1 * 128 + d1 * 2 - 1)>
#here = affine_map<(d0, d1)[s0, s1, s2] -> (s0 * 8 + d0, s1 * 128 + d1 * 2)>
#right = affine_map<(d0, d1)[s0, s1, s2] -> (s0 * 8 + d0, s1 * 128 + d1 * 2 + 1)>
#in_left = affine_set<(d0, d1)[s0, s1, s2] : (s1 * 128 + d1 * 2 - 1 >= 0, s2 - s1 * 128 - d1 * 2 >= 0)>
#in_here = affine_set<(d0, d1)[s0, s1, s2] : (s2 - s1 * 128 - d1 * 2 - 1 >= 0)>
#in_right = affine_set<(d0, d1)[s0, s1, s2] : (s2 - s1 * 128 - d1 * 2 - 2 >= 0)>

// Bounds that were proven at one place hold there in the others' form.
// CHECK-DAG: #[[$MAP:.+]] = affine_map<(d0, d1)[s0, s1, s2] -> (d0 + s0 * 8, d1 * 2 + s1 * 128)>
// CHECK-DAG: #[[$SET:.+]] = affine_set<(d0, d1)[s0, s1, s2] : (d1 * 2 + s1 * 128 >= 0, -(d1 * 2 + s1 * 128) + s2 - 1 >= 0)>
// CHECK-LABEL: func.func @three
// CHECK: [[T:%.+]]:3 = tile.load_window %{{.+}}[{{.+}}] map #[[$MAP]] bounds #[[$SET]] moves [1, -1] other {{.+}} places [-1, 0, 1] along 1 run 4
// CHECK: arith.maximumf [[T]]#0, [[T]]#1
// CHECK: arith.maximumf %{{.+}}, [[T]]#2
func.func @three(%x: !v, %p: index, %q: index) -> tensor<8x64xbf16> {
  %n = tile.size %x, 1 : !v
  %a = tile.load %x[%p, %q, %n] map #left bounds #in_left other 0.0 : bf16 : !v -> tensor<8x64xbf16>
  %b = tile.load %x[%p, %q, %n] map #here bounds #in_here other 0.0 : bf16 : !v -> tensor<8x64xbf16>
  %c = tile.load %x[%p, %q, %n] map #right bounds #in_right other 0.0 : bf16 : !v -> tensor<8x64xbf16>
  %d = arith.maximumf %a, %b : tensor<8x64xbf16>
  %e = arith.maximumf %d, %c : tensor<8x64xbf16>
  return %e : tensor<8x64xbf16>
}

// Every other element alone is worth vectors, too.
// CHECK-LABEL: func.func @one
// CHECK: tile.load_window {{.+}} moves [-1] other {{.+}} places [1] along 1 run 4
func.func @one(%x: !v, %p: index, %q: index) -> tensor<8x64xbf16> {
  %n = tile.size %x, 1 : !v
  %c = tile.load %x[%p, %q, %n] map #right bounds #in_right other 0.0 : bf16 : !v -> tensor<8x64xbf16>
  return %c : tensor<8x64xbf16>
}

// A bound of lanes, not of elements, must be that of all and of whole runs.
#odd = affine_set<(d0, d1)[s0, s1, s2] : (s2 - s1 * 64 - d1 - 2 >= 0)>
// CHECK-LABEL: func.func @lanes
// CHECK-NOT: tile.load_window
func.func @lanes(%x: !v, %p: index, %q: index, %n: index) -> tensor<8x64xbf16> {
  %b = tile.load %x[%p, %q, %n] map #here bounds #odd other 0.0 : bf16 : !v -> tensor<8x64xbf16>
  %c = tile.load %x[%p, %q, %n] map #right bounds #odd other 0.0 : bf16 : !v -> tensor<8x64xbf16>
  %d = arith.maximumf %b, %c : tensor<8x64xbf16>
  return %d : tensor<8x64xbf16>
}

// What is written is read in its order.
// CHECK-LABEL: func.func @written
// CHECK-NOT: tile.load_window
func.func @written(%x: !v, %p: index, %q: index) -> tensor<8x64xbf16> {
  %n = tile.size %x, 1 : !v
  %b = tile.load %x[%p, %q, %n] map #here bounds #in_here other 0.0 : bf16 : !v -> tensor<8x64xbf16>
  tile.store %b, %x[%p, %q, %n] map #right bounds #in_right : tensor<8x64xbf16>, !v
  %c = tile.load %x[%p, %q, %n] map #right bounds #in_right other 0.0 : bf16 : !v -> tensor<8x64xbf16>
  return %c : tensor<8x64xbf16>
}

// -----

// Rows of any length have no vectors.
!v = !tile.view<element = bf16, sizes = [1, 1], strides = [1, 1], unit = 1, align = 16>
#here = affine_map<(d0, d1)[s0, s1] -> (s0 * 8 + d0, s1 * 128 + d1 * 2)>
#right = affine_map<(d0, d1)[s0, s1] -> (s0 * 8 + d0, s1 * 128 + d1 * 2 + 1)>
// CHECK-LABEL: func.func @unaligned
// CHECK-NOT: tile.load_window
func.func @unaligned(%x: !v, %p: index, %q: index) -> tensor<8x64xbf16> {
  %b = tile.load %x[%p, %q] map #here other 0.0 : bf16 : !v -> tensor<8x64xbf16>
  %c = tile.load %x[%p, %q] map #right other 0.0 : bf16 : !v -> tensor<8x64xbf16>
  %d = arith.maximumf %b, %c : tensor<8x64xbf16>
  return %d : tensor<8x64xbf16>
}
