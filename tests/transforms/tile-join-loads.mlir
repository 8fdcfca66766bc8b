// RUN: girih-opt %s -tile-join-loads="warps=4 capability=90" | FileCheck %s
// RUN: girih-opt %s -tile-join-loads="warps=4 capability=80" | FileCheck %s --check-prefix=OTHER

!V = !tile.view<element = bf16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>
#load = affine_map<(d0, d1)[s0] -> (s0 * 16 + d0, d1)>

// Two tiles below each other, of which lanes from %n on are zeros, are columns
// of one dot's operand and rows of another's.
// CHECK-DAG: #[[$ROWS:.+]] = affine_map<(d0, d1)[s0, s1, s2] -> (d0 + s0 * 16, d1)>
// CHECK-DAG: #[[$COLUMNS:.+]] = affine_map<(d0, d1)[s0, s1, s2] -> (d1 + s0 * 16, d0)>
// CHECK-DAG: #[[$SET:.+]] = affine_set<(d0, d1)[s0, s1, s2] : (-(d0 + s1) + s2 - 1 >= 0)>
// CHECK-DAG: #[[$TURNED:.+]] = affine_set<(d0, d1)[s0, s1, s2] : (-(d1 + s1) + s2 - 1 >= 0)>
// CHECK-LABEL: func.func @pages
// CHECK-SAME: %[[A:[^:]+]]: !tile.view
// CHECK-DAG: %[[ZERO:.+]] = arith.constant 0 : index
// CHECK-DAG: %[[SECOND:.+]] = arith.constant 16 : index
// CHECK-DAG: %[[P:.+]] = tile.program_id 0
// CHECK-DAG: %[[Q:.+]] = tile.program_id 1
// CHECK-DAG: %[[N:.+]] = tile.size %[[A]], 0
// CHECK-NOT: arith.select
// CHECK: tile.load %[[A]][%[[P]], %[[ZERO]], %[[N]], %[[Q]], %[[SECOND]], %[[N]]] map #[[$ROWS]] bounds #[[$SET]] other {{.*}} pieces 2 along 0 {{.*}} -> tensor<32x64xbf16>
// CHECK: tile.load %[[A]][%[[P]], %[[ZERO]], %[[N]], %[[Q]], %[[SECOND]], %[[N]]] map #[[$COLUMNS]] bounds #[[$TURNED]] other {{.*}} pieces 2 along 1 {{.*}} -> tensor<64x32xbf16>
// Elsewhere all stays as it is.
// OTHER-LABEL: func.func @pages
// OTHER-COUNT-2: arith.select
// OTHER-NOT: pieces
func.func @pages(%a: !V, %c: !V) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3] -> (s0 ceildiv 64, s1)>} {
  %p = tile.program_id 0
  %q = tile.program_id 1
  %n = tile.size %a, 0 : !V
  %x = tile.load %a[%p] map #load other 0.0 : bf16 : !V -> tensor<16x64xbf16>
  %y = tile.load %a[%q] map #load other 0.0 : bf16 : !V -> tensor<16x64xbf16>
  %x2 = tile.remap %x map affine_map<(d0, d1) -> (d0 mod 16, d1)> : tensor<16x64xbf16> -> tensor<32x64xbf16>
  %y2 = tile.remap %y map affine_map<(d0, d1) -> (d0 mod 16, d1)> : tensor<16x64xbf16> -> tensor<32x64xbf16>
  %lanes = tile.coordinate [] map affine_map<(d0, d1) -> (d0)> : tensor<32x1xi32>
  %half = arith.constant dense<16> : tensor<32x1xi32>
  %first = arith.cmpi slt, %lanes, %half : tensor<32x1xi32>
  %wide = tile.remap %first map affine_map<(d0, d1) -> (d0, 0)> : tensor<32x1xi1> -> tensor<32x64xi1>
  %both = arith.select %wide, %x2, %y2 : tensor<32x64xi1>, tensor<32x64xbf16>
  %key = tile.coordinate [] map affine_map<(d0, d1) -> (d0)> : tensor<32x64xi64>
  %size = arith.index_cast %n : index to i64
  %end = tensor.splat %size : tensor<32x64xi64>
  %seen = arith.cmpi slt, %key, %end : tensor<32x64xi64>
  %zeros = arith.constant dense<0.0> : tensor<32x64xbf16>
  %rows = arith.select %seen, %both, %zeros : tensor<32x64xi1>, tensor<32x64xbf16>
  %columns = tile.remap %rows map affine_map<(d0, d1) -> (d1, d0)> : tensor<32x64xbf16> -> tensor<64x32xbf16>
  %left = arith.constant dense<1.0> : tensor<64x64xbf16>
  %none = arith.constant dense<0.0> : tensor<64x32xf32>
  %scores = tile.dot %left, %columns, %none precision ieee : tensor<64x64xbf16>, tensor<64x32xbf16> -> tensor<64x32xf32>
  %weights = arith.truncf %scores : tensor<64x32xf32> to tensor<64x32xbf16>
  %empty = arith.constant dense<0.0> : tensor<64x64xf32>
  %sum = tile.dot %weights, %rows, %empty precision ieee : tensor<64x32xbf16>, tensor<32x64xbf16> -> tensor<64x64xf32>
  %out = arith.truncf %sum : tensor<64x64xf32> to tensor<64x64xbf16>
  tile.store %out, %c[] map affine_map<(d0, d1) -> (d0, d1)> : tensor<64x64xbf16>, !V
  return
}
