// RUN: girih-opt %s -tile-assign-layouts="warps=8 capability=90" -tile-overlap-dots="stages=4" -tile-specialise-warps="stages=4 warps=8 persistent=true blocks=2" 2>&1 | FileCheck %s
// RUN: girih-opt %s -tile-assign-layouts="warps=8 capability=90" -tile-overlap-dots="stages=4" -tile-specialise-warps="stages=4 warps=8 blocks=2" 2>&1 | FileCheck %s --check-prefix=ONE

#a = affine_map<(d0, d1)[s0, s1, s2, s3] -> (s0 * 128 + d0, s1 * 64 + d1)>
#as = affine_set<(d0, d1)[s0, s1, s2, s3] : (s2 - s0 * 128 - d0 - 1 >= 0, s3 - s1 * 64 - d1 - 1 >= 0)>
#b = affine_map<(d0, d1)[s0, s1, s2, s3] -> (s0 * 64 + d0, s1 * 128 + d1)>
#bs = affine_set<(d0, d1)[s0, s1, s2, s3] : (s2 - s0 * 64 - d0 - 1 >= 0, s3 - s1 * 128 - d1 - 1 >= 0)>
#c = affine_map<(d0, d1)[s0, s1, s2, s3] -> (s0 * 128 + d0, s1 * 128 + d1)>
#cs = affine_set<(d0, d1)[s0, s1, s2, s3] : (s2 - s0 * 128 - d0 - 1 >= 0, s3 - s1 * 128 - d1 - 1 >= 0)>
!V = !tile.view<element = bf16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>

// CHECK-DAG: remark: tile-specialise-warps: no copies for a cluster: programs below each other have unlike rounds
// CHECK-DAG: remark: tile-specialise-warps: no copies for a cluster: a program cannot be done twice

// Rows of programs share B: each block brings half of its rows for both, and a
// stage is free when the warps of both have read it.
// CHECK-LABEL: func.func @product
// CHECK: %[[A:.+]] = tile.alloc_shared : <[128, 64], bf16
// CHECK: %[[B:.+]] = tile.alloc_shared : <[64, 128], bf16
// CHECK: %[[FULL:.+]] = tile.alloc_barriers : !tile.barriers<4, 1>
// CHECK: %[[FREE:.+]] = tile.alloc_barriers : !tile.barriers<4, 16>
// CHECK: tile.producer warps 4 {
// CHECK: tile.programs cluster 2
// CHECK: tile.barrier_wait %[[FREE]]
// CHECK-NEXT: tile.barrier_expect %[[FULL]][%{{.+}}] bytes 32768
// CHECK-NEXT: tile.copy_bulk %arg0{{.*}} into %[[A]][%{{[a-z0-9]+}}] signals %[[FULL]][%{{[a-z0-9]+}}] :
// CHECK-NEXT: tile.copy_bulk %arg1{{.*}} into %[[B]][%{{[a-z0-9]+}}] signals %[[FULL]][%{{[a-z0-9]+}}] cluster 2 :
// CHECK: tile.programs cluster 2
// CHECK: tile.barrier_arrive %[[FREE]][%{{[a-z0-9]+}}] if %{{[0-9]+}} cluster 2
// CHECK: tile.barrier_arrive %[[FREE]][%{{.+}}] if %{{[0-9]+}} cluster 2

// ONE: remark: tile-specialise-warps: no copies for a cluster: blocks do not do several programs
// ONE-LABEL: func.func @product
// ONE-NOT: cluster 2
func.func @product(%a: !V, %b: !V, %c: !V) attributes {tile.kernel, tile.config = "",
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

// Programs of other rows have more rounds: they would wait for each other.
// CHECK-LABEL: func.func @triangle
// CHECK-NOT: cluster 2
func.func @triangle(%a: !V, %b: !V, %c: !V) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "in", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5] -> (s4 ceildiv 128, s5 ceildiv 128)>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %m = tile.program_id 0
  %n = tile.program_id 1
  %am = tile.size %a, 0 : !V
  %ak = tile.size %a, 1 : !V
  %bk = tile.size %b, 0 : !V
  %bn = tile.size %b, 1 : !V
  %count = arith.addi %m, %c1 : index
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

// What is read and written cannot be done twice.
// CHECK-LABEL: func.func @added
// CHECK-NOT: cluster 2
func.func @added(%a: !V, %b: !V, %c: !V) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "in", "inout"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5] -> (s4 ceildiv 128, s5 ceildiv 128)>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %m = tile.program_id 0
  %n = tile.program_id 1
  %am = tile.size %a, 0 : !V
  %ak = tile.size %a, 1 : !V
  %bk = tile.size %b, 0 : !V
  %bn = tile.size %b, 1 : !V
  %zero = arith.constant dense<0.0> : tensor<128x128xf32>
  %r = scf.for %k = %c0 to %bk step %c1 iter_args(%acc = %zero) -> tensor<128x128xf32> {
    %x = tile.load %a[%m, %k, %am, %ak] map #a bounds #as other 0.0 : bf16 : !V -> tensor<128x64xbf16>
    %y = tile.load %b[%k, %n, %bk, %bn] map #b bounds #bs other 0.0 : bf16 : !V -> tensor<64x128xbf16>
    %d = tile.dot %x, %y, %acc precision ieee : tensor<128x64xbf16>, tensor<64x128xbf16> -> tensor<128x128xf32>
    scf.yield %d : tensor<128x128xf32>
  }
  %o = tile.load %c[%m, %n, %am, %bn] map #c bounds #cs other 0.0 : bf16 : !V -> tensor<128x128xbf16>
  %h = arith.truncf %r : tensor<128x128xf32> to tensor<128x128xbf16>
  %s = arith.addf %o, %h : tensor<128x128xbf16>
  tile.store %s, %c[%m, %n, %am, %bn] map #c bounds #cs : tensor<128x128xbf16>, !V
  return
}
