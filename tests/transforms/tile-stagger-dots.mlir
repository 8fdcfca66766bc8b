// RUN: girih-opt %s -tile-stagger-dots="warps=4 capability=90" | FileCheck %s
// RUN: girih-opt %s -tile-stagger-dots="warps=4 capability=80" | FileCheck %s --check-prefix=OLD
// RUN: girih-opt %s -tile-stagger-dots="warps=4 capability=90" -tile-assign-layouts="warps=4 capability=90" -tile-overlap-dots="stages=2" | FileCheck %s --check-prefix=FLY

#q = affine_map<(d0, d1) -> (d0, d1)>
#k = affine_map<(d0, d1)[s0] -> (s0 * 32 + d1, d0)>
#v = affine_map<(d0, d1)[s0] -> (s0 * 32 + d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
!V = !tile.view<element = bf16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>
!F = !tile.view<element = f32, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>

// Each round adds what the one before has found, from the first values on; what
// the last one has found is added behind the loop.
// CHECK-LABEL: func.func @attend
// CHECK: %[[UPPER:.+]] = tile.size %arg1
// CHECK-DAG: %[[NOTHING:.+]] = arith.constant dense<0.000000e+00> : tensor<64x32xbf16>
// CHECK-DAG: %[[ONES:.+]] = arith.constant dense<1.000000e+00> : tensor<64xf32>
// CHECK: %[[LAST:.+]] = arith.subi %[[UPPER]], %c1
// CHECK: %[[R:.+]]:4 = scf.for %[[J:.+]] = %c0 to %[[UPPER]] step %c1 iter_args(%[[SUM:.+]] = %{{.+}}, %[[TOTAL:.+]] = %{{.+}}, %[[WEIGHTS:.+]] = %[[NOTHING]], %[[FACTOR:.+]] = %[[ONES]])
// CHECK: %[[SPREAD:.+]] = tile.remap %[[FACTOR]]
// CHECK: %[[SCALED:.+]] = arith.mulf %[[SUM]], %[[SPREAD]]
// CHECK: tile.load %arg1[%[[J]]]
// CHECK: %[[SCORES:.+]] = tile.dot
// CHECK: %[[BEFORE:.+]] = arith.subi %[[J]], %c1
// CHECK: tile.load %arg2[%[[BEFORE]], %c0, %{{.+}}]
// CHECK: %[[NEXT:.+]] = tile.dot %[[WEIGHTS]], %{{.+}}, %[[SCALED]]
// CHECK: %[[POWERS:.+]] = math.exp2 %[[SCORES]]
// CHECK: %[[MORE:.+]] = arith.addf %[[TOTAL]]
// CHECK: %[[FADING:.+]] = math.exp2 %[[MORE]]
// CHECK: %[[FOUND:.+]] = arith.truncf %[[POWERS]]
// CHECK: scf.yield %[[NEXT]], %[[MORE]], %[[FOUND]], %[[FADING]]
// CHECK: %[[SPREAD:.+]] = tile.remap %[[R]]#3
// CHECK: %[[SCALED:.+]] = arith.mulf %[[R]]#0, %[[SPREAD]]
// CHECK: %[[VALUES:.+]] = tile.load %arg2[%[[LAST]], %c0, %{{.+}}]
// CHECK: %[[ALL:.+]] = tile.dot %[[R]]#2, %[[VALUES]], %[[SCALED]]
// CHECK: tile.store %[[ALL]], %arg3
// CHECK: tile.store %[[R]]#1, %arg4

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
// FLY: tile.dot {{.*}} ieee :
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

// The page of values is not looked for ahead of the first round's.
// CHECK-LABEL: func.func @pages
// CHECK: %[[LAST:.+]] = arith.subi
// CHECK: %[[LIMIT:.+]] = arith.addi %[[LAST]], %{{.+}}
// CHECK: tile.load %arg5[%[[LAST]], %c0, %[[LIMIT]]]
// CHECK: %[[PLACE:.+]] = arith.index_cast
// CHECK: scf.for %[[J:.+]] = %c0
// CHECK: %[[BEFORE:.+]] = arith.subi %[[J]], %c1
// CHECK: tile.load %arg5[%[[BEFORE]], %c0, %{{.+}}]
// CHECK: scf.yield
// CHECK: tile.load %arg2[%[[PLACE]], %c0, %[[LIMIT]]]
#scalar = affine_map<()[s0] -> (s0)>
!T = !tile.view<element = i32, sizes = [16], strides = [1], unit = 0, align = 4>
func.func @pages(%q: !V, %k: !V, %v: !V, %o: !F, %t: !F, %table: !T) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "in", "in", "out", "out", "in"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10] -> (1)>} {
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
    %page = tile.load %table[%j] map #scalar other 0 : i32 : !T -> tensor<i32>
    %number = tensor.extract %page[] : tensor<i32>
    %place = arith.index_cast %number : i32 to index
    %z = tile.load %v[%place] map #v other 0.0 : bf16 : !V -> tensor<32x64xbf16>
    %next = tile.dot %w, %z, %scaled precision ieee : tensor<64x32xbf16>, tensor<32x64xbf16> -> tensor<64x64xf32>
    scf.yield %next, %more : tensor<64x64xf32>, tensor<64xf32>
  }
  tile.store %r#0, %o[] map #q : tensor<64x64xf32>, !F
  tile.store %r#1, %t[] map affine_map<(d0) -> (d0, 0)> : tensor<64xf32>, !F
  return
}

// Another loop goes on with what is pending: the values of the round ahead of
// its first one are those of the last one of the loop before, and only behind it
// is something left to add.
// CHECK-LABEL: func.func @goes_on
// CHECK: %[[MIDDLE:.+]] = tile.size %arg1
// CHECK: %[[END:.+]] = tile.size %arg2
// CHECK: %[[ONE:.+]] = arith.subi %[[MIDDLE]], %c1
// CHECK: %[[ONELIMIT:.+]] = arith.addi %[[ONE]]
// CHECK: %[[F:.+]]:4 = scf.for
// CHECK: scf.yield
// CHECK-NOT: tile.dot
// CHECK: %[[TWO:.+]] = arith.subi %[[END]], %c1
// CHECK: %[[TWOLIMIT:.+]] = arith.addi %[[TWO]]
// CHECK: %[[EMPTY:.+]] = arith.cmpi slt, %[[TWO]], %[[MIDDLE]]
// CHECK: %[[PLACE:.+]] = arith.select %[[EMPTY]], %[[ONE]], %[[TWO]]
// CHECK: %[[FROM:.+]] = arith.select %[[EMPTY]], %c0, %[[MIDDLE]]
// CHECK: %[[LIMIT:.+]] = arith.select %[[EMPTY]], %[[ONELIMIT]], %[[TWOLIMIT]]
// CHECK: %[[R:.+]]:4 = scf.for %[[J:.+]] = %[[MIDDLE]] to %[[END]] step %c1 iter_args(%[[SUM:.+]] = %[[F]]#0, %{{.+}} = %[[F]]#1, %[[WEIGHTS:.+]] = %[[F]]#2, %{{.+}} = %[[F]]#3)
// CHECK: %[[BEFORE:.+]] = arith.subi %[[J]], %c1
// CHECK: %[[AHEAD:.+]] = arith.cmpi slt, %[[BEFORE]], %[[MIDDLE]]
// CHECK: %[[HERE:.+]] = arith.select %[[AHEAD]], %[[ONE]], %[[BEFORE]]
// CHECK: tile.load %arg2[%[[HERE]], %{{.+}}, %{{.+}}]
// CHECK: tile.dot %[[WEIGHTS]]
// CHECK: scf.yield
// CHECK: tile.load %arg2[%[[PLACE]], %[[FROM]], %[[LIMIT]]]
// CHECK-NEXT: tile.dot %[[R]]#2
// CHECK-NOT: tile.dot
func.func @goes_on(%q: !V, %k: !V, %v: !V, %o: !F, %t: !F) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "in", "in", "out", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5, s6, s7, s8, s9] -> (1)>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %rounds = tile.size %k, 0 : !V
  %end = tile.size %v, 0 : !V
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
  %u:2 = scf.for %j = %rounds to %end step %c1 iter_args(%sum = %r#0, %total = %r#1) -> (tensor<64x64xf32>, tensor<64xf32>) {
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
  tile.store %u#0, %o[] map #q : tensor<64x64xf32>, !F
  tile.store %u#1, %t[] map affine_map<(d0) -> (d0, 0)> : tensor<64xf32>, !F
  return
}

// Other values cannot be those of the round ahead: the second loop stays as it
// is.
// CHECK-LABEL: func.func @other_values
// CHECK: scf.for
// CHECK: scf.yield
// CHECK: %[[ALL:.+]] = tile.dot
// CHECK: scf.for %{{.+}} = %{{.+}} to %{{.+}} step %c1 iter_args(%{{.+}} = %[[ALL]], %{{.+}} = %{{.+}}) ->
// CHECK: scf.yield
// CHECK-NOT: tile.dot
func.func @other_values(%q: !V, %k: !V, %v: !V, %o: !F, %t: !F) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "in", "in", "out", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5, s6, s7, s8, s9] -> (1)>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %rounds = tile.size %k, 0 : !V
  %end = tile.size %v, 0 : !V
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
  %u:2 = scf.for %j = %rounds to %end step %c1 iter_args(%sum = %r#0, %total = %r#1) -> (tensor<64x64xf32>, tensor<64xf32>) {
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
    %z = tile.load %k[%j] map #v other 0.0 : bf16 : !V -> tensor<32x64xbf16>
    %next = tile.dot %w, %z, %scaled precision ieee : tensor<64x32xbf16>, tensor<32x64xbf16> -> tensor<64x64xf32>
    scf.yield %next, %more : tensor<64x64xf32>, tensor<64xf32>
  }
  tile.store %u#0, %o[] map #q : tensor<64x64xf32>, !F
  tile.store %u#1, %t[] map affine_map<(d0) -> (d0, 0)> : tensor<64xf32>, !F
  return
}
