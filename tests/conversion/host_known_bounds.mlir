// RUN: girih-host %s --features +avx2,+fma,+avx512f,+avx512bw,+avx512vl,+avx512dq | FileCheck %s

// Which lanes are in bounds is asked for in the version of the loop that has masks only. The second question is another one, by
// one lane, and stays in both.

!v = !tile.view<element = f32, sizes = [1], strides = [1], unit = 0, align = 16>
#lanes = affine_map<(d0)[s0, s1] -> (s0 * 1024 + d0)>
#inside = affine_set<(d0)[s0, s1] : (s1 - s0 * 1024 - d0 - 1 >= 0)>

// CHECK-LABEL: define void @girih_distances(
// CHECK: [[LESS:%.+]] = icmp sge <16 x i32>
// CHECK: [[X:%.+]] = load <16 x float>
// CHECK-NEXT: select <16 x i1> [[LESS]], <16 x float> [[X]], <16 x float> splat (float 1.000000e+00)
// CHECK: [[M:%.+]] = call <16 x float> @llvm.masked.load
// CHECK-NEXT: [[S:%.+]] = select <16 x i1> %{{.+}}, <16 x float> [[M]], <16 x float> splat (float 1.000000e+00)
// CHECK-NEXT: select <16 x i1> %{{.+}}, <16 x float> [[S]], <16 x float> splat (float 1.000000e+00)
func.func @distances(%x: !v, %y: !v) attributes {
    tile.kernel, tile.config = "", tile.directions = ["in", "out"], tile.index_bits = 32,
    tile.grid = affine_map<()[s0, s1] -> ((s0 + 1023) floordiv 1024)>, tile.order = #tile.order<row_major, 1>} {
  %zero = arith.constant dense<0> : tensor<1024xi32>
  %one = arith.constant dense<1.0> : tensor<1024xf32>
  %p = tile.program_id 0
  %n = tile.size %x, 0 : !v
  %t = tile.load %x[%p, %n] map #lanes bounds #inside other 0.0 : f32 : !v -> tensor<1024xf32>
  %a = tile.coordinate[%n, %p] map affine_map<(d0)[s0, s1] -> (s0 - 1 - (d0 + s1 * 1024))> : tensor<1024xi32>
  %b = arith.cmpi sge, %a, %zero : tensor<1024xi32>
  %s = arith.select %b, %t, %one : tensor<1024xi1>, tensor<1024xf32>
  %c = tile.coordinate[%n, %p] map affine_map<(d0)[s0, s1] -> (s0 - 2 - (d0 + s1 * 1024))> : tensor<1024xi32>
  %d = arith.cmpi sge, %c, %zero : tensor<1024xi32>
  %r = arith.select %d, %s, %one : tensor<1024xi1>, tensor<1024xf32>
  tile.store %r, %y[%p, %n] map #lanes bounds #inside : tensor<1024xf32>, !v
  return
}
