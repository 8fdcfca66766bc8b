// RUN: girih-host %s --features +avx2,+fma,+avx512f,+avx512bf16,+avx512bw,+avx512vl,+avx512dq | FileCheck %s
// RUN: girih-host %s --features +avx2,+fma,+avx512f,+avx512bw,+avx512vl,+avx512dq | FileCheck %s --check-prefix=WORDS

// bf16 is read and written in whole registers. The CPU's rounding is taken unless a result is subnormal; without it words
// are taken from two registers at once, and what comes from bf16 alone has no NaN to be careful of.

!v = !tile.view<element = bf16, sizes = [1], strides = [1], unit = 0, align = 16>

// CHECK-LABEL: define void @girih_roots(
// CHECK: load <64 x i16>
// CHECK: sqrt.v64f32
// CHECK: call <16 x i1> @llvm.x86.avx512.fpclass.ps.512
// CHECK: call <32 x bfloat> @llvm.x86.avx512bf16.cvtne2ps2bf16.512
// CHECK: br i1 %{{.+}}, label %{{.+}}, label %{{.+}}, !prof

// WORDS-LABEL: define void @girih_roots(
// WORDS: sqrt.v64f32
// WORDS-NOT: fcmp uno
// WORDS: shufflevector <128 x i16>
// WORDS: store <64 x i16>
func.func @roots(%x: !v, %y: !v) attributes {
    tile.kernel, tile.config = "", tile.directions = ["in", "out"], tile.index_bits = 64,
    tile.grid = affine_map<()[s0, s1] -> (s0 floordiv 1024)>, tile.order = #tile.order<row_major, 1>} {
  %p = tile.program_id 0
  %t = tile.load %x[%p] map affine_map<(d0)[s0] -> (s0 * 1024 + d0)> other 0.0 : bf16 : !v -> tensor<1024xbf16>
  %f = arith.extf %t : tensor<1024xbf16> to tensor<1024xf32>
  %r = math.sqrt %f : tensor<1024xf32>
  %b = arith.truncf %r : tensor<1024xf32> to tensor<1024xbf16>
  tile.store %b, %y[%p] map affine_map<(d0)[s0] -> (s0 * 1024 + d0)> : tensor<1024xbf16>, !v
  return
}
