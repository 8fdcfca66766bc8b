// RUN: girih-ptx %s --arch sm_80 --stage llvm 2>/dev/null | FileCheck %s

// 32-bit integers of a warp are combined by one instruction, and the results of
// the warps by way of memory that is written once: one barrier.
// CHECK: call i32 @llvm.nvvm.redux.sync.add(i32 %{{.+}}, i32 -1)
// CHECK: st.shared.b32
// CHECK: call void @llvm.nvvm.barrier
// CHECK-NOT: call void @llvm.nvvm.barrier
// CHECK: ld.shared.v4.b32
// CHECK: ret void
#id = affine_map<(d0) -> (d0)>
!I = !tile.view<element = i32, sizes = [16], strides = [1], unit = 0, align = 16>
func.func @total(%a: !I, %c: !I) attributes {tile.kernel,
    tile.config = "num_warps=4", tile.index_bits = 32 : i64,
    tile.order = #tile.order<row_major, 1>, tile.directions = ["in", "out"],
    tile.grid = affine_map<()[s0, s1] -> (1)>} {
  %x = tile.load %a[] map #id other 0 : i32 : !I -> tensor<512xi32>
  %s = tile.reduce %x dim 0 : tensor<512xi32> -> i32 {
  ^bb0(%u: i32, %v: i32):
    %t = arith.addi %u, %v : i32
    tile.yield %t : i32
  }
  %b = tensor.splat %s : tensor<1xi32>
  tile.store %b, %c[] map #id : tensor<1xi32>, !I
  return
}
