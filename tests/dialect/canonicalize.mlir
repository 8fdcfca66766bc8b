// RUN: girih-opt %s -canonicalize | FileCheck %s

!v = !tile.view<element = f32, sizes = [1], strides = [1], unit = 0, align = 4>

// CHECK-DAG: #[[$MAP:.+]] = affine_map<(d0)[s0] -> (d0 + s0 * 128)>
// CHECK-DAG: #[[$SET:.+]] = affine_set<(d0)[s0] : (-d0 + s0 - 1 >= 0)>

// A constant scalar is folded in, an unused one goes, equal ones become one.
// CHECK-LABEL: func.func @scalars
// CHECK-SAME: [[X:%.+]]: !tile.view{{.+}}, [[P:%.+]]: index, {{%.+}}: index
func.func @scalars(%x: !v, %p: index, %q: index) -> tensor<8xf32> {
  %c = arith.constant 128 : index
  // CHECK: tile.load [[X]][[[P]]] map #[[$MAP]] bounds #[[$SET]]
  %t = tile.load %x[%p, %q, %c, %p] map affine_map<(d0)[s0, s1, s2, s3] -> (s0 * s2 + d0)>
    bounds affine_set<(d0)[s0, s1, s2, s3] : (s3 - d0 - 1 >= 0)>
    other 0.0 : f32 : !v -> tensor<8xf32>
  return %t : tensor<8xf32>
}

// CHECK-LABEL: func.func @trivial_constraint
func.func @trivial_constraint(%x: !v, %t: tensor<8xf32>) {
  // CHECK: tile.store
  // CHECK-NOT: bounds
  tile.store %t, %x[] map affine_map<(d0) -> (d0)> bounds affine_set<(d0) : (d0 - d0 + 3 >= 0)> : tensor<8xf32>, !v
  return
}

// A constraint that never holds stays.
// CHECK-LABEL: func.func @never
func.func @never(%x: !v, %t: tensor<8xf32>) {
  // CHECK: tile.store {{.+}} bounds
  tile.store %t, %x[] map affine_map<(d0) -> (d0)> bounds affine_set<(d0) : (-1 >= 0)> : tensor<8xf32>, !v
  return
}
