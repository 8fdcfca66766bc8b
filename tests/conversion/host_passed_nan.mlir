// RUN: girih-host %s --features +avx2,+fma | FileCheck %s

// A number that is passed has its NaN made a short one, once: what comes from it and bf16 is then rounded without care.
!v = !tile.view<element = bf16, sizes = [1], strides = [1], unit = 0, align = 16>
!n = !tile.view<element = f32, sizes = [], strides = [], unit = -1, align = 4>

// CHECK-LABEL: define void @girih_shifted(
// CHECK: fcmp uno float
// CHECK-NOT: fcmp uno <
// CHECK: store <16 x i16>
func.func @shifted(%x: !v, %n: !n, %y: !v) attributes {
    tile.kernel, tile.config = "", tile.directions = ["in", "in", "out"], tile.index_bits = 64,
    tile.grid = affine_map<()[s0, s1] -> (s0 floordiv 1024)>, tile.order = #tile.order<row_major, 1>} {
  %p = tile.program_id 0
  %t = tile.load %x[%p] map affine_map<(d0)[s0] -> (s0 * 1024 + d0)> other 0.0 : bf16 : !v -> tensor<1024xbf16>
  %f = arith.extf %t : tensor<1024xbf16> to tensor<1024xf32>
  %e = tile.value %n : !n -> f32
  %s = tensor.splat %e : tensor<1024xf32>
  %r = arith.addf %f, %s : tensor<1024xf32>
  %b = arith.truncf %r : tensor<1024xf32> to tensor<1024xbf16>
  tile.store %b, %y[%p] map affine_map<(d0)[s0] -> (s0 * 1024 + d0)> : tensor<1024xbf16>, !v
  return
}
