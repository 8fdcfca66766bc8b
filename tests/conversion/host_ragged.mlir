// RUN: girih-host %s --features +avx2,+fma | FileCheck %s
// RUN: girih-host %s --features +avx2,+fma,+avx512f,+avx512bw,+avx512vl,+avx512dq | FileCheck %s --check-prefix=MASKS

// A tile that reaches beyond its row needs masks from the first vector on that does. Where the CPU has none for what is
// stored, a vector that is all outside is left alone.
!v = !tile.view<element = bf16, sizes = [1], strides = [1], unit = 0, align = 16>

// CHECK-LABEL: define void @girih_negated(
// CHECK: [[INSIDE:%.+]] = and i64 %{{.+}}, -16
// CHECK: icmp sgt i64 [[INSIDE]], 0
// CHECK: load <16 x i16>
// CHECK: store <16 x i16>
// CHECK: phi i64 [ [[INSIDE]],
// CHECK: call i1 @llvm.vector.reduce.or.v16i1
// CHECK: call <16 x i16> @llvm.masked.load.v16i16.p0
// CHECK: call i1 @llvm.vector.reduce.or.v16i1
// CHECK: call void @llvm.masked.store.v16i16.p0

// MASKS-LABEL: define void @girih_negated(
// MASKS: and i64 %{{.+}}, -{{32|64}}
// MASKS-NOT: vector.reduce.or
// MASKS: call void @llvm.masked.store.v{{32|64}}i16.p0
// MASKS-NOT: vector.reduce.or
func.func @negated(%x: !v, %y: !v) attributes {
    tile.kernel, tile.config = "", tile.directions = ["in", "out"], tile.index_bits = 64,
    tile.grid = affine_map<()[s0, s1] -> ((s0 + 1023) floordiv 1024)>, tile.order = #tile.order<row_major, 1>} {
  %p = tile.program_id 0
  %n = tile.size %x, 0 : !v
  %m = tile.size %y, 0 : !v
  %t = tile.load %x[%p, %n] map affine_map<(d0)[s0, s1] -> (s0 * 1024 + d0)>
    bounds affine_set<(d0)[s0, s1] : (s1 - s0 * 1024 - d0 - 1 >= 0)> other 0.0 : bf16 : !v -> tensor<1024xbf16>
  %r = arith.negf %t : tensor<1024xbf16>
  tile.store %r, %y[%p, %m] map affine_map<(d0)[s0, s1] -> (s0 * 1024 + d0)>
    bounds affine_set<(d0)[s0, s1] : (s1 - s0 * 1024 - d0 - 1 >= 0)> : tensor<1024xbf16>, !v
  return
}
