// RUN: girih-opt %s -tile-assign-layouts="warps=4 capability=80" -tile-pipeline-loads="stages=3 warps=4" | FileCheck %s
// RUN: girih-opt %s -tile-assign-layouts="warps=4 capability=80" -tile-pipeline-loads="stages=1 warps=4" | FileCheck %s --check-prefix=ONE

#a = affine_map<(d0, d1)[s0] -> (d0, s0 * 32 + d1)>
#b = affine_map<(d0, d1)[s0] -> (s0 * 32 + d0, d1)>
#c = affine_map<(d0, d1) -> (d0, d1)>
!V = !tile.view<element = bf16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>
!U = !tile.view<element = bf16, sizes = [1, 1], strides = [1, 1], unit = 1, align = 2>
!F = !tile.view<element = f32, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>

// CHECK-LABEL: func.func @ring
// CHECK: %[[A:.+]] = tile.alloc_shared : <[64, 32], bf16, {{.*}}stage 3
// CHECK: %[[B:.+]] = tile.alloc_shared : <[32, 64], bf16, {{.*}}stage 3
// CHECK: scf.if
// CHECK: tile.copy_async %{{.+}} into %[[A]]{{.*}} vector 8 along 1 :
// CHECK: tile.copy_async %{{.+}} into %[[B]]{{.*}} vector 1 along 1 blocking
// CHECK: tile.async_commit
// CHECK: scf.if
// CHECK: tile.async_commit
// CHECK: scf.for {{.*}} iter_args(%{{.+}} = %{{.+}}, %[[READ:.+]] = %{{.+}}, %[[WRITE:.+]] = %{{.+}})
// CHECK-NEXT: tile.async_wait 1
// CHECK: scf.if
// CHECK: tile.copy_async %{{.+}} into %[[A]][%[[WRITE]]]
// CHECK: tile.async_commit
// CHECK: tile.shared_load %[[A]][%[[READ]]]
// CHECK: tile.shared_load %[[B]][%[[READ]]]
// CHECK: tile.dot

// ONE-LABEL: func.func @ring
// ONE: scf.for
// ONE: tile.alloc_shared
// ONE: tile.async_wait 0
// ONE: tile.copy_async
// ONE: tile.async_commit
// ONE: tile.async_wait 0
// ONE: tile.dot
func.func @ring(%a: !V, %b: !U, %c: !F) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "in", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5] -> (1)>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tile.size %b, 0 : !U
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %r = scf.for %k = %c0 to %n step %c1 iter_args(%acc = %zero) -> tensor<64x64xf32> {
    %x = tile.load %a[%k] map #a other 0.0 : bf16 : !V -> tensor<64x32xbf16>
    %y = tile.load %b[%k] map #b other 0.0 : bf16 : !U -> tensor<32x64xbf16>
    %d = tile.dot %x, %y, %acc precision ieee : tensor<64x32xbf16>, tensor<32x64xbf16> -> tensor<64x64xf32>
    scf.yield %d : tensor<64x64xf32>
  }
  tile.store %r, %c[] map #c : tensor<64x64xf32>, !F
  return
}

// A load at a place that is data, the next page, is copied ahead with the
// number of that page.
// CHECK-LABEL: func.func @pages
// CHECK: %[[A:.+]] = tile.alloc_shared : <[64, 32], bf16, {{.*}}stage 3
// CHECK: scf.if
// CHECK: tile.load %arg3
// CHECK: tensor.extract
// CHECK: tile.copy_async %{{.+}} into %[[A]]
// CHECK: scf.for
// CHECK: scf.if
// CHECK: tile.load %arg3
// CHECK: tile.copy_async %{{.+}} into %[[A]]
// CHECK: tile.shared_load %[[A]]
#scalar = affine_map<()[s0] -> (s0)>
!T = !tile.view<element = i32, sizes = [16], strides = [1], unit = 0, align = 4>
func.func @pages(%a: !V, %b: !U, %c: !F, %table: !T) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "in", "out", "in"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5, s6] -> (1)>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tile.size %b, 0 : !U
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %r = scf.for %k = %c0 to %n step %c1 iter_args(%acc = %zero) -> tensor<64x64xf32> {
    %t = tile.load %table[%k] map #scalar other 0 : i32 : !T -> tensor<i32>
    %e = tensor.extract %t[] : tensor<i32>
    %page = arith.index_cast %e : i32 to index
    %x = tile.load %a[%page] map #a other 0.0 : bf16 : !V -> tensor<64x32xbf16>
    %y = tile.load %b[%k] map #b other 0.0 : bf16 : !U -> tensor<32x64xbf16>
    %d = tile.dot %x, %y, %acc precision ieee : tensor<64x32xbf16>, tensor<32x64xbf16> -> tensor<64x64xf32>
    scf.yield %d : tensor<64x64xf32>
  }
  tile.store %r, %c[] map #c : tensor<64x64xf32>, !F
  return
}

// First copies of a settled operand go ahead of the first access of what is
// not, with the number of rounds that is read; the others stay at the loop, and
// groups are theirs.
// CHECK-LABEL: func.func @early
// CHECK: tile.load %arg3
// CHECK: %[[A:.+]] = tile.alloc_shared : <[64, 32], bf16, {{.*}}stage 3
// CHECK: scf.if
// CHECK: tile.copy_async %arg0{{.*}} into %[[A]]
// CHECK-NOT: tile.async_commit
// CHECK: scf.if
// CHECK: tile.copy_async %arg0{{.*}} into %[[A]]
// CHECK-NOT: tile.async_commit
// CHECK: tile.load %arg4
// CHECK: %[[B:.+]] = tile.alloc_shared : <[32, 64], bf16, {{.*}}stage 3
// CHECK: scf.if
// CHECK: tile.copy_async %arg1{{.*}} into %[[B]]
// CHECK: tile.async_commit
// CHECK: scf.if
// CHECK: tile.copy_async %arg1{{.*}} into %[[B]]
// CHECK: tile.async_commit
// CHECK: scf.for
// CHECK: tile.async_wait 1
func.func @early(%a: !V, %b: !U, %c: !F, %table: !T, %d: !F) attributes {tile.kernel,
    tile.config = "", tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["settled in", "in", "out", "settled in", "in"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5, s6, s7, s8] -> (1)>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %begin = tile.load %d[] map #c other 0.0 : f32 : !F -> tensor<64x64xf32>
  %t = tile.load %table[%c0] map #scalar other 0 : i32 : !T -> tensor<i32>
  %e = tensor.extract %t[] : tensor<i32>
  %n = arith.index_cast %e : i32 to index
  %r = scf.for %k = %c0 to %n step %c1 iter_args(%acc = %begin) -> tensor<64x64xf32> {
    %x = tile.load %a[%k] map #a other 0.0 : bf16 : !V -> tensor<64x32xbf16>
    %y = tile.load %b[%k] map #b other 0.0 : bf16 : !U -> tensor<32x64xbf16>
    %p = tile.dot %x, %y, %acc precision ieee : tensor<64x32xbf16>, tensor<32x64xbf16> -> tensor<64x64xf32>
    scf.yield %p : tensor<64x64xf32>
  }
  tile.store %r, %c[] map #c : tensor<64x64xf32>, !F
  return
}

// One more tile behind a loop has the place of the round behind the last, and is
// copied instead of it: ahead of the loop where that has few rounds.
// CHECK-LABEL: func.func @further
// CHECK: %[[A:.+]] = tile.alloc_shared : <[64, 32], bf16, {{.*}}stage 3
// CHECK: %[[B:.+]] = tile.alloc_shared : <[32, 64], bf16, {{.*}}stage 3
// CHECK-NOT: tile.alloc_shared
// CHECK: scf.if
// CHECK: } else {
// CHECK: %[[END:.+]] = arith.maxsi %c0, %[[N:.+]] : index
// CHECK: %[[BEHIND:.+]] = arith.addi %[[END]], %c1
// CHECK: %[[FIRST:.+]] = arith.cmpi slt, %c0{{.*}}, %[[BEHIND]]
// CHECK-NEXT: scf.if %[[FIRST]] {
// CHECK-NEXT: tile.copy_async %arg1[%[[N]]] {{.*}} into %[[B]]
// CHECK-NEXT: }
// CHECK-NEXT: }
// CHECK-NEXT: tile.async_commit
// CHECK: %[[R:.+]]:3 = scf.for {{.*}} iter_args(%{{.+}} = %{{.+}}, %[[READ:.+]] = %{{.+}}, %[[WRITE:.+]] = %{{.+}})
// CHECK-NEXT: tile.async_wait 1
// CHECK: scf.if
// CHECK: tile.copy_async %arg0{{.*}} into %[[A]][%[[WRITE]]]
// CHECK: tile.copy_async %arg1{{.*}} into %[[B]][%[[WRITE]]]
// CHECK: } else {
// CHECK: scf.if
// CHECK-NEXT: tile.copy_async %arg1[%[[N]]] {{.*}} into %[[B]][%[[WRITE]]]
// CHECK: scf.yield
// CHECK: tile.async_wait 1
// CHECK: tile.shared_load %[[B]][%[[R]]#1]
// CHECK-NEXT: tile.dot
func.func @further(%a: !V, %b: !V, %c: !F) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "in", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5] -> (1)>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tile.size %b, 0 : !V
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %ones = arith.constant dense<1.0> : tensor<64x32xbf16>
  %r = scf.for %k = %c0 to %n step %c1 iter_args(%acc = %zero) -> tensor<64x64xf32> {
    %x = tile.load %a[%k] map #a other 0.0 : bf16 : !V -> tensor<64x32xbf16>
    %y = tile.load %b[%k] map #b other 0.0 : bf16 : !V -> tensor<32x64xbf16>
    %d = tile.dot %x, %y, %acc precision ieee : tensor<64x32xbf16>, tensor<32x64xbf16> -> tensor<64x64xf32>
    scf.yield %d : tensor<64x64xf32>
  }
  %z = tile.load %b[%n] map #b other 0.0 : bf16 : !V -> tensor<32x64xbf16>
  %e = tile.dot %ones, %z, %r precision ieee : tensor<64x32xbf16>, tensor<32x64xbf16> -> tensor<64x64xf32>
  tile.store %e, %c[] map #c : tensor<64x64xf32>, !F
  return
}
