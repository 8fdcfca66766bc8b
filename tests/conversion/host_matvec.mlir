// RUN: girih-host %s | FileCheck %s

// A matrix times a vector: the matrix is read once, straight from the operand, and never lies in scratch memory.
!a = !tile.view<element = bf16, sizes = [64, 64], strides = [64, 1], unit = 1, align = 16>
!x = !tile.view<element = bf16, sizes = [64, 1], strides = [1, 1], unit = 0, align = 16>
!y = !tile.view<element = f32, sizes = [64, 1], strides = [1, 1], unit = 0, align = 16>

// CHECK-LABEL: define void @girih_matvec(
// CHECK-COUNT-8: phi <32 x float>
// CHECK: load <32 x i16>
// CHECK: call <32 x float> @llvm.fmuladd.v32f32
// CHECK: call reassoc float @llvm.vector.reduce.fadd.v32f32
// CHECK: ; scratch: 1792 bytes
func.func @matvec(%a: !a, %x: !x, %y: !y) attributes {
    tile.kernel, tile.config = "", tile.directions = ["in", "in", "out"], tile.index_bits = 64,
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5] -> (s0 floordiv 64)>,
    tile.order = #tile.order<row_major, 1>} {
  %m = tile.program_id 0
  %zero = arith.constant dense<0.0> : tensor<64x1xf32>
  %w = tile.load %a[%m] map affine_map<(d0, d1)[s0] -> (s0 * 64 + d0, d1)>
    other 0.0 : bf16 : !a -> tensor<64x256xbf16>
  %v = tile.load %x[] map affine_map<(d0, d1) -> (d0, d1)> other 0.0 : bf16 : !x -> tensor<256x1xbf16>
  %d = tile.dot %w, %v, %zero precision ieee : tensor<64x256xbf16>, tensor<256x1xbf16> -> tensor<64x1xf32>
  tile.store %d, %y[%m] map affine_map<(d0, d1)[s0] -> (s0 * 64 + d0, d1)> : tensor<64x1xf32>, !y
  return
}
