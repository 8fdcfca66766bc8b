// RUN: girih-ptx %s --arch sm_80 --stage llvm 2>/dev/null | FileCheck %s

// Statistics go back to their rows in registers: four rows a thread, each over
// sixteen lanes.
// CHECK-COUNT-16: call i32 @llvm.nvvm.shfl.sync.bfly.i32
// CHECK-NOT: shfl
// CHECK-NOT: .shared
// CHECK: ret void
#row = affine_map<(d0, d1) -> (d0, d1)>
!M = !tile.view<element = f32, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>
func.func @rows(%a: !M, %c: !M) attributes {tile.kernel,
    tile.config = "num_warps=4", tile.index_bits = 32 : i64,
    tile.order = #tile.order<row_major, 1>, tile.directions = ["in", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3] -> (1)>} {
  %x = tile.load %a[] map #row other 0.0 : f32 : !M -> tensor<32x64xf32>
  %s = tile.reduce %x dim 1 : tensor<32x64xf32> -> tensor<32xf32> {
  ^bb0(%u: f32, %v: f32):
    %t = arith.addf %u, %v : f32
    tile.yield %t : f32
  }
  %b = tile.remap %s map affine_map<(d0, d1) -> (d0)> : tensor<32xf32> -> tensor<32x64xf32>
  %d = arith.subf %x, %b : tensor<32x64xf32>
  tile.store %d, %c[] map #row : tensor<32x64xf32>, !M
  return
}
