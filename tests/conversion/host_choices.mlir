// RUN: girih-host %s --features +avx2,+fma | FileCheck %s
// RUN: girih-host %s --features +avx2,+fma,+avx512f,+avx512bw,+avx512vl,+avx512dq | FileCheck %s --check-prefix=MASKS

// A choice between what is there and something else is stored whole: LLVM would make a masked store of it, which is slow
// on CPUs without AVX-512.
!v = !tile.view<element = f32, sizes = [1], strides = [1], unit = 0, align = 16>

// CHECK-LABEL: define void @girih_larger(
// CHECK: [[CHOSEN:%.+]] = select <8 x i1>
// CHECK: store volatile <8 x float> [[CHOSEN]],
// MASKS-LABEL: define void @girih_larger(
// MASKS-NOT: volatile
func.func @larger(%x: !v, %y: !v) attributes {
    tile.kernel, tile.config = "", tile.directions = ["in", "inout"], tile.index_bits = 64,
    tile.grid = affine_map<()[s0, s1] -> (s0 floordiv 64)>, tile.order = #tile.order<row_major, 1>} {
  %p = tile.program_id 0
  %a = tile.load %x[%p] map affine_map<(d0)[s0] -> (s0 * 64 + d0)> other 0.0 : f32 : !v -> tensor<64xf32>
  %b = tile.load %y[%p] map affine_map<(d0)[s0] -> (s0 * 64 + d0)> other 0.0 : f32 : !v -> tensor<64xf32>
  %m = arith.cmpf ogt, %a, %b : tensor<64xf32>
  %c = arith.select %m, %a, %b : tensor<64xi1>, tensor<64xf32>
  tile.store %c, %y[%p] map affine_map<(d0)[s0] -> (s0 * 64 + d0)> : tensor<64xf32>, !v
  return
}
