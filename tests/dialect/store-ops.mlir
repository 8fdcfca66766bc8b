// RUN: girih-opt %s | girih-opt | FileCheck %s

#map = affine_map<(d0, d1)[s0] -> (s0 + d0, d1)>
!V = !tile.view<element = bf16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>
#acc = #tile.layout<"rank = 2, reg = [[0, 1], [8, 0]], lane = [[0, 2], [0, 4], [1, 0], [2, 0], [4, 0]], warp = [[16, 0], [32, 0]], repeat = [reg 16 along 1, warp 2 along 0]">
!S = !tile.shared<[64, 64], bf16, <"rank = 2, offset = [[0, 1], [0, 2], [0, 4], [0, 8], [0, 16], [0, 32], [1, 8], [2, 16], [4, 32]], repeat = [offset 8 along 0, stage 2]">>

// CHECK-LABEL: func.func @stores
func.func @stores(%c: !V, %x: tensor<128x128xbf16, #acc>, %m: index) {
  // CHECK: %[[STAGING:.+]] = tile.alloc_shared
  %staging = tile.alloc_shared : !S
  // CHECK: tile.store_bulk %arg1, %arg0[%arg2] map #{{.+}} dims [0, 1] through %[[STAGING]] stages 1 : tensor<128x128xbf16, #
  tile.store_bulk %x, %c[%m] map #map dims [0, 1] through %staging stages 1 : tensor<128x128xbf16, #acc>, !V, !S
  // CHECK: tile.store_wait %[[STAGING]] : <[64, 64], bf16
  tile.store_wait %staging : !S
  return
}
