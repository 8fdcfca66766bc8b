// RUN: girih-host %s --features +avx2,+fma,+avx512f,+avx512bw,+avx512vl,+avx512dq | FileCheck %s

// What only bf16 is made of has few digits: e^x a polynomial of degree 4, 1 + erf x one function of degree 9 and 4. An exponential
// that is stored as f32 too, or one that something is taken from, has degree 6.

!b = !tile.view<element = bf16, sizes = [1], strides = [1], unit = 0, align = 16>
!f = !tile.view<element = f32, sizes = [1], strides = [1], unit = 0, align = 16>
#lanes = affine_map<(d0)[s0] -> (s0 * 1024 + d0)>

// CHECK-LABEL: define void @girih_mixed(
// CHECK-NOT: float 0x3F56A23D00000000
// CHECK: float 0x3F83A02CC0000000
// CHECK: fdiv <64 x float>
// CHECK-NOT: float 0x3F56A23D00000000
// CHECK: float 0xBE67D07E00000000
// CHECK: float 0x3F83A02CC0000000
// CHECK: float 0x3F56A23D00000000
// CHECK: store <64 x i16>
// CHECK-NOT: float 0x3F83A02CC0000000
// CHECK: float 0x3F56A23D00000000
// CHECK-NOT: float 0x3F83A02CC0000000
// CHECK: ret 
func.func @mixed(%x: !b, %silu: !b, %gelu: !b, %less: !b, %both: !b, %wide: !f) attributes {
    tile.kernel, tile.config = "", tile.directions = ["in", "out", "out", "out", "out", "out"], tile.index_bits = 64,
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5] -> (s0 floordiv 1024)>, tile.order = #tile.order<row_major, 1>} {
  %one = arith.constant dense<1.0> : tensor<1024xf32>
  %p = tile.program_id 0
  %t = tile.load %x[%p] map #lanes other 0.0 : bf16 : !b -> tensor<1024xbf16>
  %v = arith.extf %t : tensor<1024xbf16> to tensor<1024xf32>

  %n = arith.negf %v : tensor<1024xf32>
  %e = math.exp %n : tensor<1024xf32>
  %s = arith.addf %e, %one : tensor<1024xf32>
  %q = arith.divf %v, %s : tensor<1024xf32>
  %r = arith.truncf %q : tensor<1024xf32> to tensor<1024xbf16>
  tile.store %r, %silu[%p] map #lanes : tensor<1024xbf16>, !b

  %g = math.erf %v : tensor<1024xf32>
  %h = arith.addf %g, %one : tensor<1024xf32>
  %i = arith.mulf %h, %v : tensor<1024xf32>
  %j = arith.truncf %i : tensor<1024xf32> to tensor<1024xbf16>
  tile.store %j, %gelu[%p] map #lanes : tensor<1024xbf16>, !b

  %k = math.exp %v : tensor<1024xf32>
  %l = arith.subf %k, %one : tensor<1024xf32>
  %m = arith.truncf %l : tensor<1024xf32> to tensor<1024xbf16>
  tile.store %m, %less[%p] map #lanes : tensor<1024xbf16>, !b

  %d = arith.addf %v, %v : tensor<1024xf32>
  %u = math.exp %d : tensor<1024xf32>
  %w = arith.truncf %u : tensor<1024xf32> to tensor<1024xbf16>
  tile.store %w, %both[%p] map #lanes : tensor<1024xbf16>, !b
  tile.store %u, %wide[%p] map #lanes : tensor<1024xf32>, !f
  return
}
