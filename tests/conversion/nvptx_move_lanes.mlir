// RUN: girih-ptx %s --arch sm_80 --stage llvm 2>/dev/null | FileCheck %s

// What is in other lanes of the warp is shuffled.
// CHECK: xor i32 %{{.+}}, 31
// CHECK: call i32 @llvm.nvvm.shfl.sync.idx.i32
// CHECK-NOT: .shared
// CHECK: ret void
#id = affine_map<(d0) -> (d0)>
!F = !tile.view<element = f32, sizes = [1], strides = [1], unit = 0, align = 4>
func.func @reversed(%a: !F, %c: !F) attributes {tile.kernel,
    tile.config = "num_warps=1", tile.index_bits = 32 : i64,
    tile.order = #tile.order<row_major, 1>, tile.directions = ["in", "out"],
    tile.grid = affine_map<()[s0, s1] -> (1)>} {
  %x = tile.load %a[] map #id other 0.0 : f32 : !F -> tensor<32xf32>
  %y = arith.negf %x : tensor<32xf32>
  %z = tile.remap %y map affine_map<(d0) -> (31 - d0)> : tensor<32xf32> -> tensor<32xf32>
  tile.store %z, %c[] map #id : tensor<32xf32>, !F
  return
}
