// RUN: girih-host %s | FileCheck %s
// RUN: girih-host %s --features +avx2,+fma | FileCheck %s --check-prefix=AVX2

// A chain is one loop over vectors: no buffer, one load and one store a vector, and a second, masked loop for the edge.
!v = !tile.view<element = f32, sizes = [1], strides = [1], unit = 0, align = 16>

// CHECK-LABEL: define void @girih_chain(ptr %0, i64 %1, i64 %2, ptr noalias align 64 %3)
// CHECK: br i1 %{{[0-9]+}}, label %[[INNER:then[0-9]*]], label %[[EDGE:else[0-9]*]]
// CHECK: load <16 x float>
// CHECK-NEXT: [[S:%.+]] = fmul <16 x float>
// CHECK-NEXT: fsub <16 x float> [[S]]
// CHECK: store <16 x float> {{.+}} !nontemporal
// CHECK: call <16 x float> @llvm.masked.load
// CHECK: call void @llvm.masked.store
// CHECK: ; scratch: 0 bytes

// AVX2-LABEL: define void @girih_chain
// AVX2: fmul <8 x float>
// AVX2-NOT: <16 x float>
// AVX2: ; scratch: 0 bytes
func.func @chain(%x: !v, %y: !v) attributes {
    tile.kernel, tile.config = "", tile.directions = ["in", "out"], tile.index_bits = 64,
    tile.grid = affine_map<()[s0, s1] -> ((s1 + 1023) floordiv 1024)>, tile.order = #tile.order<row_major, 1>} {
  %p = tile.program_id 0
  %n = tile.size %x, 0 : !v
  %t = tile.load %x[%p, %n] map affine_map<(d0)[s0, s1] -> (s0 * 1024 + d0)>
    bounds affine_set<(d0)[s0, s1] : (s1 - s0 * 1024 - d0 - 1 >= 0)>
    other 0.0 : f32 : !v -> tensor<1024xf32>
  %s = arith.mulf %t, %t : tensor<1024xf32>
  %r = arith.subf %s, %t : tensor<1024xf32>
  tile.store %r, %y[%p, %n] map affine_map<(d0)[s0, s1] -> (s0 * 1024 + d0)>
    bounds affine_set<(d0)[s0, s1] : (s1 - s0 * 1024 - d0 - 1 >= 0)> : tensor<1024xf32>, !v
  return
}
