// RUN: girih-ptx %s --arch sm_80 --stage llvm 2>/dev/null | FileCheck %s

// A size that the block divides needs no mask: plain vector loads.
// CHECK-LABEL: define ptx_kernel void @copy
// CHECK: load <4 x float>, ptr addrspace(1) %{{.+}}, align 16
// CHECK-NOT: @$
// CHECK: st.global.v4.b32
#map = affine_map<(d0)[s0] -> (s0 * 512 + d0)>
!V = !tile.view<element = f32, sizes = [512], strides = [1], unit = 0, align = 16>
func.func @copy(%a: !V, %c: !V) attributes {tile.kernel,
    tile.config = "num_warps=4", tile.index_bits = 64 : i64,
    tile.order = #tile.order<row_major, 1>, tile.directions = ["in", "out"],
    tile.grid = affine_map<()[s0, s1] -> (s1 ceildiv 512)>} {
  %p = tile.program_id 0
  %x = tile.load %a[%p] map #map other 0.0 : f32 : !V -> tensor<512xf32>
  tile.store %x, %c[%p] map #map : tensor<512xf32>, !V
  return
}
