// RUN: girih-opt %s -split-input-file --verify-diagnostics

#map = affine_map<(d0, d1)[s0] -> (s0 + d0, d1)>
!V = !tile.view<element = bf16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>
#acc = #tile.layout<"rank = 2, reg = [[0, 1], [8, 0]], lane = [[0, 2], [0, 4], [1, 0], [2, 0], [4, 0]], warp = [[16, 0], [32, 0]], repeat = [reg 16 along 1, warp 2 along 0]">
!S = !tile.shared<[64, 64], f16, <"rank = 2, offset = [[0, 1], [0, 2], [0, 4], [0, 8], [0, 16], [0, 32], [1, 8], [2, 16], [4, 32]], repeat = [offset 8 along 0, stage 2]">>
func.func @elements(%c: !V, %x: tensor<128x128xbf16, #acc>, %m: index) {
  %staging = tile.alloc_shared : !S
  // expected-error @+1 {{does not go through}}
  tile.store_bulk %x, %c[%m] map #map dims [0, 1] through %staging stages 1 : tensor<128x128xbf16, #acc>, !V, !S
  return
}

// -----

#map = affine_map<(d0, d1)[s0] -> (s0 + d0, d1)>
!V = !tile.view<element = bf16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>
#rows = #tile.layout<"rank = 2, reg = [[0, 1], [0, 2], [0, 4]], lane = [[0, 8], [0, 16], [0, 32], [0, 64], [1, 0]], warp = [[2, 0], [4, 0]], repeat = [reg 16 along 0]">
!S = !tile.shared<[64, 64], bf16, <"rank = 2, offset = [[0, 1], [0, 2], [0, 4], [0, 8], [0, 16], [0, 32], [1, 8], [2, 16], [4, 32]], repeat = [offset 8 along 0, stage 2]">>
func.func @rows(%c: !V, %x: tensor<128x128xbf16, #rows>, %m: index) {
  %staging = tile.alloc_shared : !S
  // expected-error @+1 {{warp groups have no such parts}}
  tile.store_bulk %x, %c[%m] map #map dims [0, 1] through %staging stages 1 : tensor<128x128xbf16, #rows>, !V, !S
  return
}

// -----

#map = affine_map<(d0, d1)[s0] -> (s0 + d0, d1)>
!V = !tile.view<element = bf16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>
#acc = #tile.layout<"rank = 2, reg = [[0, 1], [8, 0]], lane = [[0, 2], [0, 4], [1, 0], [2, 0], [4, 0]], warp = [[16, 0], [32, 0]], repeat = [reg 16 along 1, warp 2 along 0]">
!S = !tile.shared<[64, 64], bf16, <"rank = 2, offset = [[0, 1], [0, 2], [0, 4], [0, 8], [0, 16], [0, 32], [1, 8], [2, 16], [4, 32]], repeat = [offset 8 along 0, stage 2]">>
func.func @stages(%c: !V, %x: tensor<128x128xbf16, #acc>, %m: index) {
  %staging = tile.alloc_shared : !S
  // expected-error @+1 {{takes 4 stages, not those of}}
  tile.store_bulk %x, %c[%m] map #map dims [0, 1] through %staging stages 2 : tensor<128x128xbf16, #acc>, !V, !S
  return
}
