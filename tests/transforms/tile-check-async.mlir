// RUN: girih-opt %s -split-input-file -verify-diagnostics -tile-check-async="warps=4"

#ring = #tile.layout<"rank = 2, offset = [[0, 1], [0, 2], [0, 4], [0, 8], [0, 16], [1, 0], [2, 8], [4, 16]], repeat = [stage 2]">
#map = affine_map<(d0, d1)[s0] -> (s0 + d0, d1)>
!V = !tile.view<element = f16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>

// A sum that goes from round to round in flight, and is waited for behind.
func.func @sums(%a: !V) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>, tile.directions = ["in"], tile.grid = affine_map<()[s0, s1] -> (1)>} {
  %x = arith.constant dense<1.0> : tensor<64x16xf16>
  %y = arith.constant dense<1.0> : tensor<16x64xf16>
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tile.size %a, 0 : !V
  %r = scf.for %k = %c0 to %n step %c1 iter_args(%acc = %zero) -> tensor<64x64xf32> {
    %d = tile.dot %x, %y, %acc precision ieee in_flight : tensor<64x16xf16>, tensor<16x64xf16> -> tensor<64x64xf32>
    tile.dot_wait 1
    scf.yield %d : tensor<64x64xf32>
  }
  %s = tile.dot_wait 0 (%r : tensor<64x64xf32>) -> tensor<64x64xf32>
  %t = arith.negf %s : tensor<64x64xf32>
  return
}

// Barriers of tiles that the copy engine and threads bring to four warps.
func.func @barriers(%a: !V) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>, tile.directions = ["in"], tile.grid = affine_map<()[s0, s1] -> (1)>} {
  %ring = tile.alloc_shared : !tile.shared<[8, 32], f16, #ring>
  %full = tile.alloc_barriers : !tile.barriers<2, 129>
  %free = tile.alloc_barriers : !tile.barriers<2, 4>
  tile.producer warps 4 {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    tile.barrier_wait %free[%c0] phase %c1 : !tile.barriers<2, 4>
    tile.barrier_expect %full[%c0] bytes 512 : !tile.barriers<2, 129>
    tile.copy_bulk %a[%c1] map #map dims [0, 1] into %ring[%c0] signals %full[%c0] : !V, !tile.shared<[8, 32], f16, #ring>, !tile.barriers<2, 129>
    tile.barrier_arrive %full[%c0] copied : !tile.barriers<2, 129>
  }
  %c0 = arith.constant 0 : index
  tile.barrier_wait %full[%c0] phase %c0 : !tile.barriers<2, 129>
  tile.barrier_arrive %free[%c0] : !tile.barriers<2, 4>
  return
}

// -----

#ring = #tile.layout<"rank = 2, offset = [[0, 1], [0, 2], [0, 4], [0, 8], [0, 16], [1, 0], [2, 8], [4, 16]], repeat = [stage 2]">
#map = affine_map<(d0, d1)[s0] -> (s0 + d0, d1)>
!V = !tile.view<element = f16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>

func.func @read_too_soon(%a: !V) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>, tile.directions = ["in"], tile.grid = affine_map<()[s0, s1] -> (1)>} {
  %x = arith.constant dense<1.0> : tensor<64x16xf16>
  %y = arith.constant dense<1.0> : tensor<16x64xf16>
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tile.size %a, 0 : !V
  %d = tile.dot %x, %y, %zero precision ieee in_flight : tensor<64x16xf16>, tensor<16x64xf16> -> tensor<64x64xf32>
  // expected-error @+1 {{touches the result of a dot that is in flight}}
  %t = arith.negf %d : tensor<64x64xf32>
  return
}

// -----

#ring = #tile.layout<"rank = 2, offset = [[0, 1], [0, 2], [0, 4], [0, 8], [0, 16], [1, 0], [2, 8], [4, 16]], repeat = [stage 2]">
#map = affine_map<(d0, d1)[s0] -> (s0 + d0, d1)>
!V = !tile.view<element = f16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>

// The sum of the round before is still in flight.
func.func @read_in_the_next_round(%a: !V) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>, tile.directions = ["in"], tile.grid = affine_map<()[s0, s1] -> (1)>} {
  %x = arith.constant dense<1.0> : tensor<64x16xf16>
  %y = arith.constant dense<1.0> : tensor<16x64xf16>
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tile.size %a, 0 : !V
  %r:2 = scf.for %k = %c0 to %n step %c1 iter_args(%acc = %zero, %old = %zero) -> (tensor<64x64xf32>, tensor<64x64xf32>) {
    %d = tile.dot %x, %y, %acc precision ieee in_flight : tensor<64x16xf16>, tensor<16x64xf16> -> tensor<64x64xf32>
    // expected-error @+1 {{touches the result of a dot that is in flight}}
    %t = arith.addf %old, %old : tensor<64x64xf32>
    scf.yield %t, %d : tensor<64x64xf32>, tensor<64x64xf32>
  }
  return
}

// -----

#ring = #tile.layout<"rank = 2, offset = [[0, 1], [0, 2], [0, 4], [0, 8], [0, 16], [1, 0], [2, 8], [4, 16]], repeat = [stage 2]">
#map = affine_map<(d0, d1)[s0] -> (s0 + d0, d1)>
!V = !tile.view<element = f16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>

func.func @another_dot(%a: !V) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>, tile.directions = ["in"], tile.grid = affine_map<()[s0, s1] -> (1)>} {
  %x = arith.constant dense<1.0> : tensor<64x16xf16>
  %y = arith.constant dense<1.0> : tensor<16x64xf16>
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tile.size %a, 0 : !V
  %d = tile.dot %x, %y, %zero precision ieee in_flight : tensor<64x16xf16>, tensor<16x64xf16> -> tensor<64x64xf32>
  %e = tile.dot %x, %y, %zero precision ieee in_flight : tensor<64x16xf16>, tensor<16x64xf16> -> tensor<64x64xf32>
  // expected-error @+1 {{has a source that it does not wait for}}
  %s = tile.dot_wait 1 (%e : tensor<64x64xf32>) -> tensor<64x64xf32>
  return
}

// -----

#ring = #tile.layout<"rank = 2, offset = [[0, 1], [0, 2], [0, 4], [0, 8], [0, 16], [1, 0], [2, 8], [4, 16]], repeat = [stage 2]">
#map = affine_map<(d0, d1)[s0] -> (s0 + d0, d1)>
!V = !tile.view<element = f16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>

func.func @arrivals(%a: !V) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>, tile.directions = ["in"], tile.grid = affine_map<()[s0, s1] -> (1)>} {
  // expected-error @+1 {{is said to count 8 arrivals, of which 4 come}}
  %free = tile.alloc_barriers : !tile.barriers<2, 8>
  %c0 = arith.constant 0 : index
  tile.barrier_wait %free[%c0] phase %c0 : !tile.barriers<2, 8>
  tile.barrier_arrive %free[%c0] : !tile.barriers<2, 8>
  return
}

// -----

#ring = #tile.layout<"rank = 2, offset = [[0, 1], [0, 2], [0, 4], [0, 8], [0, 16], [1, 0], [2, 8], [4, 16]], repeat = [stage 2]">
#map = affine_map<(d0, d1)[s0] -> (s0 + d0, d1)>
!V = !tile.view<element = f16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>

func.func @nobody(%a: !V) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>, tile.directions = ["in"], tile.grid = affine_map<()[s0, s1] -> (1)>} {
  // expected-error @+1 {{has nobody who waits for it}}
  %free = tile.alloc_barriers : !tile.barriers<2, 4>
  %c0 = arith.constant 0 : index
  tile.barrier_arrive %free[%c0] : !tile.barriers<2, 4>
  return
}

// -----

#ring = #tile.layout<"rank = 2, offset = [[0, 1], [0, 2], [0, 4], [0, 8], [0, 16], [1, 0], [2, 8], [4, 16]], repeat = [stage 2]">
#map = affine_map<(d0, d1)[s0] -> (s0 + d0, d1)>
!V = !tile.view<element = f16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>

func.func @bytes(%a: !V) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>, tile.directions = ["in"], tile.grid = affine_map<()[s0, s1] -> (1)>} {
  %ring = tile.alloc_shared : !tile.shared<[8, 32], f16, #ring>
  %full = tile.alloc_barriers : !tile.barriers<2, 1>
  tile.producer warps 4 {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    // expected-error @+1 {{announces 1024 bytes, of which 512 come}}
    tile.barrier_expect %full[%c0] bytes 1024 : !tile.barriers<2, 1>
    tile.copy_bulk %a[%c1] map #map dims [0, 1] into %ring[%c0] signals %full[%c0] : !V, !tile.shared<[8, 32], f16, #ring>, !tile.barriers<2, 1>
  }
  %c0 = arith.constant 0 : index
  tile.barrier_wait %full[%c0] phase %c0 : !tile.barriers<2, 1>
  return
}
