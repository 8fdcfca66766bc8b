// RUN: girih-ptx %s --arch sm_80 --stage ptx 2>/dev/null | FileCheck %s

// What a reduction reads of its own need not stay in the caches.
// CHECK-LABEL: .entry sum
// CHECK-NOT: ld.global.v4
// CHECK-COUNT-2: ld.global.cs.v4.b32
// CHECK-NOT: ld.global.v4
// CHECK: ret;
#tile = affine_map<(d0, d1)[s0, s1] -> (s0 * 4096 + s1 * 1024 + d1)>
#one = affine_map<(d0)[s0] -> (s0 + d0)>
!V = !tile.view<element = f32, sizes = [1024], strides = [1], unit = 0, align = 16>
!O = !tile.view<element = f32, sizes = [1], strides = [1], unit = 0, align = 4>
func.func @sum(%a: !V, %c: !O) attributes {tile.kernel,
    tile.config = "num_warps=4 num_stages=1", tile.index_bits = 64 : i64,
    tile.order = #tile.order<row_major, 1>, tile.directions = ["in", "out"],
    tile.grid = affine_map<()[s0, s1] -> (s1)>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %zero = arith.constant dense<0.0> : tensor<1x1024xf32>
  %p = tile.program_id 0
  %sum = scf.for %k = %c0 to %c4 step %c1 iter_args(%acc = %zero) -> tensor<1x1024xf32> {
    %x = tile.load %a[%p, %k] map #tile other 0.0 : f32 : !V -> tensor<1x1024xf32>
    %y = arith.addf %acc, %x : tensor<1x1024xf32>
    scf.yield %y : tensor<1x1024xf32>
  }
  %all = tile.reduce %sum dim 1 : tensor<1x1024xf32> -> tensor<1xf32> {
  ^bb0(%l: f32, %r: f32):
    %s = arith.addf %l, %r : f32
    tile.yield %s : f32
  }
  tile.store %all, %c[%p] map #one : tensor<1xf32>, !O
  return
}
