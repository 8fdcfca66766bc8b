// RUN: girih-ptx %s --arch sm_90a --stage ptx 2>/dev/null | FileCheck %s
// RUN: sed s/warp_specialize=1/warp_specialize=0/ %s > %t
// RUN: girih-ptx %t --arch sm_90a --stage ptx 2>/dev/null | FileCheck %t --check-prefix=NONE

// A map of each operand that is copied comes behind the other parameters; four
// warps copy, and leave most of their registers to the others.
// CHECK: .entry product(
// CHECK: .param .align 64 .b8 product_param_15[128],
// CHECK: .param .align 64 .b8 product_param_16[128]
// CHECK: .reqntid 384
// CHECK: .maxnreg 168
// CHECK-COUNT-8: mbarrier.init.shared::cta.b64
// CHECK: fence.mbarrier_init.release.cluster;
// CHECK: bar.sync {{.*}}0;
// CHECK: setmaxnreg.dec.sync.aligned.u32 32;
// CHECK: elect.sync
// CHECK: mbarrier.try_wait.parity
// CHECK-NOT: @%p{{[0-9]+}} mbarrier
// CHECK: mbarrier.arrive.expect_tx.shared::cta.b64 _, [{{.+}}], 49152;
// CHECK-COUNT-5: {{^.}}cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes
// CHECK: setmaxnreg.inc.sync.aligned.u32 232;
// CHECK: mbarrier.try_wait.parity
// CHECK: wgmma.mma_async
// CHECK: mbarrier.arrive.shared::cta.b64 _,

// NONE: .entry product(
// NONE-NOT: mbarrier
// NONE-NOT: setmaxnreg
// NONE: cp.async.cg.shared.global
// NONE-NOT: mbarrier
#a = affine_map<(d0, d1)[s0, s1, s2, s3] -> (s0 * 128 + d0, s1 * 64 + d1)>
#as = affine_set<(d0, d1)[s0, s1, s2, s3] : (s2 - s0 * 128 - d0 - 1 >= 0, s3 - s1 * 64 - d1 - 1 >= 0)>
#b = affine_map<(d0, d1)[s0, s1, s2, s3] -> (s0 * 64 + d0, s1 * 256 + d1)>
#bs = affine_set<(d0, d1)[s0, s1, s2, s3] : (s2 - s0 * 64 - d0 - 1 >= 0, s3 - s1 * 256 - d1 - 1 >= 0)>
#c = affine_map<(d0, d1)[s0, s1, s2, s3] -> (s0 * 128 + d0, s1 * 256 + d1)>
#cs = affine_set<(d0, d1)[s0, s1, s2, s3] : (s2 - s0 * 128 - d0 - 1 >= 0, s3 - s1 * 256 - d1 - 1 >= 0)>
!V = !tile.view<element = bf16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>
func.func @product(%a: !V, %b: !V, %c: !V) attributes {tile.kernel, tile.config = "num_warps=8 num_stages=4 warp_specialize=1",
    tile.index_bits = 32 : i64, tile.order = #tile.order<grouped, 8>,
    tile.directions = ["in", "in", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5] -> (s4 ceildiv 128, s5 ceildiv 256)>} {
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
  %zero = arith.constant dense<0.0> : tensor<128x256xf32>
  %r = scf.for %k = %c0 to %count step %c1 iter_args(%acc = %zero) -> tensor<128x256xf32> {
    %x = tile.load %a[%m, %k, %sm, %sk] map #a bounds #as other 0.0 : bf16 : !V -> tensor<128x64xbf16>
    %y = tile.load %b[%k, %n, %bk, %sn] map #b bounds #bs other 0.0 : bf16 : !V -> tensor<64x256xbf16>
    %d = tile.dot %x, %y, %acc precision ieee : tensor<128x64xbf16>, tensor<64x256xbf16> -> tensor<128x256xf32>
    scf.yield %d : tensor<128x256xf32>
  }
  %h = arith.truncf %r : tensor<128x256xf32> to tensor<128x256xbf16>
  tile.store %h, %c[%m, %n, %sm, %sn] map #c bounds #cs : tensor<128x256xbf16>, !V
  return
}
