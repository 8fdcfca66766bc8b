// RUN: girih-ptx %s --arch sm_90a --stage ptx 2>/dev/null | FileCheck %s
// RUN: sed s/row_major/descending/ %s > %t2
// RUN: girih-ptx %t2 --arch sm_90a --stage ptx 2>/dev/null | FileCheck %t2 --check-prefix=BACK

// Either role counts blocks on until there are no more programs. The result
// goes to memory in 16 bytes from the lanes that gathered them, and nothing
// waits for the whole program but the barriers' beginning.
// CHECK: .entry product(
// CHECK: bar.sync
// CHECK-NOT: bar.sync
// CHECK: %nctaid.x
// CHECK: cp.async.bulk.tensor
// CHECK: %nctaid.x
// CHECK-NOT: st.shared
// CHECK: shfl.sync.bfly.b32 {{.*}}, 1, 31, -1
// CHECK: shfl.sync.bfly.b32 {{.*}}, 2, 31, -1
// CHECK-COUNT-8: st.global.v4.b32
// CHECK: wgmma.mma_async

// BACK: %nctaid.x
// BACK: {{div|rem}}.{{[su]}}32
#a = affine_map<(d0, d1)[s0, s1, s2, s3] -> (s0 * 128 + d0, s1 * 64 + d1)>
#as = affine_set<(d0, d1)[s0, s1, s2, s3] : (s2 - s0 * 128 - d0 - 1 >= 0, s3 - s1 * 64 - d1 - 1 >= 0)>
#b = affine_map<(d0, d1)[s0, s1, s2, s3] -> (s0 * 64 + d0, s1 * 128 + d1)>
#bs = affine_set<(d0, d1)[s0, s1, s2, s3] : (s2 - s0 * 64 - d0 - 1 >= 0, s3 - s1 * 128 - d1 - 1 >= 0)>
#c = affine_map<(d0, d1)[s0, s1, s2, s3] -> (s0 * 128 + d0, s1 * 128 + d1)>
#cs = affine_set<(d0, d1)[s0, s1, s2, s3] : (s2 - s0 * 128 - d0 - 1 >= 0, s3 - s1 * 128 - d1 - 1 >= 0)>
!V = !tile.view<element = bf16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>
func.func @product(%a: !V, %b: !V, %c: !V) attributes {tile.kernel,
    tile.config = "num_warps=8 num_stages=4 warp_specialize=1 persistent=1", tile.index_bits = 32 : i64,
    tile.order = #tile.order<row_major, 1>, tile.directions = ["in", "in", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5] -> (s4 ceildiv 128, s5 ceildiv 128)>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %block = arith.constant 64 : index
  %m = tile.program_id 0
  %n = tile.program_id 1
  %am = tile.size %a, 0 : !V
  %ak = tile.size %a, 1 : !V
  %bk = tile.size %b, 0 : !V
  %bn = tile.size %b, 1 : !V
  %count = arith.ceildivsi %ak, %block : index
  %zero = arith.constant dense<0.0> : tensor<128x128xf32>
  %r = scf.for %k = %c0 to %count step %c1 iter_args(%acc = %zero) -> tensor<128x128xf32> {
    %x = tile.load %a[%m, %k, %am, %ak] map #a bounds #as other 0.0 : bf16 : !V -> tensor<128x64xbf16>
    %y = tile.load %b[%k, %n, %bk, %bn] map #b bounds #bs other 0.0 : bf16 : !V -> tensor<64x128xbf16>
    %d = tile.dot %x, %y, %acc precision ieee : tensor<128x64xbf16>, tensor<64x128xbf16> -> tensor<128x128xf32>
    scf.yield %d : tensor<128x128xf32>
  }
  %h = arith.truncf %r : tensor<128x128xf32> to tensor<128x128xbf16>
  tile.store %h, %c[%m, %n, %am, %bn] map #c bounds #cs : tensor<128x128xbf16>, !V
  return
}
