// RUN: girih-host %s | FileCheck %s

// The accumulator stays in registers through k: 6 rows of 4 vectors, packed operands.
!a = !tile.view<element = bf16, sizes = [64, 64], strides = [64, 1], unit = 1, align = 16>
!c = !tile.view<element = f32, sizes = [64, 64], strides = [64, 1], unit = 1, align = 16>

// CHECK-LABEL: define void @girih_product(
// CHECK: shufflevector <32 x i16> zeroinitializer, <32 x i16> %{{[0-9]+}}
// CHECK-COUNT-24: phi <16 x float>
// CHECK-NOT: phi <16 x float>
// CHECK-COUNT-24: call <16 x float> @llvm.fmuladd.v16f32
// CHECK-NOT: llvm.masked
func.func @product(%a: !a, %b: !a, %c: !c) attributes {
    tile.kernel, tile.config = "", tile.directions = ["in", "in", "out"], tile.index_bits = 64,
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5] -> (s4 floordiv 64, s5 floordiv 64)>,
    tile.order = #tile.order<grouped, 8>} {
  %m = tile.program_id 0
  %n = tile.program_id 1
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %x = tile.load %a[%m] map affine_map<(d0, d1)[s0] -> (s0 * 64 + d0, d1)>
    other 0.0 : bf16 : !a -> tensor<64x64xbf16>
  %y = tile.load %b[%n] map affine_map<(d0, d1)[s0] -> (d0, s0 * 64 + d1)>
    other 0.0 : bf16 : !a -> tensor<64x64xbf16>
  %d = tile.dot %x, %y, %zero precision ieee : tensor<64x64xbf16>, tensor<64x64xbf16> -> tensor<64x64xf32>
  tile.store %d, %c[%m, %n] map affine_map<(d0, d1)[s0, s1] -> (s0 * 64 + d0, s1 * 64 + d1)>
    : tensor<64x64xf32>, !c
  return
}
