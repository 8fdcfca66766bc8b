// RUN: girih-ptx %s --arch sm_80 --stage llvm 2>/dev/null | FileCheck %s

// Four warps sort 512 keys of two digits: each has four times 32 of them, finds
// those with the same digit by ballots and counts them, alone. All meet where
// counts are added up, and before the next digit. What was sorted with the keys
// are the numbers of lanes, which the pairs hold: nothing else is moved.
// CHECK-LABEL: define ptx_kernel void @digits
// CHECK: call void @llvm.nvvm.barrier.cta.sync
// CHECK: icmp ult i32 %{{.*}}, 2
// CHECK-COUNT-4: ld.shared.b32
// CHECK-COUNT-2: st.shared.v4
// CHECK-COUNT-4: vote.sync.ballot.b32 $0, p, -1
// CHECK-NOT: b32 $0, p, -1
// CHECK: call void @llvm.nvvm.barrier.cta.sync
// CHECK-COUNT-5: shfl.sync.up
// CHECK: call void @llvm.nvvm.barrier.cta.sync
// CHECK: call void @llvm.nvvm.barrier.cta.sync
// CHECK: call void @llvm.nvvm.barrier.cta.sync
// CHECK-NOT: barrier.cta
// CHECK: ret void
#row = affine_map<(d0) -> (d0)>
!K = !tile.view<element = bf16, sizes = [16], strides = [1], unit = 0, align = 16>
!P = !tile.view<element = i32, sizes = [16], strides = [1], unit = 0, align = 16>
func.func @digits(%a: !K, %c: !P) attributes {tile.kernel,
    tile.config = "num_warps=4", tile.index_bits = 32 : i64,
    tile.order = #tile.order<row_major, 1>, tile.directions = ["in", "out"],
    tile.grid = affine_map<()[s0, s1] -> (1)>} {
  %k = tile.load %a[] map #row other 0.0 : bf16 : !K -> tensor<512xbf16>
  %l = tile.coordinate[] map #row : tensor<512xi32>
  %s:2 = tile.sort %k, %l dim 0 : tensor<512xbf16>, tensor<512xi32> -> tensor<512xbf16>, tensor<512xi32>
  tile.store %s#1, %c[] map #row : tensor<512xi32>, !P
  return
}
