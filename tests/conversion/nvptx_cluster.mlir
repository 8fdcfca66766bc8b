// RUN: girih-ptx %s --arch sm_90a --stage ptx 2>/dev/null | FileCheck %s

// Blocks leave their sums in shared memory, from where each adds up what all
// have of its half of the columns.
// CHECK: .entry product(
// CHECK: .reqnctapercluster 2, 1, 1
// CHECK: %cluster_ctarank
// CHECK: wgmma.mma_async
// CHECK: st.shared.v4.b32
// CHECK: barrier.cluster.arrive.aligned;
// CHECK: barrier.cluster.wait.aligned;
// CHECK: mapa.shared::cluster.u32 %{{.+}}, %{{.+}}, 0;
// CHECK-COUNT-4: ld.shared::cluster.v4.b32
// CHECK: mapa.shared::cluster.u32 %{{.+}}, %{{.+}}, 1;
// CHECK-COUNT-4: ld.shared::cluster.v4.b32
// CHECK-NOT: ld.shared::cluster
// CHECK: barrier.cluster.arrive.aligned;
// CHECK: st.global
#a = affine_map<(d0, d1)[s0, s1, s2, s3] -> (s0 * 64 + d0, s1 * 64 + d1)>
#as = affine_set<(d0, d1)[s0, s1, s2, s3] : (s2 - s0 * 64 - d0 - 1 >= 0, s3 - s1 * 64 - d1 - 1 >= 0)>
#b = affine_map<(d0, d1)[s0, s1, s2, s3] -> (s0 * 64 + d0, s1 * 64 + d1)>
#bs = affine_set<(d0, d1)[s0, s1, s2, s3] : (s2 - s0 * 64 - d0 - 1 >= 0, s3 - s1 * 64 - d1 - 1 >= 0)>
#c = affine_map<(d0, d1)[s0, s1, s2, s3] -> (s0 * 64 + d0, s1 * 64 + d1)>
#cs = affine_set<(d0, d1)[s0, s1, s2, s3] : (s2 - s0 * 64 - d0 - 1 >= 0, s3 - s1 * 64 - d1 - 1 >= 0)>
!V = !tile.view<element = bf16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>
func.func @product(%a: !V, %b: !V, %c: !V) attributes {tile.kernel, tile.config = "num_warps=4 num_stages=3 split_k=2",
    tile.index_bits = 32 : i64, tile.order = #tile.order<grouped, 8>,
    tile.directions = ["in", "in", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5] -> (s4 ceildiv 64, s5 ceildiv 64)>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %block = arith.constant 64 : index
  %m = tile.program_id 0
  %n = tile.program_id 1
  %sm = tile.size %a, 0 : !V
  %sk = tile.size %a, 1 : !V
  %bk = tile.size %b, 0 : !V
  %sn = tile.size %b, 1 : !V
  %count = arith.ceildivsi %sk, %block : index
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %r = scf.for %k = %c0 to %count step %c1 iter_args(%acc = %zero) -> tensor<64x64xf32> {
    %x = tile.load %a[%m, %k, %sm, %sk] map #a bounds #as other 0.0 : bf16 : !V -> tensor<64x64xbf16>
    %y = tile.load %b[%k, %n, %bk, %sn] map #b bounds #bs other 0.0 : bf16 : !V -> tensor<64x64xbf16>
    %d = tile.dot %x, %y, %acc precision ieee : tensor<64x64xbf16>, tensor<64x64xbf16> -> tensor<64x64xf32>
    scf.yield %d : tensor<64x64xf32>
  }
  %h = arith.truncf %r : tensor<64x64xf32> to tensor<64x64xbf16>
  tile.store %h, %c[%m, %n, %sm, %sn] map #c bounds #cs : tensor<64x64xbf16>, !V
  return
}
