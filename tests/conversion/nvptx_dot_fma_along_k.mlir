// RUN: girih-ptx %s --arch sm_90a --stage ptx 2>/dev/null | FileCheck %s

// Where both lie along K, each access reads four depths.
// CHECK: .entry along_k(
// CHECK-NOT: cp.async.ca.shared.global {{.*}}, 4,
// CHECK: ld.shared.v4.b32
#a = affine_map<(d0, d1)[s0, s1, s2, s3] -> (s0 * 32 + d0, s1 * 32 + d1)>
#as = affine_set<(d0, d1)[s0, s1, s2, s3] : (s2 - s0 * 32 - d0 - 1 >= 0, s3 - s1 * 32 - d1 - 1 >= 0)>
#b = affine_map<(d0, d1)[s0, s1, s2, s3] -> (s0 * 32 + d0, s1 * 32 + d1)>
#bs = affine_set<(d0, d1)[s0, s1, s2, s3] : (s2 - s0 * 32 - d0 - 1 >= 0, s3 - s1 * 32 - d1 - 1 >= 0)>
#c = affine_map<(d0, d1)[s0, s1, s2, s3] -> (s0 * 32 + d0, s1 * 32 + d1)>
#cs = affine_set<(d0, d1)[s0, s1, s2, s3] : (s2 - s0 * 32 - d0 - 1 >= 0, s3 - s1 * 32 - d1 - 1 >= 0)>
!V = !tile.view<element = f32, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>
!W = !tile.view<element = f32, sizes = [16, 16], strides = [1, 16], unit = 0, align = 16>
func.func @along_k(%a: !V, %b: !W, %c: !V) attributes {tile.kernel, tile.config = "num_warps=2 num_stages=3",
    tile.index_bits = 32 : i64, tile.order = #tile.order<grouped, 8>,
    tile.directions = ["in", "in", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5] -> (s4 ceildiv 32, s5 ceildiv 32)>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %block = arith.constant 32 : index
  %m = tile.program_id 0
  %n = tile.program_id 1
  %sm = tile.size %a, 0 : !V
  %sk = tile.size %a, 1 : !V
  %bk = tile.size %b, 0 : !W
  %sn = tile.size %b, 1 : !W
  %count = arith.ceildivsi %sk, %block : index
  %zero = arith.constant dense<0.0> : tensor<32x32xf32>
  %r = scf.for %k = %c0 to %count step %c1 iter_args(%acc = %zero) -> tensor<32x32xf32> {
    %x = tile.load %a[%m, %k, %sm, %sk] map #a bounds #as other 0.0 : f32 : !V -> tensor<32x32xf32>
    %y = tile.load %b[%k, %n, %bk, %sn] map #b bounds #bs other 0.0 : f32 : !W -> tensor<32x32xf32>
    %d = tile.dot %x, %y, %acc precision ieee : tensor<32x32xf32>, tensor<32x32xf32> -> tensor<32x32xf32>
    scf.yield %d : tensor<32x32xf32>
  }
  tile.store %r, %c[%m, %n, %sm, %sn] map #c bounds #cs : tensor<32x32xf32>, !V
  return
}
