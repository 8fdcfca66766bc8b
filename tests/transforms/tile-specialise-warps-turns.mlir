// RUN: girih-opt %s -tile-assign-layouts="warps=4 capability=90" -tile-overlap-dots="stages=4" -tile-specialise-warps="stages=4 warps=4 persistent=true groups=2" -tile-pipeline-loads="stages=4 warps=4" 2>&1 | FileCheck %s

#a = affine_map<(d0, d1)[s0, s1, s2] -> (s0 * 128 + d0, d1)>
#as = affine_set<(d0, d1)[s0, s1, s2] : (s1 - s0 * 128 - d0 - 1 >= 0, s2 - d1 - 1 >= 0)>
#b = affine_map<(d0, d1)[s0, s1, s2, s3] -> (s0 * 64 + d0, s1 * 128 + d1)>
#bs = affine_set<(d0, d1)[s0, s1, s2, s3] : (s2 - s0 * 64 - d0 - 1 >= 0, s3 - s1 * 128 - d1 - 1 >= 0)>
#c = affine_map<(d0, d1)[s0, s1, s2, s3] -> (s0 * 128 + d0, s1 * 128 + d1)>
#cs = affine_set<(d0, d1)[s0, s1, s2, s3] : (s2 - s0 * 128 - d0 - 1 >= 0, s3 - s1 * 128 - d1 - 1 >= 0)>
!V = !tile.view<element = bf16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>

// Two groups of four warps go through the programs, every other one of which is
// done by the first. A group waits for its turn, ends it behind its last wait
// for copies, and goes past what the other one reads: A and the rounds of B.
// CHECK-LABEL: func.func @programs
// CHECK: %[[AFULL:.+]] = tile.alloc_barriers : !tile.barriers<1, 1>
// CHECK: %[[AFREE:.+]] = tile.alloc_barriers : !tile.barriers<1, 4>
// CHECK: %[[FULL:.+]] = tile.alloc_barriers : !tile.barriers<4, 1>
// CHECK: %[[FREE:.+]] = tile.alloc_barriers : !tile.barriers<4, 4>
// CHECK: %[[TURNS:.+]] = tile.alloc_barriers : !tile.barriers<2, 4>
// CHECK: tile.producer warps 4 {
// CHECK-NOT: tile.group
// CHECK: tile.programs
// CHECK: %[[GROUP:.+]] = tile.group of 2
// CHECK: %[[P:.+]]:6 = scf.for %[[NUMBER:.+]] = {{.*}} iter_args(%[[AAT:.+]] = {{.+}}, %[[APHASE:.+]] = {{.+}}, %[[AT:.+]] = {{.+}}, %[[PHASE:.+]] = {{.+}}, %[[TURN:.+]] = %{{.+}}, %[[MINE:.+]] = %{{.+}})
// CHECK: %[[COUNT:.+]] = arith.ceildivsi
// CHECK: %[[OWN:.+]] = arith.cmpi eq, %[[TURN]], %[[GROUP]]
// CHECK: %[[IF:.+]]:5 = scf.if %[[OWN]]
// CHECK-NEXT: tile.barrier_wait %[[TURNS]][%[[GROUP]]] phase %[[MINE]]
// CHECK: tile.barrier_wait %[[AFULL]][%[[AAT]]] phase %[[APHASE]]
// CHECK: scf.for
// CHECK: tile.barrier_wait %[[FULL]]
// CHECK: tile.barrier_arrive %[[FREE]]
// CHECK: scf.yield
// CHECK-NEXT: }
// CHECK: %[[OTHER:.+]] = arith.subi %{{.+}}, %[[GROUP]]
// CHECK-NEXT: tile.barrier_arrive %[[TURNS]][%[[OTHER]]]
// CHECK: tile.dot_wait 0
// CHECK: tile.store
// CHECK: scf.yield
// CHECK: } else {
// CHECK-NOT: tile.barrier
// CHECK: scf.yield {{.*}}%[[MINE]]
// CHECK: scf.yield %[[IF]]#0, %[[IF]]#1, %[[IF]]#2, %[[IF]]#3, %{{.+}}, %[[IF]]#4
func.func @programs(%a: !V, %b: !V, %c: !V) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "in", "out"],
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
  %count = arith.ceildivsi %bk, %block : index
  %zero = arith.constant dense<0.0> : tensor<128x128xf32>
  %x = tile.load %a[%m, %am, %ak] map #a bounds #as other 0.0 : bf16 : !V -> tensor<128x64xbf16>
  %r = scf.for %k = %c0 to %count step %c1 iter_args(%acc = %zero) -> tensor<128x128xf32> {
    %y = tile.load %b[%k, %n, %bk, %bn] map #b bounds #bs other 0.0 : bf16 : !V -> tensor<64x128xbf16>
    %d = tile.dot %x, %y, %acc precision ieee : tensor<128x64xbf16>, tensor<64x128xbf16> -> tensor<128x128xf32>
    scf.yield %d : tensor<128x128xf32>
  }
  %h = arith.truncf %r : tensor<128x128xf32> to tensor<128x128xbf16>
  tile.store %h, %c[%m, %n, %am, %bn] map #c bounds #cs : tensor<128x128xbf16>, !V
  return
}
