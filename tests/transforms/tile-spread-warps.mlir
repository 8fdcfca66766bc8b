// RUN: girih-opt %s -tile-assign-layouts="warps=8 capability=90" -tile-spread-warps="blocks=4 warps=8" 2>&1 | FileCheck %s
// RUN: girih-opt %s -tile-assign-layouts="warps=6 capability=90" -tile-spread-warps="blocks=4 warps=6" 2>&1 | FileCheck %s --check-prefix=ODD
// RUN: girih-opt %s -tile-assign-layouts="warps=32 capability=90" -tile-spread-warps="blocks=16 warps=32" 2>&1 | FileCheck %s --check-prefix=MANY

#row = affine_map<(d0)[s0] -> (s0 * 4096 + d0)>
!V = !tile.view<element = f32, sizes = [4096], strides = [1], unit = 0, align = 16>

// CHECK: remark: tile-spread-warps: each program has one block, as threads may need here what others have
// ODD: remark: tile-spread-warps: each program has one block, as 4 blocks cannot have equal parts of 6 warps
// MANY: remark: tile-spread-warps: each program has one block, as devices have no clusters of 16

// Threads go on with what they hold; a reduction is all that they share.
// CHECK-LABEL: func.func @row
// CHECK-SAME: tile.blocks = 4 : i64
// ODD-LABEL: func.func @row
// ODD-NOT: tile.blocks
func.func @row(%a: !V, %c: !V) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "out"], tile.grid = affine_map<()[s0, s1] -> (s1)>} {
  %p = tile.program_id 0
  %x = tile.load %a[%p] map #row other 0.0 : f32 : !V -> tensor<4096xf32>
  %all = tile.reduce %x dim 0 : tensor<4096xf32> -> f32 {
  ^bb0(%l: f32, %r: f32):
    %s = arith.addf %l, %r : f32
    tile.yield %s : f32
  }
  %spread = tensor.splat %all : tensor<4096xf32>
  %y = arith.subf %x, %spread : tensor<4096xf32>
  tile.store %y, %c[%p] map #row : tensor<4096xf32>, !V
  return
}

// CHECK-LABEL: func.func @turned
// CHECK-NOT: tile.blocks
func.func @turned(%a: !V, %c: !V) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "out"], tile.grid = affine_map<()[s0, s1] -> (s1)>} {
  %p = tile.program_id 0
  %x = tile.load %a[%p] map #row other 0.0 : f32 : !V -> tensor<4096xf32>
  %y = tile.remap %x map affine_map<(d0) -> (4095 - d0)> : tensor<4096xf32> -> tensor<4096xf32>
  tile.store %y, %c[%p] map #row : tensor<4096xf32>, !V
  return
}
