// RUN: girih-host %s --features +avx2,+fma,+avx512f,+avx512bw,+avx512vl,+avx512dq | FileCheck %s

// A loop that adds tiles lane by lane carries its sums in registers, sixteen at most, and asks for what it reads two rounds
// later. Only what comes after the loop finds them in memory.

!v = !tile.view<element = f32, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>
!s = !tile.view<element = f32, sizes = [16], strides = [1], unit = 0, align = 16>

// CHECK-LABEL: define void @girih_sums(
// CHECK-COUNT-16: phi <16 x float> [ zeroinitializer
// CHECK-NOT: store <16 x float>
// CHECK: [[X:%.+]] = load <16 x float>
// CHECK: call void @llvm.prefetch.p0(ptr %{{.+}}, i32 0, i32 2, i32 1)
// CHECK: fadd <16 x float> %{{.+}}, [[X]]
// CHECK-NOT: store <16 x float>
// CHECK: br i1
// CHECK: store <16 x float>
func.func @sums(%x: !v, %y: !s) attributes {
    tile.kernel, tile.config = "", tile.directions = ["in", "out"], tile.index_bits = 64,
    tile.grid = affine_map<()[s0, s1, s2] -> (s0)>, tile.order = #tile.order<row_major, 1>} {
  %p = tile.program_id 0
  %n = tile.size %x, 1 : !v
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c256 = arith.constant 256 : index
  %rounds = arith.floordivsi %n, %c256 : index
  %zeros = arith.constant dense<0.0> : tensor<1x256xf32>
  %sums = scf.for %k = %c0 to %rounds step %c1 iter_args(%sum = %zeros) -> (tensor<1x256xf32>) {
    %t = tile.load %x[%p, %k] map affine_map<(d0, d1)[s0, s1] -> (s0 + d0, s1 * 256 + d1)> other 0.0 : f32 : !v -> tensor<1x256xf32>
    %next = arith.addf %sum, %t : tensor<1x256xf32>
    scf.yield %next : tensor<1x256xf32>
  }
  %r = tile.reduce %sums dim 1 : tensor<1x256xf32> -> tensor<1xf32> {
  ^bb0(%a: f32, %b: f32):
    %c = arith.addf %a, %b : f32
    tile.yield %c : f32
  }
  tile.store %r, %y[%p] map affine_map<(d0)[s0] -> (s0 + d0)> : tensor<1xf32>, !s
  return
}
