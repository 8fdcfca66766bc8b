// RUN: girih-opt %s -tile-fold-dot-accumulator | FileCheck %s

!ab = tensor<16x16xbf16>
!acc = tensor<16x16xf32>

// CHECK-LABEL: func.func @folds
// CHECK-SAME: [[A:%.+]]: tensor<16x16xbf16>, [[B:%.+]]: tensor<16x16xbf16>, [[ACC:%.+]]: tensor<16x16xf32>
func.func @folds(%a: !ab, %b: !ab, %acc: !acc) -> !acc {
  // CHECK-NOT: arith.addf
  // CHECK: [[D:%.+]] = tile.dot [[A]], [[B]], [[ACC]]
  // CHECK: return [[D]]
  %zero = arith.constant dense<0.0> : !acc
  %d = tile.dot %a, %b, %zero precision ieee : !ab, !ab -> !acc
  %s = arith.addf %acc, %d : !acc
  return %s : !acc
}

// CHECK-LABEL: func.func @integers
func.func @integers(%a: tensor<4x4xi8>, %acc: tensor<4x4xi32>) -> tensor<4x4xi32> {
  // CHECK-NOT: arith.addi
  %zero = arith.constant dense<0> : tensor<4x4xi32>
  %d = tile.dot %a, %a, %zero precision ieee : tensor<4x4xi8>, tensor<4x4xi8> -> tensor<4x4xi32>
  %s = arith.addi %d, %acc : tensor<4x4xi32>
  return %s : tensor<4x4xi32>
}

// CHECK-LABEL: func.func @second_use_stays
func.func @second_use_stays(%a: !ab, %b: !ab, %acc: !acc) -> (!acc, !acc) {
  // CHECK: arith.addf
  %zero = arith.constant dense<0.0> : !acc
  %d = tile.dot %a, %b, %zero precision ieee : !ab, !ab -> !acc
  %s = arith.addf %acc, %d : !acc
  return %s, %d : !acc, !acc
}

// CHECK-LABEL: func.func @started_elsewhere_stays
func.func @started_elsewhere_stays(%a: !ab, %b: !ab, %acc: !acc, %start: !acc) -> !acc {
  // CHECK: arith.addf
  %d = tile.dot %a, %b, %start precision ieee : !ab, !ab -> !acc
  %s = arith.addf %acc, %d : !acc
  return %s : !acc
}
