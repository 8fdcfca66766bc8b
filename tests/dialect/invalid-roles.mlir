// RUN: girih-opt %s -split-input-file --verify-diagnostics

// expected-error @+1 {{there must be barriers, and arrivals at them}}
func.func private @none(!tile.barriers<0, 4>)

// -----

func.func @idle() {
  // expected-error @+1 {{needs warps}}
  tile.producer warps 0 {
  }
  return
}

// -----

func.func @foreign(%n: index) {
  %free = tile.alloc_barriers : !tile.barriers<2, 4>
  %c1 = arith.constant 1 : index
  tile.producer warps 4 {
    // expected-error @+1 {{in a tile.producer uses a value that the other warps compute}}
    tile.barrier_wait %free[%c1] phase %c1 : !tile.barriers<2, 4>
  }
  return
}

// -----

func.func @halves(%x: tensor<8x32xf16>) {
  // expected-error @+1 {{adds elements of 32 bits, not 'f16'}}
  %sum = tile.cluster_sum %x of 4 : tensor<8x32xf16> -> tensor<8x32xf16>
  return
}

// -----

func.func @inner(%x: tensor<8x32xf32>, %c: i1) {
  scf.if %c {
    // expected-error @+1 {{belongs in the kernel's own block}}
    %sum = tile.cluster_sum %x of 4 : tensor<8x32xf32> -> tensor<8x32xf32>
  }
  return
}

// -----

func.func @rows(%x: tensor<8x32xf32>) {
  // expected-error @+1 {{gives all columns or a part of them for each block}}
  %sum = tile.cluster_sum %x of 4 : tensor<8x32xf32> -> tensor<2x32xf32>
  return
}

// -----

func.func @streamed_halves(%x: tensor<8x32xf16>, %n: index) {
  // expected-error @+1 {{adds elements of 32 bits, not 'f16'}}
  %sum = tile.stream_sum %x rounds %n from %n to %n : tensor<8x32xf16>
  return
}
