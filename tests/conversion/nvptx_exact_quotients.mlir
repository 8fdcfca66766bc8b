// RUN: girih-ptx %s --arch sm_80 --stage ptx 2>/dev/null | FileCheck %s

// Eight numbers by one: one branch, behind which there is a reciprocal, or the
// divisions. By a power of 2 they are multiplied.
// CHECK-LABEL: .entry
// CHECK-COUNT-8: mul.rn.f32 {{.+}}, 0f3F000000
// CHECK: bra
// CHECK: rcp.approx.ftz.f32
// CHECK-NOT: rcp.approx
// CHECK-COUNT-8: div.rn.f32
// CHECK-NOT: div.rn
#map = affine_map<(d0)[s0] -> (s0 * 256 + d0)>
!V = !tile.view<element = f32, sizes = [8], strides = [1], unit = 0, align = 16>
func.func @exact_quotients(%a: !V, %b: !V, %c: !V) attributes {tile.kernel,
    tile.config = "num_warps=1", tile.index_bits = 64 : i64,
    tile.order = #tile.order<row_major, 1>, tile.directions = ["in", "out", "out"],
    tile.grid = affine_map<()[s0, s1, s2] -> (s2 ceildiv 256)>} {
  %p = tile.program_id 0
  %x = tile.load %a[%p] map #map other 0.0 : f32 : !V -> tensor<256xf32>
  %two = arith.constant dense<2.0> : tensor<256xf32>
  %h = arith.divf %x, %two : tensor<256xf32>
  tile.store %h, %b[%p] map #map : tensor<256xf32>, !V
  %three = arith.constant dense<3.0> : tensor<256xf32>
  %q = arith.divf %x, %three : tensor<256xf32>
  tile.store %q, %c[%p] map #map : tensor<256xf32>, !V
  return
}
