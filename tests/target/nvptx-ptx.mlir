// RUN: girih-ptx %s --arch sm_80 2>/dev/null | FileCheck %s --check-prefixes=CHECK,SM80
// RUN: girih-ptx %s --arch sm_90a 2>/dev/null | FileCheck %s --check-prefixes=CHECK,SM90
// RUN: girih-ptx %s --arch sm_120a 2>/dev/null | FileCheck %s --check-prefixes=CHECK,SM120
// RUN: girih-ptx %s --arch sm_90a --line-info 2>/dev/null | FileCheck %s --check-prefix=LINES

// SM80: .version 7.0
// SM80: .target sm_80
// SM90: .version 8.0
// SM90: .target sm_90a
// SM120: .version 8.7
// SM120: .target sm_120a
// CHECK: .visible .entry add(
// CHECK: .reqntid 128
// CHECK: @%p{{.*}} ld.global.v4.b32
// CHECK: @%p{{.*}} ld.global.v4.b32
// CHECK: @%p{{.*}} st.global.v4.b32
// LINES: .loc
#map = affine_map<(d0)[s0, s1] -> (s0 * 1024 + d0)>
#set = affine_set<(d0)[s0, s1] : (s1 - s0 * 1024 - d0 - 1 >= 0)>
!V = !tile.view<element = bf16, sizes = [16], strides = [1], unit = 0, align = 16>
func.func @add(%a: !V, %b: !V, %c: !V) attributes {tile.kernel,
    tile.config = "num_warps=4", tile.index_bits = 32 : i64,
    tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "in", "out"],
    tile.grid = affine_map<()[s0, s1, s2] -> (s2 ceildiv 1024)>} {
  %p = tile.program_id 0
  %n = tile.size %c, 0 : !V
  %x = tile.load %a[%p, %n] map #map bounds #set other 0.0 : bf16 : !V -> tensor<1024xbf16>
  %y = tile.load %b[%p, %n] map #map bounds #set other 0.0 : bf16 : !V -> tensor<1024xbf16>
  %z = arith.addf %x, %y : tensor<1024xbf16>
  tile.store %z, %c[%p, %n] map #map bounds #set : tensor<1024xbf16>, !V
  return
}
