// RUN: girih-ptx %s --arch sm_80 --stage ptx 2>/dev/null | FileCheck %s

// What a power and 1 make together needs no care for its reciprocal, whatever
// else is done with it on the way to 16 bits; of a difference nobody knows.
// CHECK-LABEL: .entry
// CHECK-NOT: div.full
// CHECK-COUNT-2: rcp.approx.f32
// CHECK-NOT: rcp.approx
// CHECK: div.full.f32
#map = affine_map<(d0)[s0] -> (s0 * 128 + d0)>
!V = !tile.view<element = bf16, sizes = [128], strides = [1], unit = 0, align = 16>
func.func @logistic(%a: !V, %d: !V, %e: !V) attributes {tile.kernel,
    tile.config = "num_warps=4", tile.index_bits = 64 : i64,
    tile.order = #tile.order<row_major, 1>, tile.directions = ["in", "out", "out"],
    tile.grid = affine_map<()[s0, s1, s2] -> (s2 ceildiv 128)>} {
  %p = tile.program_id 0
  %x = tile.load %a[%p] map #map other 0.0 : bf16 : !V -> tensor<128xbf16>
  %u = arith.extf %x : tensor<128xbf16> to tensor<128xf32>
  %one = arith.constant dense<1.0> : tensor<128xf32>
  %power = math.exp %u : tensor<128xf32>
  %sum = arith.addf %power, %one : tensor<128xf32>
  %q = arith.divf %u, %sum : tensor<128xf32>
  %short = arith.truncf %q : tensor<128xf32> to tensor<128xbf16>
  tile.store %short, %d[%p] map #map : tensor<128xbf16>, !V
  %rest = arith.subf %power, %one : tensor<128xf32>
  %r = arith.divf %u, %rest : tensor<128xf32>
  %other = arith.truncf %r : tensor<128xf32> to tensor<128xbf16>
  tile.store %other, %e[%p] map #map : tensor<128xbf16>, !V
  return
}
