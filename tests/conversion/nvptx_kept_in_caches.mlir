// RUN: girih-ptx %s --arch sm_80 --stage ptx 2>/dev/null | FileCheck %s

// What neighbours read as well stays, and so does what is written as much.
// CHECK-LABEL: .entry copied
// CHECK-NOT: ld.global.cs
#own = affine_map<(d0)[s0] -> (s0 * 512 + d0)>
#shared = affine_map<(d0) -> (d0)>
!W = !tile.view<element = f32, sizes = [512], strides = [1], unit = 0, align = 16>
func.func @copied(%a: !W, %b: !W, %c: !W) attributes {tile.kernel,
    tile.config = "num_warps=4", tile.index_bits = 64 : i64,
    tile.order = #tile.order<row_major, 1>, tile.directions = ["in", "in", "out"],
    tile.grid = affine_map<()[s0, s1, s2] -> (s2 ceildiv 512)>} {
  %p = tile.program_id 0
  %x = tile.load %a[%p] map #own other 0.0 : f32 : !W -> tensor<512xf32>
  %y = tile.load %b[] map #shared other 0.0 : f32 : !W -> tensor<512xf32>
  %z = arith.addf %x, %y : tensor<512xf32>
  tile.store %z, %c[%p] map #own : tensor<512xf32>, !W
  return
}
