// RUN: girih-ptx %s --arch sm_80 --stage ptx 2>/dev/null | FileCheck %s

// Of a quotient that a product and a rounding to 16 bits follow only 16 bits
// are wanted; one of two numbers of 16 bits stays correctly rounded, and so
// does one of f32.
// CHECK-LABEL: .entry
// CHECK: div.full.f32
// CHECK: div.rn.f32
// CHECK: div.rn.f32
// CHECK-NOT: div.full
#map = affine_map<(d0)[s0] -> (s0 * 128 + d0)>
!V = !tile.view<element = bf16, sizes = [128], strides = [1], unit = 0, align = 16>
!W = !tile.view<element = f32, sizes = [128], strides = [1], unit = 0, align = 16>
func.func @quotients(%a: !V, %b: !V, %c: !W, %d: !V, %e: !V, %f: !W) attributes {tile.kernel,
    tile.config = "num_warps=4", tile.index_bits = 64 : i64,
    tile.order = #tile.order<row_major, 1>, tile.directions = ["in", "in", "in", "out", "out", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5] -> (s5 ceildiv 128)>} {
  %p = tile.program_id 0
  %x = tile.load %a[%p] map #map other 0.0 : bf16 : !V -> tensor<128xbf16>
  %y = tile.load %b[%p] map #map other 0.0 : bf16 : !V -> tensor<128xbf16>
  %z = tile.load %c[%p] map #map other 0.0 : f32 : !W -> tensor<128xf32>
  %u = arith.extf %x : tensor<128xbf16> to tensor<128xf32>
  %v = arith.extf %y : tensor<128xbf16> to tensor<128xf32>
  %q = arith.divf %u, %z : tensor<128xf32>
  %product = arith.mulf %q, %v : tensor<128xf32>
  %short = arith.truncf %product : tensor<128xf32> to tensor<128xbf16>
  tile.store %short, %d[%p] map #map : tensor<128xbf16>, !V
  %r = arith.divf %u, %v : tensor<128xf32>
  %exact = arith.truncf %r : tensor<128xf32> to tensor<128xbf16>
  tile.store %exact, %e[%p] map #map : tensor<128xbf16>, !V
  %s = arith.divf %v, %z : tensor<128xf32>
  tile.store %s, %f[%p] map #map : tensor<128xf32>, !W
  return
}
