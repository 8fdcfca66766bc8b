// RUN: girih-ptx %s --arch sm_80 --stage ptx 2>/dev/null | FileCheck %s

// A power of what is held at -126 is no number below the normal ones; of what
// is held at -127, or not at all, it may be. The logarithm of 1 and a power
// keeps the power's errors, so that 16 bits of it ask for a short one.
// CHECK-LABEL: .entry
// CHECK: ex2.approx.ftz.f32
// CHECK: ex2.approx.f32
// CHECK: ex2.approx.f32
// CHECK-NOT: fma.rn.sat
// CHECK: lg2.approx.f32
#map = affine_map<(d0)[s0] -> (s0 * 128 + d0)>
!V = !tile.view<element = f32, sizes = [128], strides = [1], unit = 0, align = 16>
!H = !tile.view<element = bf16, sizes = [128], strides = [1], unit = 0, align = 16>
func.func @powers(%a: !V, %b: !V, %c: !V, %d: !V, %e: !H) attributes {tile.kernel,
    tile.config = "num_warps=4", tile.index_bits = 64 : i64,
    tile.order = #tile.order<row_major, 1>, tile.directions = ["in", "out", "out", "out", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4] -> (s4 ceildiv 128)>} {
  %p = tile.program_id 0
  %x = tile.load %a[%p] map #map other 0.0 : f32 : !V -> tensor<128xf32>
  %normal = arith.constant dense<-126.0> : tensor<128xf32>
  %small = arith.constant dense<-127.0> : tensor<128xf32>
  %held = arith.maximumf %x, %normal : tensor<128xf32>
  %q = math.exp2 %held : tensor<128xf32>
  tile.store %q, %b[%p] map #map : tensor<128xf32>, !V
  %lower = arith.maximumf %x, %small : tensor<128xf32>
  %r = math.exp2 %lower : tensor<128xf32>
  tile.store %r, %c[%p] map #map : tensor<128xf32>, !V
  %s = math.exp2 %x : tensor<128xf32>
  tile.store %s, %d[%p] map #map : tensor<128xf32>, !V
  %power = math.exp %x : tensor<128xf32>
  %log = math.log1p %power : tensor<128xf32>
  %short = arith.truncf %log : tensor<128xf32> to tensor<128xbf16>
  tile.store %short, %e[%p] map #map : tensor<128xbf16>, !H
  return
}
