// RUN: girih-ptx %s --arch sm_90a --stage ptx 2>/dev/null | FileCheck %s

// What a dot by warp groups takes from registers is there before its fence: the
// fragments that are rounded from f32, and sums that begin as a constant, which
// would be made where they are used.
// CHECK-LABEL: .entry rounded(
// CHECK: cvt.rn.bf16x2.f32
// CHECK: mov.b32 [[ONE:%r[0-9]+]], 1065353216;
// CHECK: wgmma.fence.sync.aligned;
// CHECK-NOT: cvt.rn
// CHECK-NOT: 1065353216
// CHECK: wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16

#grid = affine_map<()[s0, s1, s2, s3, s4, s5] -> (s0 floordiv 64)>
#rows = affine_map<(d0, d1)[s0, s1] -> (d0 + s0 * 64, d1 + s1 * 64)>
#whole = affine_set<(d0, d1)[s0, s1] : (0 == 0)>
!f32s = !tile.view<element = f32, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>
!bf16s = !tile.view<element = bf16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>
module {
  func.func @rounded(%a: !f32s, %b: !bf16s, %c: !f32s) attributes {tile.kernel, tile.grid = #grid, tile.order = #tile.order<row_major, 1>, tile.index_bits = 32 : i64, tile.config = "num_warps=4 num_stages=3 warp_specialize=1", tile.directions = ["in", "in", "out"]} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %one = arith.constant dense<1.0> : tensor<64x64xf32>
    %zero = arith.constant dense<0.0> : tensor<64x64xf32>
    %row = tile.program_id 0
    %k = tile.size %b, 0 : !bf16s
    %c64 = arith.constant 64 : index
    %rounds = arith.floordivsi %k, %c64 : index
    %x = tile.load %a[%row, %c0] map #rows bounds #whole other 0.0 : f32 : !f32s -> tensor<64x64xf32>
    %sum = scf.for %i = %c0 to %rounds step %c1 iter_args(%acc = %zero) -> (tensor<64x64xf32>) {
      %y = tile.load %b[%i, %c0] map #rows bounds #whole other 0.0 : bf16 : !bf16s -> tensor<64x64xbf16>
      %scaled = arith.mulf %x, %acc : tensor<64x64xf32>
      %left = arith.truncf %scaled : tensor<64x64xf32> to tensor<64x64xbf16>
      %next = tile.dot %left, %y, %one precision ieee : tensor<64x64xbf16>, tensor<64x64xbf16> -> tensor<64x64xf32>
      scf.yield %next : tensor<64x64xf32>
    }
    tile.store %sum, %c[%row, %c0] map #rows bounds #whole : tensor<64x64xf32>, !f32s
    return
  }
}
