// RUN: girih-host %s | FileCheck %s

// What no constraint can exclude is read without a mask; a reversed operand is gathered; what a store overwrites is
// read before it.
!v = !tile.view<element = i32, sizes = [32], strides = [1], unit = 0, align = 16>

// CHECK-LABEL: define void @girih_reverse(
// CHECK-NOT: masked.load
// CHECK: call <16 x i32> @llvm.masked.gather.v16i32.v16p0
// CHECK: store <16 x i32> %{{.+}}, ptr %3
// CHECK: load <16 x i32>, ptr %3
// CHECK: ; scratch: 768 bytes
func.func @reverse(%x: !v) attributes {
    tile.kernel, tile.config = "", tile.directions = ["inout"], tile.index_bits = 64,
    tile.grid = affine_map<()[s0] -> (s0 floordiv 32)>, tile.order = #tile.order<row_major, 1>} {
  %p = tile.program_id 0
  %t = tile.load %x[%p] map affine_map<(d0)[s0] -> (s0 * 32 + 31 - d0)>
    other 0 : i32 : !v -> tensor<32xi32>
  tile.store %t, %x[%p] map affine_map<(d0)[s0] -> (s0 * 32 + d0)> : tensor<32xi32>, !v
  return
}
