// RUN: girih-opt %s | girih-opt | FileCheck %s

#map = affine_map<(d0, d1)[s0] -> (s0 + d0, d1)>
#set = affine_set<(d0, d1)[s0] : (s0 >= 0)>
!V = !tile.view<element = f16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>
#ring = #tile.layout<"rank = 2, offset = [[0, 1], [0, 2], [0, 4], [0, 8], [0, 16], [1, 0], [2, 8], [4, 16]], repeat = [stage 2]">

// CHECK-LABEL: func.func @roles
func.func @roles(%a: !V) {
  // CHECK: %[[RING:.+]] = tile.alloc_shared
  %ring = tile.alloc_shared : !tile.shared<[8, 32], f16, #ring>
  // CHECK: %[[FULL:.+]] = tile.alloc_barriers : !tile.barriers<2, 129>
  %full = tile.alloc_barriers : !tile.barriers<2, 129>
  %free = tile.alloc_barriers : !tile.barriers<2, 4>
  // CHECK: tile.producer warps 4 {
  tile.producer warps 4 {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    // CHECK: tile.barrier_wait %{{.+}}[%{{.+}}] phase %{{.+}} : !tile.barriers<2, 4>
    tile.barrier_wait %free[%c0] phase %c1 : !tile.barriers<2, 4>
    // CHECK: tile.barrier_expect %[[FULL]][%{{.+}}] bytes 512 : !tile.barriers<2, 129>
    tile.barrier_expect %full[%c0] bytes 512 : !tile.barriers<2, 129>
    // CHECK: tile.copy_bulk %arg0[%{{.+}}] map #{{.+}} bounds #{{.+}} dims [0, 1] into %[[RING]][%{{.+}}] signals %[[FULL]][%{{.+}}] :
    tile.copy_bulk %a[%c1] map #map bounds #set dims [0, 1] into %ring[%c0] signals %full[%c0] : !V, !tile.shared<[8, 32], f16, #ring>, !tile.barriers<2, 129>
    // CHECK: tile.barrier_arrive %[[FULL]][%{{.+}}] copied : !tile.barriers<2, 129>
    tile.barrier_arrive %full[%c0] copied : !tile.barriers<2, 129>
  }
  %c0 = arith.constant 0 : index
  %true = arith.constant true
  // CHECK: %[[ENDED:.+]] = tile.barrier_test %[[FULL]][%{{.+}}] phase %{{.+}} : !tile.barriers<2, 129>
  // CHECK-NEXT: tile.barrier_wait %[[FULL]][%{{.+}}] phase %{{.+}} unless %[[ENDED]] : !tile.barriers<2, 129>
  %ended = tile.barrier_test %full[%c0] phase %c0 : !tile.barriers<2, 129>
  tile.barrier_wait %full[%c0] phase %c0 unless %ended : !tile.barriers<2, 129>
  // CHECK: tile.barrier_arrive %{{.+}}[%{{.+}}] if %{{.+}} : !tile.barriers<2, 4>
  tile.barrier_arrive %free[%c0] if %true : !tile.barriers<2, 4>
  return
}

// CHECK-LABEL: func.func @cluster
func.func @cluster(%x: tensor<8x32xf32>) -> tensor<8x32xf32> {
  // CHECK: %{{.+}} = tile.cluster_rank of 4
  %rank = tile.cluster_rank of 4
  // CHECK: %{{.+}} = tile.cluster_sum %{{.+}} of 4 : tensor<8x32xf32> -> tensor<8x32xf32>
  %sum = tile.cluster_sum %x of 4 : tensor<8x32xf32> -> tensor<8x32xf32>
  // CHECK: %{{.+}} = tile.cluster_sum %{{.+}} of 4 : tensor<8x32xf32> -> tensor<8x8xf32>
  %part = tile.cluster_sum %x of 4 : tensor<8x32xf32> -> tensor<8x8xf32>
  return %sum : tensor<8x32xf32>
}

// CHECK-LABEL: func.func @group
func.func @group() -> index {
  // CHECK: %{{.+}} = tile.group of 2
  %group = tile.group of 2
  return %group : index
}

// CHECK-LABEL: func.func @stream
func.func @stream(%x: tensor<8x32xf32>, %rounds: index, %program: index) -> tensor<8x32xf32> {
  // CHECK: tile.programs rounds %{{.+}} saving %{{.+}}
  %begin, %limit, %step = tile.programs rounds %rounds saving %program
  // CHECK: tile.stream_part %{{.+}} of %{{.+}}
  %first, %end = tile.stream_part %rounds of %program
  // CHECK: tile.stream_part %{{[a-z0-9]+}}{{$}}
  %all, %none = tile.stream_part %rounds
  // CHECK: tile.stream_sum %{{.+}} rounds %{{.+}} from %{{.+}} to %{{.+}} of %{{.+}} : tensor<8x32xf32>
  %sum = tile.stream_sum %x rounds %rounds from %first to %end of %program : tensor<8x32xf32>
  return %sum : tensor<8x32xf32>
}
