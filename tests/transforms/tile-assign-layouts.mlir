// RUN: girih-opt %s -split-input-file -tile-assign-layouts="warps=4 capability=80" --verify-diagnostics | FileCheck %s

#map = affine_map<(d0)[s0, s1] -> (s0 * 1024 + d0)>
#set = affine_set<(d0)[s0, s1] : (s1 - s0 * 1024 - d0 - 1 >= 0)>
!V = !tile.view<element = bf16, sizes = [16], strides = [1], unit = 0, align = 16>
!W = !tile.view<element = bf16, sizes = [1], strides = [1], unit = 0, align = 2>

// Eight bf16 a thread where size and pointer allow it.
// CHECK-LABEL: func.func @vector
// CHECK: tile.load
// CHECK-SAME: tensor<1024xbf16, #tile.layout<"rank = 1, reg = {{\[\[1\], \[2\], \[4\]\]}}, lane = {{\[\[8\], \[16\], \[32\], \[64\], \[128\]\]}}, warp = {{\[\[256\], \[512\]\]}}">>
// CHECK-NOT: convert_layout
func.func @vector(%a: !V, %c: !V) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "out"],
    tile.grid = affine_map<()[s0, s1] -> (s1 ceildiv 1024)>} {
  %p = tile.program_id 0
  %n = tile.size %c, 0 : !V
  %x = tile.load %a[%p, %n] map #map bounds #set other 0.0 : bf16 : !V -> tensor<1024xbf16>
  tile.store %x, %c[%p, %n] map #map bounds #set : tensor<1024xbf16>, !V
  return
}

// One element at a time where not: neighbours belong to neighbouring lanes.
// CHECK-LABEL: func.func @scalar
// CHECK: tile.load
// CHECK-SAME: tensor<1024xbf16, #tile.layout<"rank = 1, lane = {{\[\[1\], \[2\], \[4\], \[8\], \[16\]\]}}, warp = {{\[\[32\], \[64\]\]}}, repeat = [reg 8 along 0]">>
func.func @scalar(%a: !W, %c: !W) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "out"],
    tile.grid = affine_map<()[s0, s1] -> (s1 ceildiv 1024)>} {
  %p = tile.program_id 0
  %n = tile.size %c, 0 : !W
  %x = tile.load %a[%p, %n] map #map bounds #set other 0.0 : bf16 : !W -> tensor<1024xbf16>
  tile.store %x, %c[%p, %n] map #map bounds #set : tensor<1024xbf16>, !W
  return
}

// -----

#map = affine_map<(d0, d1) -> (d0, d1)>
!V = !tile.view<element = f16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>
!F = !tile.view<element = f32, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>

// Dots take fragments; their constants follow; stores get back to rows.
// CHECK-LABEL: func.func @dot
// CHECK: %[[ZERO:.+]] = arith.constant dense<0.0{{.*}}#tile.layout<"rank = 2, reg = {{\[\[0, 1\], \[8, 0\]\]}}
// CHECK: %[[X:.+]] = tile.load
// CHECK-COUNT-2: tile.convert_layout %[[X]]
// CHECK: tile.dot %{{.+}}, %{{.+}}, %[[ZERO]]
// CHECK: tile.convert_layout
// CHECK: tile.store
func.func @dot(%a: !V, %c: !F) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3] -> (1)>} {
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %x = tile.load %a[] map #map other 0.0 : f16 : !V -> tensor<64x64xf16>
  %d = tile.dot %x, %x, %zero precision ieee : tensor<64x64xf16>, tensor<64x64xf16> -> tensor<64x64xf32>
  tile.store %d, %c[] map #map : tensor<64x64xf32>, !F
  return
}

// -----

#map = affine_map<(d0, d1) -> (d0, d1)>
!V = !tile.view<element = f16, sizes = [1, 1], strides = [1, 1], unit = 1, align = 2>
!F = !tile.view<element = f32, sizes = [1, 1], strides = [1, 1], unit = 1, align = 4>

// CHECK-LABEL: func.func @small
func.func @small(%a: !V, %c: !F) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3] -> (1)>} {
  %zero = arith.constant dense<0.0> : tensor<8x8xf32>
  %x = tile.load %a[] map #map other 0.0 : f16 : !V -> tensor<8x8xf16>
  // expected-remark @+1 {{dot runs on CUDA cores because its tile 8x8x8 is not a multiple of the matrix instruction's 16x8x16}}
  %d = tile.dot %x, %x, %zero precision ieee : tensor<8x8xf16>, tensor<8x8xf16> -> tensor<8x8xf32>
  tile.store %d, %c[] map #map : tensor<8x8xf32>, !F
  return
}

// -----

#map = affine_map<(d0, d1) -> (d0, d1)>
!F = !tile.view<element = f32, sizes = [1, 1], strides = [1, 1], unit = 1, align = 4>

// A scan has runs, then lanes, then warps along its dimension, as far as rows leave them free.
// CHECK-LABEL: func.func @scan
// CHECK: %[[X:.+]] = tile.load
// CHECK: %[[Y:.+]] = tile.convert_layout %[[X]]
// CHECK-SAME: -> tensor<2x512xf32, #tile.layout<"rank = 2, reg = {{\[\[0, 1\], \[0, 2\], \[0, 4\]\]}}, lane = {{\[\[0, 8\], \[0, 16\], \[0, 32\], \[0, 64\], \[0, 128\]\]}}, warp = {{\[\[0, 256\], \[1, 0\]\]}}">>
// CHECK: tile.scan %[[Y]] dim 1
func.func @scan(%a: !F, %c: !F) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3] -> (1)>} {
  %x = tile.load %a[] map #map other 0.0 : f32 : !F -> tensor<2x512xf32>
  %r = tile.scan %x dim 1 : tensor<2x512xf32> -> tensor<2x512xf32> {
  ^bb0(%p: f32, %q: f32):
    %s = arith.addf %p, %q : f32
    tile.yield %s : f32
  }
  tile.store %r, %c[] map #map : tensor<2x512xf32>, !F
  return
}

// -----

#map = affine_map<(d0) -> (d0)>
!F = !tile.view<element = f32, sizes = [1], strides = [1], unit = 0, align = 4>
!I = !tile.view<element = i32, sizes = [16], strides = [1], unit = 0, align = 16>

// Indices come as the value does; what a loop carries keeps its layout.
// CHECK-LABEL: func.func @indirect
// CHECK: %[[ONE:.+]] = arith.constant dense<1.0{{.*}}> : tensor<1024xf32, [[LAYOUT:#tile.layout<.+>]]>
// CHECK: %[[I:.+]] = tile.load {{.*}} -> tensor<1024xi32, [[LAYOUT]]>
// CHECK: tile.gather %{{.+}}[%[[I]] : {{.*}} -> tensor<1024xf32, [[LAYOUT]]>
// CHECK: scf.while {{.*}} -> tensor<1024xf32, [[LAYOUT]]>
// CHECK: tile.scatter %[[ONE]]
// CHECK-NOT: convert_layout
func.func @indirect(%a: !F, %i: !I, %c: !F) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "in", "inout"],
    tile.grid = affine_map<()[s0, s1, s2] -> (1)>} {
  %one = arith.constant dense<1.0> : tensor<1024xf32>
  %no = arith.constant false
  %x = tile.load %i[] map #map other 0 : i32 : !I -> tensor<1024xi32>
  %g = tile.gather %a[%x : tensor<1024xi32>] other 0.0 : f32 : !F -> tensor<1024xf32>
  %w = scf.while (%v = %g) : (tensor<1024xf32>) -> tensor<1024xf32> {
    scf.condition(%no) %v : tensor<1024xf32>
  } do {
  ^bb0(%v: tensor<1024xf32>):
    %t = arith.addf %v, %one : tensor<1024xf32>
    scf.yield %t : tensor<1024xf32>
  }
  tile.scatter %w, %c[%x : tensor<1024xi32>] : tensor<1024xf32>, !F
  tile.scatter %one, %c[%x : tensor<1024xi32>] : tensor<1024xf32>, !F
  return
}

// -----

#map = affine_map<(d0, d1)[s0, s1] -> (s0 * 16 + d0, d1)>
#vector = affine_map<(d0) -> (d0)>
!V = !tile.view<element = bf16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>
!W = !tile.view<element = bf16, sizes = [16], strides = [1], unit = 0, align = 16>

// Statistics of rows lie where the rows do, and so do weights: nothing moves.
// CHECK-LABEL: func.func @rows
// CHECK: %[[W:.+]] = tile.load %{{.*}} -> tensor<256xbf16, #tile.layout<"rank = 1, reg = {{\[\[1\], \[2\], \[4\]\]}}, lane = {{\[\[8\], \[16\], \[32\], \[64\], \[128\]\]}}, warp = {{\[\[0\], \[0\]\]}}">>
// CHECK: tile.reduce {{.*}} -> tensor<16xf32, #tile.layout<"rank = 1, lane = {{\[\[0\], \[0\], \[0\], \[0\], \[0\]\]}}, warp = {{\[\[1\], \[2\]\]}}, repeat = [reg 4 along 0]">>
// CHECK-NOT: tile.convert_layout
func.func @rows(%a: !V, %w: !W, %c: !V) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "in", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4] -> (s0 ceildiv 16)>} {
  %p = tile.program_id 0
  %n = tile.size %a, 0 : !V
  %x = tile.load %a[%p, %n] map #map other 0.0 : bf16 : !V -> tensor<16x256xbf16>
  %y = tile.load %w[] map #vector other 0.0 : bf16 : !W -> tensor<256xbf16>
  %f = arith.extf %x : tensor<16x256xbf16> to tensor<16x256xf32>
  %g = arith.extf %y : tensor<256xbf16> to tensor<256xf32>
  %s = tile.reduce %f dim 1 : tensor<16x256xf32> -> tensor<16xf32> {
  ^bb0(%u: f32, %v: f32):
    %t = arith.addf %u, %v : f32
    tile.yield %t : f32
  }
  %b = tile.remap %s map affine_map<(d0, d1) -> (d0)> : tensor<16xf32> -> tensor<16x256xf32>
  %h = tile.remap %g map affine_map<(d0, d1) -> (d1)> : tensor<256xf32> -> tensor<16x256xf32>
  %q = arith.divf %f, %b : tensor<16x256xf32>
  %r = arith.mulf %q, %h : tensor<16x256xf32>
  %o = arith.truncf %r : tensor<16x256xf32> to tensor<16x256xbf16>
  tile.store %o, %c[%p, %n] map #map : tensor<16x256xbf16>, !V
  return
}

// -----

#map = affine_map<(d0, d1) -> (d0, d1)>
!V = !tile.view<element = f16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>
!F = !tile.view<element = f32, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>
!W = !tile.view<element = f32, sizes = [16], strides = [1], unit = 0, align = 16>

// A bias is read into the fragments' layout; numbers of lanes are computed in
// it. Dots whose results are operands have their warps below each other.
// CHECK-LABEL: func.func @chain
// CHECK: tile.load %{{.*}} -> tensor<64xf32, #tile.layout<"rank = 1, reg = {{\[\[1\]\]}}, lane = {{\[\[2\], \[4\], \[0\], \[0\], \[0\]\]}}, repeat = [reg 8 along 0, warp 4]">>
// CHECK: %[[D:.+]] = tile.dot {{.*}} -> tensor<64x64xf32, #[[ACC:.+]]>
// CHECK-NOT: tile.convert_layout {{.*}}64xi
// CHECK: tile.coordinate
// CHECK: %[[P:.+]] = arith.truncf
// CHECK-NEXT: tile.convert_layout %[[P]]
// CHECK: tile.dot {{.*}} repeat = [reg 8 along 1, warp 4 along 0]">>
func.func @chain(%a: !V, %w: !W, %c: !F) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "in", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4] -> (1)>} {
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %x = tile.load %a[] map #map other 0.0 : f16 : !V -> tensor<64x64xf16>
  %y = tile.load %w[] map affine_map<(d0) -> (d0)> other 0.0 : f32 : !W -> tensor<64xf32>
  %b = tile.remap %y map affine_map<(d0, d1) -> (d1)> : tensor<64xf32> -> tensor<64x64xf32>
  %d = tile.dot %x, %x, %zero precision ieee : tensor<64x64xf16>, tensor<64x64xf16> -> tensor<64x64xf32>
  %s = arith.addf %d, %b : tensor<64x64xf32>
  %i = tile.coordinate [] map affine_map<(d0, d1) -> (d0)> : tensor<64x64xi32>
  %j = tile.coordinate [] map affine_map<(d0, d1) -> (d1)> : tensor<64x64xi32>
  %m = arith.cmpi sge, %i, %j : tensor<64x64xi32>
  %t = arith.select %m, %s, %zero : tensor<64x64xi1>, tensor<64x64xf32>
  %p = arith.truncf %t : tensor<64x64xf32> to tensor<64x64xf16>
  %e = tile.dot %p, %x, %zero precision ieee : tensor<64x64xf16>, tensor<64x64xf16> -> tensor<64x64xf32>
  tile.store %e, %c[] map #map : tensor<64x64xf32>, !F
  return
}

// -----

#map = affine_map<(d0, d1) -> (d0, d1)>
!S = !tile.view<element = f32, sizes = [1, 1], strides = [1, 1], unit = -1, align = 4>
!F = !tile.view<element = f32, sizes = [16], strides = [1], unit = 0, align = 16>

// Where memory does not say how, a thread has all of what is reduced.
// CHECK-LABEL: func.func @windows
// CHECK: tile.load {{.*}} -> tensor<128x9xf32, #tile.layout<"rank = 2, lane = {{\[\[1, 0\], \[2, 0\], \[4, 0\], \[8, 0\], \[16, 0\]\]}}, warp = {{\[\[32, 0\], \[64, 0\]\]}}, repeat = [reg 9 along 1]">>
// CHECK-NOT: tile.convert_layout
func.func @windows(%a: !S, %c: !F) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "out"],
    tile.grid = affine_map<()[s0, s1, s2] -> (1)>} {
  %x = tile.load %a[] map #map other 0.0 : f32 : !S -> tensor<128x9xf32>
  %m = tile.reduce %x dim 1 : tensor<128x9xf32> -> tensor<128xf32> {
  ^bb0(%u: f32, %v: f32):
    %t = arith.maximumf %u, %v : f32
    tile.yield %t : f32
  }
  tile.store %m, %c[] map affine_map<(d0) -> (d0)> : tensor<128xf32>, !F
  return
}

// -----

#map = affine_map<(d0, d1) -> (d0, d1)>
!V = !tile.view<element = f16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>
!F = !tile.view<element = f32, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>

// A mask made of a row's and a column's part goes where it is read, as a whole.
// CHECK-LABEL: func.func @mask
// CHECK: tile.dot
// CHECK-COUNT-1: tile.convert_layout
// CHECK-NEXT: tile.store
func.func @mask(%a: !V, %c: !F) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3] -> (1)>} {
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %x = tile.load %a[] map #map other 0.0 : f16 : !V -> tensor<64x64xf16>
  %d = tile.dot %x, %x, %zero precision ieee : tensor<64x64xf16>, tensor<64x64xf16> -> tensor<64x64xf32>
  %size = tile.size %a, 0 : !V
  %i = tile.coordinate [%size] map affine_map<(d0, d1)[s0] -> (d1 - s0)> : tensor<1x64xi64>
  %j = tile.coordinate [] map affine_map<(d0, d1) -> (d0)> : tensor<64x1xi64>
  %none = arith.constant dense<0> : tensor<1x64xi64>
  %one = arith.cmpi slt, %i, %none : tensor<1x64xi64>
  %j2 = arith.addi %j, %j : tensor<64x1xi64>
  %p = tile.remap %one map affine_map<(d0, d1) -> (0, d1)> : tensor<1x64xi1> -> tensor<64x64xi1>
  %q = tile.remap %j2 map affine_map<(d0, d1) -> (d0, 0)> : tensor<64x1xi64> -> tensor<64x64xi64>
  %k = tile.coordinate [] map affine_map<(d0, d1) -> (d1)> : tensor<64x64xi64>
  %r = arith.cmpi sle, %k, %q : tensor<64x64xi64>
  %m = arith.andi %p, %r : tensor<64x64xi1>
  %s = arith.select %m, %d, %zero : tensor<64x64xi1>, tensor<64x64xf32>
  tile.store %s, %c[] map #map : tensor<64x64xf32>, !F
  return
}

// -----

#grid = affine_map<()[s0, s1, s2, s3] -> ((s0 + 63) floordiv 64, (s1 + 63) floordiv 64)>
#map = affine_map<(d0, d1)[s0, s1, s2, s3] -> (d0 + s0 * 64, d1 + s1 * 64)>
#set = affine_set<(d0, d1)[s0, s1, s2, s3] : (-d0 - s0 * 64 + s2 - 1 >= 0, -d1 - s1 * 64 + s3 - 1 >= 0)>
!V = !tile.view<element = i16, sizes = [1, 1], strides = [1, 1], unit = 0, align = 16>
!W = !tile.view<element = i16, sizes = [1, 1], strides = [1, 1], unit = 1, align = 16>

// One element at a time on both sides, but along other dimensions: lanes are
// neighbours in memory for the load and, once converted, for the store.
// CHECK-LABEL: func.func @across
// CHECK: tile.load
// CHECK-SAME: lane = {{\[\[1, 0\], \[2, 0\], \[4, 0\], \[8, 0\], \[16, 0\]\]}}
// CHECK: tile.convert_layout
// CHECK: tile.store
// CHECK-SAME: lane = {{\[\[0, 1\], \[0, 2\], \[0, 4\], \[0, 8\], \[0, 16\]\]}}
func.func @across(%a: !V, %c: !W) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "out"], tile.grid = #grid} {
  %n = tile.size %c, 1 : !W
  %m = tile.size %c, 0 : !W
  %q = tile.program_id 1
  %p = tile.program_id 0
  %x = tile.load %a[%p, %q, %m, %n] map #map bounds #set other 0 : i16 : !V -> tensor<64x64xi16>
  tile.store %x, %c[%p, %q, %m, %n] map #map bounds #set : tensor<64x64xi16>, !W
  return
}

// -----

// What is read along one dimension and written along the other: threads that
// read have neighbours both ways.
// CHECK-LABEL: func.func @turned
// CHECK: tile.load
// CHECK-SAME: tensor<64x64xbf16, #tile.layout<"rank = 2, reg = {{\[\[1, 0\], \[2, 0\], \[4, 0\], \[0, 1\], \[0, 2\]\]}}
// CHECK: tile.convert_layout
// CHECK-SAME: -> tensor<64x64xbf16, #tile.layout<"rank = 2, reg = {{\[\[0, 1\], \[0, 2\], \[0, 4\]\]}}
#whole = affine_map<(d0, d1) -> (d0, d1)>
!A = !tile.view<element = bf16, sizes = [16, 16], strides = [1, 16], unit = 0, align = 16>
!B = !tile.view<element = bf16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>
func.func @turned(%a: !A, %b: !B) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "out"], tile.grid = affine_map<()[s0, s1, s2, s3] -> (1)>} {
  %x = tile.load %a[] map #whole other 0.0 : bf16 : !A -> tensor<64x64xbf16>
  tile.store %x, %b[] map #whole : tensor<64x64xbf16>, !B
  return
}

// -----

// Four neighbours a thread are read; lanes trade two bits of their number for
// them before they are stored one by one.
// CHECK-LABEL: func.func @narrow
// CHECK: tile.load
// CHECK-SAME: reg = {{\[\[1\], \[2\]\]}}, lane = {{\[\[4\], \[8\], \[16\], \[32\], \[64\]\]}}
// CHECK: tile.convert_layout
// CHECK-SAME: -> tensor<1024xbf16, #tile.layout<"rank = 1, reg = {{\[\[64\], \[32\], \[512\]\]}}, lane = {{\[\[4\], \[8\], \[16\], \[2\], \[1\]\]}}, warp = {{\[\[128\], \[256\]\]}}">>
#map = affine_map<(d0)[s0, s1] -> (s0 * 1024 + d0)>
#set = affine_set<(d0)[s0, s1] : (s1 - s0 * 1024 - d0 - 1 >= 0)>
!Y = !tile.view<element = bf16, sizes = [4], strides = [1], unit = 0, align = 8>
!W = !tile.view<element = bf16, sizes = [1], strides = [1], unit = 0, align = 2>
func.func @narrow(%a: !Y, %c: !W) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "out"],
    tile.grid = affine_map<()[s0, s1] -> (s1 ceildiv 1024)>} {
  %p = tile.program_id 0
  %m = tile.size %a, 0 : !Y
  %n = tile.size %c, 0 : !W
  %x = tile.load %a[%p, %m] map #map bounds #set other 0.0 : bf16 : !Y -> tensor<1024xbf16>
  tile.store %x, %c[%p, %n] map #map bounds #set : tensor<1024xbf16>, !W
  return
}
