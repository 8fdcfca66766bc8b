// RUN: girih-host %s --features +avx2,+fma | FileCheck %s

// What is rounded to bf16 by hand, and a sum of two arrays, are computed by the first nest that needs them and read by the
// others.
!b = !tile.view<element = bf16, sizes = [1], strides = [1], unit = 0, align = 16>
!f = !tile.view<element = f32, sizes = [1], strides = [1], unit = 0, align = 16>

// CHECK-LABEL: define void @girih_residual(
// CHECK: fadd <16 x float>
// CHECK: fmul <8 x float>
// CHECK-NOT: fadd <16 x float>
// CHECK: ; scratch: 1536 bytes
func.func @residual(%x: !b, %r: !b, %h: !b, %y: !f) attributes {
    tile.kernel, tile.config = "", tile.directions = ["in", "in", "out", "out"], tile.index_bits = 64,
    tile.grid = affine_map<()[s0, s1, s2, s3] -> (s0 floordiv 512)>, tile.order = #tile.order<row_major, 1>} {
  %p = tile.program_id 0
  %0 = tile.load %x[%p] map affine_map<(d0)[s0] -> (s0 * 512 + d0)> other 0.0 : bf16 : !b -> tensor<512xbf16>
  %1 = tile.load %r[%p] map affine_map<(d0)[s0] -> (s0 * 512 + d0)> other 0.0 : bf16 : !b -> tensor<512xbf16>
  %2 = arith.extf %0 : tensor<512xbf16> to tensor<512xf32>
  %3 = arith.extf %1 : tensor<512xbf16> to tensor<512xf32>
  %4 = arith.addf %2, %3 : tensor<512xf32>
  %5 = arith.truncf %4 : tensor<512xf32> to tensor<512xbf16>
  tile.store %5, %h[%p] map affine_map<(d0)[s0] -> (s0 * 512 + d0)> : tensor<512xbf16>, !b
  %6 = arith.extf %5 : tensor<512xbf16> to tensor<512xf32>
  %7 = arith.mulf %6, %6 : tensor<512xf32>
  tile.store %7, %y[%p] map affine_map<(d0)[s0] -> (s0 * 512 + d0)> : tensor<512xf32>, !f
  return
}
