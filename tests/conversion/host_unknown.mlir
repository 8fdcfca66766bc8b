// RUN: not girih-host %s 2>&1 | FileCheck %s

// CHECK: error: the host back end does not know this operation
func.func @unknown() attributes {
    tile.kernel, tile.config = "", tile.directions = [], tile.index_bits = 64,
    tile.grid = affine_map<() -> (1)>, tile.order = #tile.order<row_major, 1>} {
  %t = arith.constant dense<1.0> : tensor<4xf32>
  %e = tensor.empty() : tensor<4xf32>
  return
}
