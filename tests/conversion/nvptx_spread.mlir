// RUN: girih-ptx %s --arch sm_90a --stage ptx 2>/dev/null | FileCheck %s

#row = affine_map<(d0)[s0] -> (s0 * 4096 + d0)>
!V = !tile.view<element = f32, sizes = [4096], strides = [1], unit = 0, align = 16>

// Blocks wait for each other once, with their reads under way, and then for the
// bytes that all of them send: 8 parts of 4 bytes.
// CHECK: .entry row(
// CHECK: .reqntid 64, 1, 1
// CHECK: .reqnctapercluster 4, 1, 1
// CHECK: mbarrier.init.shared::cta.b64 [%{{.+}}+32], 1;
// CHECK: mbarrier.arrive.expect_tx.shared::cta.b64 _, [%{{.+}}+32], 32;
// CHECK: fence.mbarrier_init.release.cluster;
// CHECK: barrier.cluster.arrive.relaxed.aligned;
// CHECK: ld.global
// CHECK: barrier.cluster.wait.aligned;
// CHECK-COUNT-4: st.async.weak.shared::cluster.mbarrier::complete_tx::bytes.b32
// CHECK: mbarrier.try_wait.parity.shared::cta.b64
// CHECK-NOT: barrier.cluster
// CHECK: st.global
func.func @row(%a: !V, %c: !V) attributes {tile.kernel, tile.config = "num_warps=8 num_ctas=4",
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
