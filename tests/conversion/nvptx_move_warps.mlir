// RUN: girih-ptx %s --arch sm_80 --stage llvm 2>/dev/null | FileCheck %s

// Between warps there is shared memory.
// CHECK: st.shared
// CHECK: call void @llvm.nvvm.barrier
// CHECK: ld.shared
// CHECK: ret void
#id = affine_map<(d0) -> (d0)>
!F = !tile.view<element = f32, sizes = [1], strides = [1], unit = 0, align = 4>
func.func @reversed(%a: !F, %c: !F) attributes {tile.kernel,
    tile.config = "num_warps=4", tile.index_bits = 32 : i64,
    tile.order = #tile.order<row_major, 1>, tile.directions = ["in", "out"],
    tile.grid = affine_map<()[s0, s1] -> (1)>} {
  %x = tile.load %a[] map #id other 0.0 : f32 : !F -> tensor<128xf32>
  %y = arith.negf %x : tensor<128xf32>
  %z = tile.remap %y map affine_map<(d0) -> (127 - d0)> : tensor<128xf32> -> tensor<128xf32>
  tile.store %z, %c[] map #id : tensor<128xf32>, !F
  return
}
