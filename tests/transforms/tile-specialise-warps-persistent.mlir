// RUN: girih-opt %s -tile-assign-layouts="warps=8 capability=90" -tile-overlap-dots="stages=4" -tile-specialise-warps="stages=4 warps=8 persistent=true" -tile-pipeline-loads="stages=4 warps=8" 2>&1 | FileCheck %s

#a = affine_map<(d0, d1)[s0, s1, s2] -> (s0 * 128 + d0, d1)>
#as = affine_set<(d0, d1)[s0, s1, s2] : (s1 - s0 * 128 - d0 - 1 >= 0, s2 - d1 - 1 >= 0)>
#b = affine_map<(d0, d1)[s0, s1, s2, s3] -> (s0 * 64 + d0, s1 * 128 + d1)>
#bs = affine_set<(d0, d1)[s0, s1, s2, s3] : (s2 - s0 * 64 - d0 - 1 >= 0, s3 - s1 * 128 - d1 - 1 >= 0)>
#c = affine_map<(d0, d1)[s0, s1, s2, s3] -> (s0 * 128 + d0, s1 * 128 + d1)>
#cs = affine_set<(d0, d1)[s0, s1, s2, s3] : (s2 - s0 * 128 - d0 - 1 >= 0, s3 - s1 * 128 - d1 - 1 >= 0)>
!V = !tile.view<element = bf16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>

// Either side goes from program to program with the places of both rings: that
// of A, which every round reads, and that of B. A is free once the dots that
// read it have ended, and so is the last of B.
// CHECK-LABEL: func.func @programs
// CHECK: %[[A:.+]] = tile.alloc_shared : <[128, 64], bf16
// CHECK: %[[B:.+]] = tile.alloc_shared : <[64, 128], bf16
// CHECK: %[[AFULL:.+]] = tile.alloc_barriers : !tile.barriers<1, 1>
// CHECK: %[[AFREE:.+]] = tile.alloc_barriers : !tile.barriers<1, 8>
// CHECK: %[[FULL:.+]] = tile.alloc_barriers : !tile.barriers<4, 1>
// CHECK: %[[FREE:.+]] = tile.alloc_barriers : !tile.barriers<4, 8>
// CHECK: tile.producer warps 4 {
// CHECK: %[[FIRST:.+]], %[[END:.+]], %[[STEP:.+]] = tile.programs
// CHECK: %[[P:.+]]:4 = scf.for %[[NUMBER:.+]] = %[[FIRST]] to %[[END]] step %[[STEP]] iter_args(%[[AT:.+]] = %{{.+}}, %[[TURN:.+]] = %{{.+}}, %[[STAGE:.+]] = %{{.+}}, %[[PHASE:.+]] = %{{.+}})
// CHECK: tile.program_id 0 of %[[NUMBER]]
// CHECK: tile.barrier_wait %[[AFREE]][%[[AT]]] phase %[[TURN]]
// CHECK-NEXT: tile.barrier_expect %[[AFULL]][%[[AT]]] bytes 16384
// CHECK-NEXT: tile.copy_bulk %arg0{{.*}} into %[[A]][%[[AT]]] signals %[[AFULL]][%[[AT]]]
// CHECK: %[[NEXT:.+]] = arith.subi %{{.+}}, %[[TURN]]
// CHECK: %[[ROUNDS:.+]]:2 = scf.for {{.*}} = %[[STAGE]], %{{.+}} = %[[PHASE]])
// CHECK: scf.yield %[[AT]], %[[NEXT]], %[[ROUNDS]]#0, %[[ROUNDS]]#1
// CHECK: %[[FIRST:.+]], %[[END:.+]], %[[STEP:.+]] = tile.programs
// CHECK: scf.for %[[NUMBER:.+]] = %[[FIRST]] to %[[END]] step %[[STEP]]
// CHECK-DAG: tile.program_id 0 of %[[NUMBER]]
// CHECK-DAG: tile.program_id 1 of %[[NUMBER]]
// CHECK: tile.barrier_wait %[[AFULL]]
// CHECK: scf.for
// CHECK: tile.barrier_wait %[[FULL]]
// CHECK: tile.dot {{.*}} in_flight
// CHECK: tile.barrier_arrive %[[FREE]]
// CHECK: scf.yield
// CHECK: tile.dot_wait 0
// CHECK: tile.barrier_arrive %[[AFREE]][%{{.+}}]
// CHECK: tile.barrier_arrive %[[FREE]][%{{.+}}] if
// CHECK: tile.store
// CHECK-NEXT: scf.yield
// CHECK-NEXT: }
// CHECK-NEXT: return
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
