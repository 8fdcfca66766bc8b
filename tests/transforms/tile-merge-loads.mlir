// RUN: girih-opt %s -tile-merge-loads | FileCheck %s

!v = !tile.view<element = f32, sizes = [1], strides = [1], unit = 0, align = 4>
#map = affine_map<(d0)[s0] -> (s0 + d0)>

// CHECK-LABEL: func.func @merges
func.func @merges(%x: !v, %y: !v, %p: index, %v: tensor<8xf32>) -> tensor<8xf32> {
  // CHECK: [[T:%.+]] = tile.load
  %a = tile.load %x[%p] map #map other 0.0 : f32 : !v -> tensor<8xf32>
  // A store to another operand is no obstacle.
  tile.store %v, %y[%p] map #map : tensor<8xf32>, !v
  // CHECK-NOT: tile.load
  %b = tile.load %x[%p] map #map other 0.0 : f32 : !v -> tensor<8xf32>
  // CHECK: arith.addf [[T]], [[T]]
  %s = arith.addf %a, %b : tensor<8xf32>
  return %s : tensor<8xf32>
}

// CHECK-LABEL: func.func @different
func.func @different(%x: !v, %p: index, %q: index) -> tensor<8xf32> {
  // CHECK-COUNT-3: tile.load
  %a = tile.load %x[%p] map #map other 0.0 : f32 : !v -> tensor<8xf32>
  %b = tile.load %x[%q] map #map other 0.0 : f32 : !v -> tensor<8xf32>
  %c = tile.load %x[%p] map #map other 1.0 : f32 : !v -> tensor<8xf32>
  %s = arith.addf %a, %b : tensor<8xf32>
  %t = arith.addf %s, %c : tensor<8xf32>
  return %t : tensor<8xf32>
}

// CHECK-LABEL: func.func @store_between
func.func @store_between(%x: !v, %p: index, %v: tensor<8xf32>) -> tensor<8xf32> {
  // CHECK-COUNT-2: tile.load
  %a = tile.load %x[%p] map #map other 0.0 : f32 : !v -> tensor<8xf32>
  tile.store %v, %x[%p] map #map : tensor<8xf32>, !v
  %b = tile.load %x[%p] map #map other 0.0 : f32 : !v -> tensor<8xf32>
  %s = arith.addf %a, %b : tensor<8xf32>
  return %s : tensor<8xf32>
}

// The store at the end of a round comes before the load of the next one.
// CHECK-LABEL: func.func @store_in_loop
func.func @store_in_loop(%x: !v, %n: index, %v: tensor<8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // CHECK-COUNT-2: tile.load
  %a = tile.load %x[%n] map #map other 0.0 : f32 : !v -> tensor<8xf32>
  scf.for %i = %c0 to %n step %c1 {
    %b = tile.load %x[%n] map #map other 0.0 : f32 : !v -> tensor<8xf32>
    %s = arith.addf %a, %b : tensor<8xf32>
    tile.store %s, %x[%n] map #map : tensor<8xf32>, !v
  }
  return
}

// CHECK-LABEL: func.func @into_loop
func.func @into_loop(%x: !v, %y: !v, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // CHECK-COUNT-1: tile.load
  // CHECK-NOT: tile.load
  %a = tile.load %x[%n] map #map other 0.0 : f32 : !v -> tensor<8xf32>
  scf.for %i = %c0 to %n step %c1 {
    %b = tile.load %x[%n] map #map other 0.0 : f32 : !v -> tensor<8xf32>
    tile.store %b, %y[%i] map #map : tensor<8xf32>, !v
  }
  return
}

!w = !tile.view<element = i32, sizes = [1], strides = [1], unit = 0, align = 4>

// Writes at indices that are data count as well, also in a branch.
// CHECK-LABEL: func.func @indirect_writes
func.func @indirect_writes(%x: !w, %p: index, %i: tensor<8xi32>, %c: i1) -> tensor<8xi32> {
  // CHECK: tile.load
  // CHECK-NEXT: tile.scatter
  // CHECK-NEXT: tile.load
  // CHECK-NEXT: scf.if
  // CHECK-NEXT: tile.atomic
  // CHECK: tile.load
  // CHECK-NOT: tile.load
  %a = tile.load %x[%p] map #map other 0 : i32 : !w -> tensor<8xi32>
  tile.scatter %i, %x[%i : tensor<8xi32>] : tensor<8xi32>, !w
  %b = tile.load %x[%p] map #map other 0 : i32 : !w -> tensor<8xi32>
  scf.if %c {
    %old = tile.atomic add %i, %x[%i : tensor<8xi32>] other 0 : i32 : tensor<8xi32>, !w -> tensor<8xi32>
  }
  %d = tile.load %x[%p] map #map other 0 : i32 : !w -> tensor<8xi32>
  %e = tile.load %x[%p] map #map other 0 : i32 : !w -> tensor<8xi32>
  %s = arith.addi %a, %b : tensor<8xi32>
  %t = arith.addi %d, %e : tensor<8xi32>
  %u = arith.addi %s, %t : tensor<8xi32>
  return %u : tensor<8xi32>
}

// A load in one arm is not known in the other, nor after the branch.
// CHECK-LABEL: func.func @arms
func.func @arms(%x: !w, %p: index, %c: i1) -> (tensor<8xi32>, tensor<8xi32>) {
  // CHECK-COUNT-3: tile.load
  %a = scf.if %c -> tensor<8xi32> {
    %0 = tile.load %x[%p] map #map other 0 : i32 : !w -> tensor<8xi32>
    scf.yield %0 : tensor<8xi32>
  } else {
    %0 = tile.load %x[%p] map #map other 0 : i32 : !w -> tensor<8xi32>
    %1 = arith.addi %0, %0 : tensor<8xi32>
    scf.yield %1 : tensor<8xi32>
  }
  %b = tile.load %x[%p] map #map other 0 : i32 : !w -> tensor<8xi32>
  return %a, %b : tensor<8xi32>, tensor<8xi32>
}

// Where the program arrives, others have written what this kernel writes.
// CHECK-LABEL: func.func @arrival
func.func @arrival(%x: !v, %y: !v, %z: !w, %p: index, %i: i64, %n: i32) -> tensor<8xf32> {
  // CHECK: [[X:%.+]] = tile.load %arg0
  %a = tile.load %x[%p] map #map other 0.0 : f32 : !v -> tensor<8xf32>
  // CHECK: [[Y:%.+]] = tile.load %arg1
  %b = tile.load %y[%p] map #map other 0.0 : f32 : !v -> tensor<8xf32>
  // CHECK: tile.store
  tile.store %a, %y[%p] map #map : tensor<8xf32>, !v
  // CHECK: [[Y1:%.+]] = tile.load %arg1
  %c = tile.load %y[%p] map #map other 0.0 : f32 : !v -> tensor<8xf32>
  // CHECK: tile.arrive
  %last = tile.arrive %z[%i : i64] of %n : !w
  // CHECK-NOT: tile.load %arg0
  // CHECK: [[Y2:%.+]] = tile.load %arg1
  // CHECK-NOT: tile.load
  %d = tile.load %x[%p] map #map other 0.0 : f32 : !v -> tensor<8xf32>
  %e = tile.load %y[%p] map #map other 0.0 : f32 : !v -> tensor<8xf32>
  // CHECK: arith.addf [[X]], [[Y2]]
  %s = arith.addf %d, %e : tensor<8xf32>
  %t = arith.addf %b, %c : tensor<8xf32>
  %u = arith.addf %s, %t : tensor<8xf32>
  return %u : tensor<8xf32>
}
