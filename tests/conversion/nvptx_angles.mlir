// RUN: girih-ptx %s --arch sm_80 --stage ptx 2>/dev/null | FileCheck %s

// Sine and cosine of an angle in f32 share one reduction in line; far angles
// are behind a branch.
// CHECK-LABEL: .entry
// CHECK-COUNT-1: 0f3F22F983
// CHECK-NOT: 0f3F22F983
// CHECK: call.uni (retval0), girih_sin_f32
// CHECK-NOT: 0f3F22F983
// CHECK: call.uni (retval0), girih_cos_f32
#map = affine_map<(d0)[s0] -> (s0 * 128 + d0)>
!V = !tile.view<element = f32, sizes = [128], strides = [1], unit = 0, align = 16>
func.func @angles(%a: !V, %d: !V, %e: !V) attributes {tile.kernel,
    tile.config = "num_warps=4", tile.index_bits = 64 : i64,
    tile.order = #tile.order<row_major, 1>, tile.directions = ["in", "out", "out"],
    tile.grid = affine_map<()[s0, s1, s2] -> (s2 ceildiv 128)>} {
  %p = tile.program_id 0
  %x = tile.load %a[%p] map #map other 0.0 : f32 : !V -> tensor<128xf32>
  %s = math.sin %x : tensor<128xf32>
  tile.store %s, %d[%p] map #map : tensor<128xf32>, !V
  %c = math.cos %x : tensor<128xf32>
  tile.store %c, %e[%p] map #map : tensor<128xf32>, !V
  return
}
