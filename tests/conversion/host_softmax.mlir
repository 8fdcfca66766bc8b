// RUN: girih-host %s --features +avx2,+fma,+avx512f,+avx512bw,+avx512vl,+avx512dq | FileCheck %s

// A row's softmax is three loops over vectors: the largest lane, by its image; the exponential, kept and summed in one
// pass; the quotient. What a broadcast repeats is computed before the loop that uses it. Of the loops that read x the one
// that computes asks for the next program's row.

!v = !tile.view<element = f32, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>

// CHECK-LABEL: define void @girih_softmax(
// CHECK: load <16 x float>
// CHECK-NOT: @llvm.prefetch
// CHECK: call <16 x i32> @llvm.smax
// CHECK-NEXT: call <16 x i32> @llvm.smin
// CHECK-NEXT: call <16 x i32> @llvm.umax
// CHECK: extractelement <1 x float>
// CHECK: [[TOP:%.+]] = load float, ptr
// CHECK: insertelement <32 x float> poison, float [[TOP]]
// CHECK: call void @llvm.prefetch.p0(ptr %{{.+}}, i32 0, i32 2, i32 1)
// CHECK: call <16 x float> @llvm.x86.avx512.mask.scalef.ps.512
// CHECK: store <32 x float> [[E:%[0-9]+]], ptr
// CHECK-NEXT: fadd <32 x float> %{{.+}}, [[E]]
// CHECK: [[SUM:%.+]] = load float, ptr
// CHECK: insertelement <32 x float> poison, float [[SUM]]
// CHECK-NOT: float 0x3FF71547
// CHECK: fdiv <32 x float>
// CHECK-NOT: @llvm.exp
func.func @softmax(%x: !v, %y: !v) attributes {
    tile.kernel, tile.config = "", tile.directions = ["in", "out"], tile.index_bits = 64,
    tile.grid = affine_map<()[s0, s1, s2, s3] -> (s0)>, tile.order = #tile.order<row_major, 1>} {
  %p = tile.program_id 0
  %t = tile.load %x[%p] map affine_map<(d0, d1)[s0] -> (s0 + d0, d1)> other 0.0 : f32 : !v -> tensor<1x512xf32>
  %m = tile.reduce %t dim 1 : tensor<1x512xf32> -> tensor<1xf32> {
  ^bb0(%a: f32, %b: f32):
    %c = arith.maximumf %a, %b : f32
    tile.yield %c : f32
  }
  %mm = tile.remap %m map affine_map<(d0, d1) -> (d0)> : tensor<1xf32> -> tensor<1x512xf32>
  %d = arith.subf %t, %mm : tensor<1x512xf32>
  %e = math.exp %d : tensor<1x512xf32>
  %s = tile.reduce %e dim 1 : tensor<1x512xf32> -> tensor<1xf32> {
  ^bb0(%a: f32, %b: f32):
    %c = arith.addf %a, %b : f32
    tile.yield %c : f32
  }
  %ss = tile.remap %s map affine_map<(d0, d1) -> (d0)> : tensor<1xf32> -> tensor<1x512xf32>
  %q = arith.divf %e, %ss : tensor<1x512xf32>
  tile.store %q, %y[%p] map affine_map<(d0, d1)[s0] -> (s0 + d0, d1)> : tensor<1x512xf32>, !v
  return
}
