// RUN: girih-opt %s -tile-stagger-dots="warps=4 capability=90" | FileCheck %s
// RUN: girih-opt %s -tile-stagger-dots="warps=4 capability=80" | FileCheck %s --check-prefix=OLD
// RUN: girih-opt %s -tile-stagger-dots="warps=4 capability=90" -tile-assign-layouts="warps=4 capability=90" -tile-overlap-dots="stages=2" | FileCheck %s --check-prefix=FLY

#q = affine_map<(d0, d1) -> (d0, d1)>
#k = affine_map<(d0, d1)[s0] -> (s0 * 32 + d1, d0)>
#v = affine_map<(d0, d1)[s0] -> (s0 * 32 + d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
!V = !tile.view<element = bf16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>
!F = !tile.view<element = f32, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>

// One round more; keys below the last round, values from the first one on.
// CHECK-LABEL: func.func @attend
// CHECK-DAG: %[[NOTHING:.+]] = arith.constant dense<0.000000e+00> : tensor<64x32xbf16>
// CHECK-DAG: %[[ONES:.+]] = arith.constant dense<1.000000e+00> : tensor<64xf32>
// CHECK: %[[END:.+]] = arith.addi %[[UPPER:.+]], %c1
// CHECK: scf.for %[[J:.+]] = %c0 to %[[END]] step %c1 iter_args(%[[SUM:.+]] = %{{.+}}, %[[TOTAL:.+]] = %{{.+}}, %[[WEIGHTS:.+]] = %[[NOTHING]], %[[FACTOR:.+]] = %[[ONES]], %{{.+}} = %{{.+}}, %{{.+}} = %{{.+}})
// CHECK: %[[SPREAD:.+]] = tile.remap %[[FACTOR]]
// CHECK: %[[SCALED:.+]] = arith.mulf %[[SUM]], %[[SPREAD]]
// CHECK: tile.load %arg1[%[[J]], %[[J]], %[[UPPER]]]
// CHECK: %[[SCORES:.+]] = tile.dot
// CHECK: %[[BEFORE:.+]] = arith.subi %[[J]], %c1
// CHECK: tile.load %arg2[%[[BEFORE]], %c0, %{{.+}}]
// CHECK: %[[NEXT:.+]] = tile.dot %[[WEIGHTS]], %{{.+}}, %[[SCALED]]
// CHECK: math.exp2
// CHECK: scf.yield %[[NEXT]], %{{.+}}, %{{.+}}, %{{.+}}, %[[SUM]], %[[TOTAL]]

// OLD-LABEL: func.func @attend
// OLD: scf.for %{{.+}} = %c0 to %{{.+}} step %c1 iter_args(%{{.+}} = %{{.+}}, %{{.+}} = %{{.+}}) ->

// The scores are waited for while the second dot runs; what it reads is made
// again behind it.
// FLY-LABEL: func.func @attend
// FLY: %[[SCORES:.+]] = tile.dot {{.*}} in_flight
// FLY: %[[NEXT:.+]] = tile.dot {{.*}} in_flight
// FLY: tile.dot_wait 1(%[[SCORES]]
// FLY: math.exp2
// FLY: tile.dot_wait 0 held(%[[NEXT]], %{{.+}} :
// FLY: arith.truncf
// FLY: scf.yield
func.func @attend(%q: !V, %k: !V, %v: !V, %o: !F, %t: !F) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "in", "in", "out", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5, s6, s7, s8, s9] -> (1)>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %rounds = tile.size %k, 0 : !V
  %zero = arith.constant dense<0.0> : tensor<64x32xf32>
  %sums = arith.constant dense<0.0> : tensor<64x64xf32>
  %totals = arith.constant dense<0.0> : tensor<64xf32>
  %x = tile.load %q[] map #q other 0.0 : bf16 : !V -> tensor<64x64xbf16>
  %r:2 = scf.for %j = %c0 to %rounds step %c1 iter_args(%sum = %sums, %total = %totals) -> (tensor<64x64xf32>, tensor<64xf32>) {
    %y = tile.load %k[%j] map #k other 0.0 : bf16 : !V -> tensor<64x32xbf16>
    %s = tile.dot %x, %y, %zero precision ieee : tensor<64x64xbf16>, tensor<64x32xbf16> -> tensor<64x32xf32>
    %p = math.exp2 %s : tensor<64x32xf32>
    %row = tile.reduce %p dim 1 : tensor<64x32xf32> -> tensor<64xf32> {
    ^bb0(%left: f32, %right: f32):
      %both = arith.addf %left, %right : f32
      tile.yield %both : f32
    }
    %more = arith.addf %total, %row : tensor<64xf32>
    %factor = math.exp2 %more : tensor<64xf32>
    %spread = tile.remap %factor map #row : tensor<64xf32> -> tensor<64x64xf32>
    %scaled = arith.mulf %sum, %spread : tensor<64x64xf32>
    %w = arith.truncf %p : tensor<64x32xf32> to tensor<64x32xbf16>
    %z = tile.load %v[%j] map #v other 0.0 : bf16 : !V -> tensor<32x64xbf16>
    %next = tile.dot %w, %z, %scaled precision ieee : tensor<64x32xbf16>, tensor<32x64xbf16> -> tensor<64x64xf32>
    scf.yield %next, %more : tensor<64x64xf32>, tensor<64xf32>
  }
  tile.store %r#0, %o[] map #q : tensor<64x64xf32>, !F
  tile.store %r#1, %t[] map affine_map<(d0) -> (d0, 0)> : tensor<64xf32>, !F
  return
}
