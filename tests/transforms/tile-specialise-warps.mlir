// RUN: girih-opt %s -tile-assign-layouts="warps=8 capability=90" -tile-overlap-dots="stages=4" -tile-specialise-warps="stages=4 warps=8" 2>&1 | FileCheck %s
// RUN: girih-opt %s -tile-assign-layouts="warps=8 capability=80" -tile-specialise-warps="stages=4 warps=8" 2>&1 | FileCheck %s --check-prefix=OLD

// CHECK: remark: tile-specialise-warps: no warps that only copy: addresses of an operand of a dot take too many registers

#a = affine_map<(d0, d1)[s0, s1, s2, s3] -> (s0 * 128 + d0, s1 * 64 + d1)>
#as = affine_set<(d0, d1)[s0, s1, s2, s3] : (s2 - s0 * 128 - d0 - 1 >= 0, s3 - s1 * 64 - d1 - 1 >= 0)>
#b = affine_map<(d0, d1)[s0, s1, s2, s3] -> (s0 * 64 + d0, s1 * 128 + d1)>
#bs = affine_set<(d0, d1)[s0, s1, s2, s3] : (s2 - s0 * 64 - d0 - 1 >= 0, s3 - s1 * 128 - d1 - 1 >= 0)>
#c = affine_map<(d0, d1)[s0, s1, s2, s3] -> (s0 * 128 + d0, s1 * 128 + d1)>
#cs = affine_set<(d0, d1)[s0, s1, s2, s3] : (s2 - s0 * 128 - d0 - 1 >= 0, s3 - s1 * 128 - d1 - 1 >= 0)>
#tight = affine_set<(d0, d1)[s0, s1, s2, s3, s4] : (s4 - s0 * 64 - d0 - 1 >= 0)>
#tightb = affine_map<(d0, d1)[s0, s1, s2, s3, s4] -> (s0 * 64 + d0, s1 * 128 + d1)>
!V = !tile.view<element = bf16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>
!F = !tile.view<element = f32, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>
#f = affine_map<(d0, d1)[s0, s1, s2, s3] -> (s0 * 128 + d0, s1 + d1)>
#fs = affine_set<(d0, d1)[s0, s1, s2, s3] : (s2 - s0 * 128 - d0 - 1 >= 0, s3 - s1 - d1 - 1 >= 0)>
#rows = affine_map<(d0, d1) -> (d0, 0)>
!U = !tile.view<element = bf16, sizes = [2, 2], strides = [2, 1], unit = 1, align = 4>
!I = !tile.view<element = i32, sizes = [1], strides = [1], unit = 0, align = 4>

// Both operands are boxes: the copy engine brings 128 x 64 and 64 x 128 of two
// bytes, one thread asks for them.
// CHECK-LABEL: func.func @engine
// CHECK: %[[A:.+]] = tile.alloc_shared : <[128, 64], bf16
// CHECK: %[[B:.+]] = tile.alloc_shared : <[64, 128], bf16
// CHECK: %[[FULL:.+]] = tile.alloc_barriers : !tile.barriers<4, 1>
// CHECK: %[[FREE:.+]] = tile.alloc_barriers : !tile.barriers<4, 8>
// CHECK: tile.producer warps 4 {
// CHECK: %[[ZERO:.+]] = arith.constant 0
// CHECK: %[[ONE:.+]] = arith.constant 1
// CHECK: scf.for {{.*}} iter_args(%[[STAGE:.+]] = %[[ZERO]], %[[PHASE:.+]] = %[[ONE]])
// CHECK: tile.barrier_wait %[[FREE]][%[[STAGE]]] phase %[[PHASE]]
// CHECK-NEXT: tile.barrier_expect %[[FULL]][%[[STAGE]]] bytes 32768
// CHECK-NEXT: tile.copy_bulk %arg0[{{.*}} dims [0, 1] into %[[A]][%[[STAGE]]] signals %[[FULL]][%[[STAGE]]]
// CHECK-NEXT: tile.copy_bulk %arg1[{{.*}} dims [0, 1] into %[[B]][%[[STAGE]]] signals %[[FULL]][%[[STAGE]]]
// CHECK-NOT: barrier_arrive
// CHECK: scf.yield
// CHECK: scf.for %[[K:.+]] = %[[FIRST:.+]] to {{.*}} %[[READ:[a-z0-9]+]] = %{{.+}}, %[[TURN:[a-z0-9]+]] = %{{.+}}, %[[BEFORE:[a-z0-9]+]] = %{{.+}}) ->
// CHECK-NEXT: tile.barrier_wait %[[FULL]][%[[READ]]] phase %[[TURN]]
// CHECK-NEXT: tile.shared_load %[[A]][%[[READ]]]
// CHECK-NEXT: tile.shared_load %[[B]][%[[READ]]]
// CHECK-NEXT: tile.dot {{.*}} in_flight
// CHECK-NEXT: tile.dot_wait 1
// CHECK: %[[LATER:.+]] = arith.cmpi ne, %[[K]], %[[FIRST]]
// CHECK-NEXT: tile.barrier_arrive %[[FREE]][%[[BEFORE]]] if %[[LATER]]

// OLD: remark: tile-specialise-warps: no warps that only copy: a dot is not done by warp groups
// OLD-NOT: tile.producer
func.func @engine(%a: !V, %b: !V, %c: !V) attributes {tile.kernel, tile.config = "",
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

// What is added up beside the units: a stage is free as soon as its dot has
// landed.
// CHECK-LABEL: func.func @added
// CHECK: %[[FULL:.+]] = tile.alloc_barriers : !tile.barriers<4, 1>
// CHECK: %[[FREE:.+]] = tile.alloc_barriers : !tile.barriers<4, 8>
// CHECK: }
// CHECK: scf.for {{.*}} %[[READ:[a-z0-9]+]] = %{{.+}}, %[[TURN:[a-z0-9]+]] = %{{.+}}) ->
// CHECK: tile.barrier_wait %[[FULL]][%[[READ]]] phase %[[TURN]]
// CHECK: tile.dot {{.*}} in_flight
// CHECK: tile.dot_wait 0
// CHECK-NEXT: tile.barrier_arrive %[[FREE]][%[[READ]]] :
// CHECK: arith.addf
func.func @added(%a: !V, %b: !V, %c: !V) attributes {tile.kernel, tile.config = "",
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
  %count = arith.ceildivsi %ak, %block : index
  %zero = arith.constant dense<0.0> : tensor<128x128xf32>
  %r = scf.for %k = %c0 to %count step %c1 iter_args(%acc = %zero) -> tensor<128x128xf32> {
    %x = tile.load %a[%m, %k, %am, %ak] map #a bounds #as other 0.0 : bf16 : !V -> tensor<128x64xbf16>
    %y = tile.load %b[%k, %n, %bk, %bn] map #b bounds #bs other 0.0 : bf16 : !V -> tensor<64x128xbf16>
    %d = tile.dot %x, %y, %zero precision ieee : tensor<128x64xbf16>, tensor<64x128xbf16> -> tensor<128x128xf32>
    %s = arith.addf %acc, %d : tensor<128x128xf32>
    scf.yield %s : tensor<128x128xf32>
  }
  %h = arith.truncf %r : tensor<128x128xf32> to tensor<128x128xbf16>
  tile.store %h, %c[%m, %n, %am, %bn] map #c bounds #cs : tensor<128x128xbf16>, !V
  return
}

// Scales come with the tiles of their round, copied by threads.
// CHECK-LABEL: func.func @scaled
// CHECK: %[[SCALES:.+]] = tile.alloc_shared : <[128, 1], f32
// CHECK: %[[FULL:.+]] = tile.alloc_barriers : !tile.barriers<4, 129>
// CHECK: tile.copy_async %arg3[{{.*}} into %[[SCALES]][
// CHECK-NEXT: tile.barrier_arrive %[[FULL]][%{{.+}}] copied
// CHECK: scf.for
// CHECK-NOT: tile.load
// CHECK: tile.dot {{.*}} in_flight
// CHECK: tile.shared_load %[[SCALES]][%{{.+}}] : {{.*}} -> tensor<128x1xf32
// CHECK: tile.dot_wait 0
// CHECK-NEXT: tile.barrier_arrive
// CHECK: math.fma
func.func @scaled(%a: !V, %b: !V, %c: !V, %f: !F) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "in", "out", "in"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5, s6, s7] -> (s4 ceildiv 128, s5 ceildiv 128)>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %block = arith.constant 64 : index
  %m = tile.program_id 0
  %n = tile.program_id 1
  %am = tile.size %a, 0 : !V
  %ak = tile.size %a, 1 : !V
  %bk = tile.size %b, 0 : !V
  %bn = tile.size %b, 1 : !V
  %fm = tile.size %f, 0 : !F
  %fk = tile.size %f, 1 : !F
  %count = arith.ceildivsi %ak, %block : index
  %zero = arith.constant dense<0.0> : tensor<128x128xf32>
  %r = scf.for %k = %c0 to %count step %c1 iter_args(%acc = %zero) -> tensor<128x128xf32> {
    %x = tile.load %a[%m, %k, %am, %ak] map #a bounds #as other 0.0 : bf16 : !V -> tensor<128x64xbf16>
    %y = tile.load %b[%k, %n, %bk, %bn] map #b bounds #bs other 0.0 : bf16 : !V -> tensor<64x128xbf16>
    %d = tile.dot %x, %y, %zero precision ieee : tensor<128x64xbf16>, tensor<64x128xbf16> -> tensor<128x128xf32>
    %each = tile.load %f[%m, %k, %fm, %fk] map #f bounds #fs other 0.0 : f32 : !F -> tensor<128x1xf32>
    %w = tile.remap %each map #rows : tensor<128x1xf32> -> tensor<128x128xf32>
    %s = math.fma %d, %w, %acc : tensor<128x128xf32>
    scf.yield %s : tensor<128x128xf32>
  }
  %h = arith.truncf %r : tensor<128x128xf32> to tensor<128x128xbf16>
  tile.store %h, %c[%m, %n, %am, %bn] map #c bounds #cs : tensor<128x128xbf16>, !V
  return
}

// The first operand is not aligned, the second ends before its memory does, at
// a number that memory holds: threads copy the first, and what that end cuts of
// the second, whose whole tiles the copy engine brings.
// CHECK-LABEL: func.func @threads
// CHECK: %[[FULL:.+]] = tile.alloc_barriers : !tile.barriers<4, 129>
// CHECK: tile.producer
// CHECK: tile.load %arg3
// CHECK: scf.for
// CHECK: tile.barrier_wait
// CHECK-NEXT: %[[WHOLE:.+]] = tile.holds #{{.+}}[%{{.+}}]
// CHECK-NEXT: scf.if %[[WHOLE]] {
// CHECK-NEXT: tile.barrier_expect %[[FULL]][%{{.+}}] bytes 16384
// CHECK-NEXT: tile.copy_async %arg0
// CHECK-NEXT: tile.copy_bulk %arg1
// CHECK-NEXT: } else {
// CHECK-NEXT: tile.barrier_expect %[[FULL]][%{{.+}}] bytes 0
// CHECK-NEXT: tile.copy_async %arg0
// CHECK-NEXT: tile.copy_async %arg1
// CHECK-NEXT: }
// CHECK-NEXT: tile.barrier_arrive %[[FULL]][%{{.+}}] copied
func.func @threads(%a: !U, %b: !V, %c: !V, %end: !I) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "in", "out", "in"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5, s6] -> (s4 ceildiv 128, s5 ceildiv 128)>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %block = arith.constant 64 : index
  %m = tile.program_id 0
  %n = tile.program_id 1
  %am = tile.size %a, 0 : !U
  %ak = tile.size %a, 1 : !U
  %bk = tile.size %b, 0 : !V
  %bn = tile.size %b, 1 : !V
  %e = tile.load %end[%c0] map affine_map<()[s0] -> (s0)> other 0 : i32 : !I -> tensor<i32>
  %e1 = tensor.extract %e[] : tensor<i32>
  %e2 = arith.index_cast %e1 : i32 to index
  %count = arith.ceildivsi %ak, %block : index
  %zero = arith.constant dense<0.0> : tensor<128x128xf32>
  %r = scf.for %k = %c0 to %count step %c1 iter_args(%acc = %zero) -> tensor<128x128xf32> {
    %x = tile.load %a[%m, %k, %am, %ak] map #a bounds #as other 0.0 : bf16 : !U -> tensor<128x64xbf16>
    %y = tile.load %b[%k, %n, %bk, %bn, %e2] map #tightb bounds #tight other 0.0 : bf16 : !V -> tensor<64x128xbf16>
    %d = tile.dot %x, %y, %acc precision ieee : tensor<128x64xbf16>, tensor<64x128xbf16> -> tensor<128x128xf32>
    scf.yield %d : tensor<128x128xf32>
  }
  %h = arith.truncf %r : tensor<128x128xf32> to tensor<128x128xbf16>
  tile.store %h, %c[%m, %n, %am, %bn] map #c bounds #cs : tensor<128x128xbf16>, !V
  return
}

// Two loops that read the same tiles go on with one ring: the second begins
// where the first ends, whose last stage is free once its dots have ended.
// CHECK-LABEL: func.func @twice
// CHECK-COUNT-2: tile.alloc_shared
// CHECK-NOT: tile.alloc_shared
// CHECK: tile.producer
// CHECK: %[[AT:.+]]:2 = scf.for
// CHECK: scf.for {{.*}} = %[[AT]]#0, %{{.+}} = %[[AT]]#1)
// CHECK: %[[ONE:.+]]:4 = scf.for
// CHECK: tile.dot_wait 0(%[[ONE]]#0
// CHECK: tile.barrier_arrive %{{.+}}[%[[ONE]]#3] if
// CHECK: scf.for {{.*}} = %[[ONE]]#1, %{{.+}} = %[[ONE]]#2, %{{.+}} = %[[ONE]]#1)
func.func @twice(%a: !V, %b: !V, %c: !V) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "in", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5] -> (s4 ceildiv 128, s5 ceildiv 128)>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %block = arith.constant 64 : index
  %m = tile.program_id 0
  %n = tile.program_id 1
  %am = tile.size %a, 0 : !V
  %ak = tile.size %a, 1 : !V
  %bk = tile.size %b, 0 : !V
  %bn = tile.size %b, 1 : !V
  %count = arith.ceildivsi %ak, %block : index
  %zero = arith.constant dense<0.0> : tensor<128x128xf32>
  %p = scf.for %k = %c0 to %c4 step %c1 iter_args(%acc = %zero) -> tensor<128x128xf32> {
    %x = tile.load %a[%m, %k, %am, %ak] map #a bounds #as other 0.0 : bf16 : !V -> tensor<128x64xbf16>
    %y = tile.load %b[%k, %n, %bk, %bn] map #b bounds #bs other 0.0 : bf16 : !V -> tensor<64x128xbf16>
    %d = tile.dot %x, %y, %acc precision ieee : tensor<128x64xbf16>, tensor<64x128xbf16> -> tensor<128x128xf32>
    scf.yield %d : tensor<128x128xf32>
  }
  %r = scf.for %k = %c4 to %count step %c1 iter_args(%acc = %p) -> tensor<128x128xf32> {
    %x = tile.load %a[%m, %k, %am, %ak] map #a bounds #as other 0.0 : bf16 : !V -> tensor<128x64xbf16>
    %y = tile.load %b[%k, %n, %bk, %bn] map #b bounds #bs other 0.0 : bf16 : !V -> tensor<64x128xbf16>
    %d = tile.dot %x, %y, %acc precision ieee : tensor<128x64xbf16>, tensor<64x128xbf16> -> tensor<128x128xf32>
    scf.yield %d : tensor<128x128xf32>
  }
  %h = arith.truncf %r : tensor<128x128xf32> to tensor<128x128xbf16>
  tile.store %h, %c[%m, %n, %am, %bn] map #c bounds #cs : tensor<128x128xbf16>, !V
  return
}

// One more tile behind a loop is in the next stage of its ring, whose other tiles
// are not copied then. It is free when the dot has read it, and the next loop
// goes on behind it.
// CHECK-LABEL: func.func @further
// CHECK: %[[A:.+]] = tile.alloc_shared : <[128, 64], bf16
// CHECK: %[[B:.+]] = tile.alloc_shared : <[64, 128], bf16
// CHECK-NOT: tile.alloc_shared
// CHECK: %[[FULL:.+]] = tile.alloc_barriers
// CHECK: %[[FREE:.+]] = tile.alloc_barriers
// CHECK: tile.producer
// CHECK: %[[AT:.+]]:2 = scf.for
// CHECK: tile.barrier_expect %[[FULL]][%{{.+}}] bytes 32768
// CHECK: tile.barrier_wait %[[FREE]][%[[AT]]#0] phase %[[AT]]#1
// CHECK-NEXT: tile.barrier_expect %[[FULL]][%[[AT]]#0] bytes 16384
// CHECK-NEXT: tile.copy_bulk %arg1[{{.*}} into %[[B]][%[[AT]]#0] signals %[[FULL]][%[[AT]]#0]
// CHECK: %[[NEXT:.+]] = arith.select
// CHECK: %[[TURN:.+]] = arith.select
// CHECK: scf.for {{.*}} = %[[NEXT]], %{{.+}} = %[[TURN]])
// CHECK: %[[ONE:.+]]:3 = scf.for
// CHECK: tile.barrier_wait %[[FULL]][%[[ONE]]#1] phase %[[ONE]]#2
// CHECK: %[[NEXT:.+]] = arith.select
// CHECK: %[[TURN:.+]] = arith.select
// CHECK: tile.shared_load %[[B]][%[[ONE]]#1]
// CHECK-NEXT: tile.dot
// CHECK-NEXT: tile.barrier_arrive %[[FREE]][%[[ONE]]#1] :
// CHECK: scf.for {{.*}} = %[[NEXT]], %{{.+}} = %[[TURN]], %{{.+}} = %[[NEXT]])
func.func @further(%a: !V, %b: !V, %c: !V) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "in", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5] -> (s4 ceildiv 128, s5 ceildiv 128)>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %block = arith.constant 64 : index
  %m = tile.program_id 0
  %n = tile.program_id 1
  %am = tile.size %a, 0 : !V
  %ak = tile.size %a, 1 : !V
  %bk = tile.size %b, 0 : !V
  %bn = tile.size %b, 1 : !V
  %count = arith.ceildivsi %ak, %block : index
  %zero = arith.constant dense<0.0> : tensor<128x128xf32>
  %ones = arith.constant dense<1.0> : tensor<128x64xbf16>
  %p = scf.for %k = %c0 to %c4 step %c1 iter_args(%acc = %zero) -> tensor<128x128xf32> {
    %x = tile.load %a[%m, %k, %am, %ak] map #a bounds #as other 0.0 : bf16 : !V -> tensor<128x64xbf16>
    %y = tile.load %b[%k, %n, %bk, %bn] map #b bounds #bs other 0.0 : bf16 : !V -> tensor<64x128xbf16>
    %d = tile.dot %x, %y, %acc precision ieee : tensor<128x64xbf16>, tensor<64x128xbf16> -> tensor<128x128xf32>
    %e = arith.mulf %d, %d : tensor<128x128xf32>
    scf.yield %e : tensor<128x128xf32>
  }
  %z = tile.load %b[%c0, %n, %bk, %bn] map #b bounds #bs other 0.0 : bf16 : !V -> tensor<64x128xbf16>
  %q = tile.dot %ones, %z, %p precision ieee : tensor<128x64xbf16>, tensor<64x128xbf16> -> tensor<128x128xf32>
  %r = scf.for %k = %c4 to %count step %c1 iter_args(%acc = %q) -> tensor<128x128xf32> {
    %x = tile.load %a[%m, %k, %am, %ak] map #a bounds #as other 0.0 : bf16 : !V -> tensor<128x64xbf16>
    %y = tile.load %b[%k, %n, %bk, %bn] map #b bounds #bs other 0.0 : bf16 : !V -> tensor<64x128xbf16>
    %d = tile.dot %x, %y, %acc precision ieee : tensor<128x64xbf16>, tensor<64x128xbf16> -> tensor<128x128xf32>
    scf.yield %d : tensor<128x128xf32>
  }
  %h = arith.truncf %r : tensor<128x128xf32> to tensor<128x128xbf16>
  tile.store %h, %c[%m, %n, %am, %bn] map #c bounds #cs : tensor<128x128xbf16>, !V
  return
}

// Threads that copy have few registers: not enough for places that are not
// linear.
// CHECK-LABEL: func.func @crooked
// CHECK-NOT: tile.producer
func.func @crooked(%a: !U, %b: !V, %c: !V) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "in", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5] -> (s4 ceildiv 128, s5 ceildiv 128)>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %n = tile.program_id 1
  %bk = tile.size %b, 0 : !V
  %bn = tile.size %b, 1 : !V
  %zero = arith.constant dense<0.0> : tensor<128x128xf32>
  %r = scf.for %k = %c0 to %c4 step %c1 iter_args(%acc = %zero) -> tensor<128x128xf32> {
    %x = tile.load %a[%k] map affine_map<(d0, d1)[s0] -> (d0 floordiv 12 + d0 mod 12, s0 * 64 + d1)> other 0.0 : bf16 : !U -> tensor<128x64xbf16>
    %y = tile.load %b[%k, %n, %bk, %bn] map #b bounds #bs other 0.0 : bf16 : !V -> tensor<64x128xbf16>
    %d = tile.dot %x, %y, %acc precision ieee : tensor<128x64xbf16>, tensor<64x128xbf16> -> tensor<128x128xf32>
    scf.yield %d : tensor<128x128xf32>
  }
  %h = arith.truncf %r : tensor<128x128xf32> to tensor<128x128xbf16>
  tile.store %h, %c[%n, %n, %bk, %bn] map #c bounds #cs : tensor<128x128xbf16>, !V
  return
}
