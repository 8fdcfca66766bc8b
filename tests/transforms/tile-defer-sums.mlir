// RUN: girih-opt %s -tile-assign-layouts="warps=4 capability=90" -tile-defer-sums | FileCheck %s
// RUN: girih-opt %s -tile-assign-layouts="warps=4 capability=90" -tile-defer-sums -tile-overlap-dots="stages=4" | FileCheck %s --check-prefix=WAIT
// RUN: girih-opt %s -tile-assign-layouts="warps=4 capability=80" -tile-defer-sums | FileCheck %s --check-prefix=OLD

#a = affine_map<(d0, d1)[s0] -> (d0, s0 * 64 + d1)>
#b = affine_map<(d0, d1)[s0] -> (d1, s0 * 64 + d0)>
#c = affine_map<(d0, d1) -> (d0, d1)>
#s = affine_map<(d0, d1)[s0] -> (d0, s0 + d1)>
#rows = affine_map<(d0, d1) -> (d0, 0)>
#all = affine_map<(d0, d1) -> (0, 0)>
!V = !tile.view<element = bf16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>
!F = !tile.view<element = f32, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>

// What goes to the next round are products, and factors before they are spread.
// CHECK-LABEL: func.func @scaled
// CHECK-DAG: %[[NOTHING:.+]] = arith.constant dense<-0.000000e+00> : tensor<64x64xf32
// CHECK-DAG: %[[ROWS:.+]] = arith.constant dense<0.000000e+00> : tensor<64x1xf32
// CHECK: %[[R:.+]]:3 = scf.for {{.*}} iter_args(%[[SUM:.+]] = %{{.+}}, %[[P:.+]] = %[[NOTHING]], %[[F:[a-z0-9]+]] = %[[ROWS]]) ->
// CHECK: %[[D:.+]] = tile.dot
// CHECK: %[[W:.+]]:2 = tile.hold %[[SUM]], %[[P]]
// CHECK: %[[SPREAD:.+]] = tile.remap %[[F]]
// CHECK: %[[NEXT:.+]] = math.fma %[[W]]#1, %[[SPREAD]], %[[W]]#0
// CHECK-NOT: math.fma
// CHECK: %[[BOTH:.+]] = arith.mulf
// CHECK: scf.yield %[[NEXT]], %[[D]], %[[BOTH]]
// CHECK: math.fma %[[R]]#1, %{{.+}}, %[[R]]#0

// The dot is in flight until the round ends, and the sum is made before.
// WAIT-LABEL: func.func @scaled
// WAIT: %[[D:.+]] = tile.dot {{.*}} in_flight
// WAIT: tile.hold
// WAIT: %[[NEXT:.+]] = math.fma
// WAIT: %[[H:[0-9]+]]:2 = tile.hold %[[NEXT]], %
// WAIT-NEXT: %[[W:.+]] = tile.dot_wait 0(%[[D]]
// WAIT-NEXT: scf.yield %[[H]]#0, %[[W]], %[[H]]#1

// OLD-LABEL: func.func @scaled
// OLD: %[[D:.+]] = tile.dot
// OLD: math.fma %{{.+}}
// OLD-NOT: math.fma
// OLD-LABEL: func.func @by_one_from_outside
func.func @scaled(%a: !V, %b: !V, %c: !F, %s: !F, %t: !F) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "in", "out", "in", "in"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5, s6, s7, s8, s9] -> (1)>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %rounds = tile.size %a, 1 : !V
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %sum = scf.for %k = %c0 to %rounds step %c1 iter_args(%acc = %zero) -> tensor<64x64xf32> {
    %x = tile.load %a[%k] map #a other 0.0 : bf16 : !V -> tensor<64x64xbf16>
    %y = tile.load %b[%k] map #b other 0.0 : bf16 : !V -> tensor<64x64xbf16>
    %d = tile.dot %x, %y, %zero precision ieee : tensor<64x64xbf16>, tensor<64x64xbf16> -> tensor<64x64xf32>
    %f = tile.load %s[%k] map #s other 0.0 : f32 : !F -> tensor<64x1xf32>
    %g = tile.load %t[%k] map #s other 0.0 : f32 : !F -> tensor<1x1xf32>
    %h = tile.remap %g map #all : tensor<1x1xf32> -> tensor<64x1xf32>
    %p = arith.mulf %f, %h : tensor<64x1xf32>
    %q = tile.remap %p map #rows : tensor<64x1xf32> -> tensor<64x64xf32>
    %e = math.fma %d, %q, %acc : tensor<64x64xf32>
    scf.yield %e : tensor<64x64xf32>
  }
  tile.store %sum, %c[] map #c : tensor<64x64xf32>, !F
  return
}

// What another loop's value is a factor of may be no number: 0 times it is none.
// CHECK-LABEL: func.func @by_one_from_outside
// CHECK: scf.for {{.*}} iter_args(%[[SUM:[a-z0-9]+]] = %{{[a-z0-9_]+}}) ->
// CHECK: math.fma %{{.+}}, %{{.+}}, %[[SUM]]
func.func @by_one_from_outside(%a: !V, %b: !V, %c: !F, %s: !F) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "in", "out", "in"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5, s6, s7] -> (1)>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %rounds = tile.size %a, 1 : !V
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %f = tile.load %s[%c0] map #s other 0.0 : f32 : !F -> tensor<64x1xf32>
  %q = tile.remap %f map #rows : tensor<64x1xf32> -> tensor<64x64xf32>
  %sum = scf.for %k = %c0 to %rounds step %c1 iter_args(%acc = %zero) -> tensor<64x64xf32> {
    %x = tile.load %a[%k] map #a other 0.0 : bf16 : !V -> tensor<64x64xbf16>
    %y = tile.load %b[%k] map #b other 0.0 : bf16 : !V -> tensor<64x64xbf16>
    %d = tile.dot %x, %y, %zero precision ieee : tensor<64x64xbf16>, tensor<64x64xbf16> -> tensor<64x64xf32>
    %e = math.fma %d, %q, %acc : tensor<64x64xf32>
    scf.yield %e : tensor<64x64xf32>
  }
  tile.store %sum, %c[] map #c : tensor<64x64xf32>, !F
  return
}
