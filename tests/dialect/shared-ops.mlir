// RUN: girih-opt %s | girih-opt | FileCheck %s

#map = affine_map<(d0, d1) -> (d0, d1)>
!V = !tile.view<element = f16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>
#rows = #tile.layout<"rank = 2, reg = [[0, 1], [0, 2], [0, 4]], lane = [[0, 8], [0, 16], [1, 0], [2, 0], [4, 0]]">
#columns = #tile.layout<"rank = 2, lane = [[1, 0], [2, 0], [4, 0], [0, 1], [0, 2]], repeat = [reg 8 along 1]">
#ring = #tile.layout<"rank = 2, offset = [[0, 1], [0, 2], [0, 4], [0, 8], [0, 16], [1, 0], [2, 8], [4, 16]], repeat = [stage 2]">

// CHECK-LABEL: func.func @shared
func.func @shared(%a: !V) {
  %c0 = arith.constant 0 : index
  // CHECK: %[[RING:.+]] = tile.alloc_shared : <[8, 32], f16, <"rank = 2, offset = {{.*}}, repeat = [stage 2]">>
  %ring = tile.alloc_shared : !tile.shared<[8, 32], f16, #ring>
  // CHECK: tile.copy_async %{{.+}}[] map #{{.+}} other 0.000000e+00 : f16 into %[[RING]][%{{.+}}] layout {{.+}} vector 8 along 1 :
  tile.copy_async %a[] map #map other 0.0 : f16 into %ring[%c0] layout #rows vector 8 along 1 : !V, !tile.shared<[8, 32], f16, #ring>
  // CHECK: vector 1 along 1 blocking
  tile.copy_async %a[] map #map other 1.0 : f16 into %ring[%c0] layout #rows vector 1 along 1 blocking : !V, !tile.shared<[8, 32], f16, #ring>
  // CHECK: tile.async_commit
  tile.async_commit
  // CHECK: tile.async_wait 0
  tile.async_wait 0
  // CHECK: %[[X:.+]] = tile.shared_load %[[RING]][%{{.+}}]
  %x = tile.shared_load %ring[%c0] : !tile.shared<[8, 32], f16, #ring> -> tensor<8x32xf16, #rows>
  // CHECK: tile.convert_layout %[[X]] : tensor<8x32xf16, #tile.layout<"rank = 2, reg = {{.*}}> -> tensor<8x32xf16, #tile.layout<"rank = 2, lane =
  %y = tile.convert_layout %x : tensor<8x32xf16, #rows> -> tensor<8x32xf16, #columns>
  // CHECK: tile.keep %[[X]] in %[[RING]][%{{.+}}] : tensor<8x32xf16, {{.*}}> in <[8, 32], f16
  tile.keep %x in %ring[%c0] : tensor<8x32xf16, #rows> in !tile.shared<[8, 32], f16, #ring>
  // CHECK: tile.kept %[[RING]][%{{.+}}] : <[8, 32], f16, {{.*}}> -> tensor<8x32xf16
  %z = tile.kept %ring[%c0] : !tile.shared<[8, 32], f16, #ring> -> tensor<8x32xf16, #rows>
  return
}
