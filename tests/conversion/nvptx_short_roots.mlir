// RUN: girih-ptx %s --arch sm_80 --stage ptx 2>/dev/null | FileCheck %s

// Roots and reciprocals of bf16 are correctly rounded by the hardware's
// approximations, too; those of f16 may lie too near to a tie.
// CHECK-LABEL: .entry
// CHECK-DAG: sqrt.approx.f32
// CHECK-DAG: rcp.approx.f32
// CHECK-DAG: sqrt.rn.f32
// CHECK-DAG: rcp.rn.f32
#map = affine_map<(d0)[s0] -> (s0 * 128 + d0)>
!V = !tile.view<element = bf16, sizes = [128], strides = [1], unit = 0, align = 16>
!H = !tile.view<element = f16, sizes = [128], strides = [1], unit = 0, align = 16>
func.func @roots(%a: !V, %b: !H, %c: !V, %d: !V, %e: !H, %f: !H) attributes {tile.kernel,
    tile.config = "num_warps=4", tile.index_bits = 64 : i64,
    tile.order = #tile.order<row_major, 1>, tile.directions = ["in", "in", "out", "out", "out", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5] -> (s5 ceildiv 128)>} {
  %p = tile.program_id 0
  %one = arith.constant dense<1.0> : tensor<128xf32>
  %x = tile.load %a[%p] map #map other 0.0 : bf16 : !V -> tensor<128xbf16>
  %y = tile.load %b[%p] map #map other 0.0 : f16 : !H -> tensor<128xf16>
  %u = arith.extf %x : tensor<128xbf16> to tensor<128xf32>
  %v = arith.extf %y : tensor<128xf16> to tensor<128xf32>
  %root = math.sqrt %u : tensor<128xf32>
  %inverse = arith.divf %one, %u : tensor<128xf32>
  %half_root = math.sqrt %v : tensor<128xf32>
  %half_inverse = arith.divf %one, %v : tensor<128xf32>
  %0 = arith.truncf %root : tensor<128xf32> to tensor<128xbf16>
  %1 = arith.truncf %inverse : tensor<128xf32> to tensor<128xbf16>
  %2 = arith.truncf %half_root : tensor<128xf32> to tensor<128xf16>
  %3 = arith.truncf %half_inverse : tensor<128xf32> to tensor<128xf16>
  tile.store %0, %c[%p] map #map : tensor<128xbf16>, !V
  tile.store %1, %d[%p] map #map : tensor<128xbf16>, !V
  tile.store %2, %e[%p] map #map : tensor<128xf16>, !H
  tile.store %3, %f[%p] map #map : tensor<128xf16>, !H
  return
}
