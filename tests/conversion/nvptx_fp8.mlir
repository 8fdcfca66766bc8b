// RUN: girih-ptx %s --arch sm_90a --stage ptx 2>/dev/null | FileCheck %s

// Four elements a thread: two conversions each way. The clamp to the largest
// number is what the instruction does; another one stays.
// CHECK-LABEL: .entry
// CHECK: cvt.rn.f16x2.e5m2x2
// CHECK: cvt.rn.f16x2.e5m2x2
// CHECK-NOT: cvt.rn.f16x2.e5m2x2
// CHECK-NOT: 0f43E00000
// CHECK-COUNT-2: cvt.rn.satfinite.e4m3x2.f32
// CHECK-NOT: cvt.rn.satfinite.e4m3x2.f32
// CHECK: st.global.b32
// CHECK-COUNT-4: min.NaN.f32
// CHECK-COUNT-2: cvt.rn.satfinite.e4m3x2.f32
// CHECK-NOT: cvt.rn.satfinite.e4m3x2.f32
#map = affine_map<(d0)[s0] -> (s0 * 512 + d0)>
!V = !tile.view<element = f8E5M2, sizes = [512], strides = [1], unit = 0, align = 16>
!W = !tile.view<element = f8E4M3FN, sizes = [512], strides = [1], unit = 0, align = 16>
func.func @fp8(%a: !V, %b: !W, %c: !W) attributes {tile.kernel,
    tile.config = "num_warps=4", tile.index_bits = 64 : i64,
    tile.order = #tile.order<row_major, 1>, tile.directions = ["in", "out", "out"],
    tile.grid = affine_map<()[s0, s1, s2] -> (s2 ceildiv 512)>} {
  %p = tile.program_id 0
  %x = tile.load %a[%p] map #map other 0.0 : f8E5M2 : !V -> tensor<512xf8E5M2>
  %u = arith.extf %x : tensor<512xf8E5M2> to tensor<512xf32>
  %low = arith.constant dense<-448.0> : tensor<512xf32>
  %high = arith.constant dense<448.0> : tensor<512xf32>
  %above = arith.maximumf %u, %low : tensor<512xf32>
  %clamped = arith.minimumf %above, %high : tensor<512xf32>
  %y = arith.truncf %clamped : tensor<512xf32> to tensor<512xf8E4M3FN>
  tile.store %y, %b[%p] map #map : tensor<512xf8E4M3FN>, !W
  %one = arith.constant dense<1.0> : tensor<512xf32>
  %small = arith.minimumf %above, %one : tensor<512xf32>
  %z = arith.truncf %small : tensor<512xf32> to tensor<512xf8E4M3FN>
  tile.store %z, %c[%p] map #map : tensor<512xf8E4M3FN>, !W
  return
}
