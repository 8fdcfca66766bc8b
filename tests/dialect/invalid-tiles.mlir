// RUN: girih-opt %s -split-input-file -verify-diagnostics -allow-unregistered-dialect

func.func @f(%p: index) {
  // expected-error @+1 {{the map must give one number from 1 lanes and 1 scalars}}
  %0 = tile.coordinate [%p] map affine_map<(d0) -> (d0)> : tensor<8xi32>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{the map must give one number from 2 lanes and 0 scalars}}
  %0 = tile.coordinate [] map affine_map<(d0, d1) -> (d0, d1)> : tensor<8x8xi32>
  return
}

// -----

func.func @f(%x: tensor<8xf32>) {
  // expected-error @+1 {{changes the element type}}
  %0 = tile.remap %x map affine_map<(d0) -> (d0)> : tensor<8xf32> -> tensor<8xf16>
  return
}

// -----

func.func @f(%x: tensor<8xf32>) {
  // expected-error @+1 {{the map must take 2 coordinates to 1}}
  %0 = tile.remap %x map affine_map<(d0) -> (d0)> : tensor<8xf32> -> tensor<8x1xf32>
  return
}

// -----

func.func @f(%x: tensor<8xf32>) {
  // expected-error @+1 {{the map must take 1 coordinates to 1}}
  %0 = tile.remap %x map affine_map<(d0)[s0] -> (d0 + s0)> : tensor<8xf32> -> tensor<8xf32>
  return
}

// -----

func.func @f(%x: tensor<1xf32>) {
  // expected-error @+1 {{gives no tile of rank 0}}
  %0 = tile.remap %x map affine_map<() -> (0)> : tensor<1xf32> -> tensor<f32>
  return
}

// -----

func.func @f(%x: tensor<8x4xf32>, %i: tensor<8x2xi32>) {
  // expected-error @+1 {{gives the index's shape and the source's elements}}
  %0 = tile.take %x[%i] dim 1 : tensor<8x4xf32>, tensor<8x2xi32> -> tensor<8x4xf32>
  return
}

// -----

func.func @f(%x: tensor<8x4xf32>, %i: tensor<8x2xi32>) {
  // expected-error @+1 {{source and index need one rank, which has dimension 2}}
  %0 = tile.take %x[%i] dim 2 : tensor<8x4xf32>, tensor<8x2xi32> -> tensor<8x2xf32>
  return
}

// -----

func.func @f(%x: tensor<8xf32>, %i: tensor<8x2xi32>) {
  // expected-error @+1 {{source and index need one rank, which has dimension 0}}
  %0 = tile.take %x[%i] dim 0 : tensor<8xf32>, tensor<8x2xi32> -> tensor<8x2xf32>
  return
}

// -----

func.func @f(%x: tensor<8x4xf32>, %i: tensor<8x2xi32>) {
  // expected-error @+1 {{source and index differ in dimension 1}}
  %0 = tile.take %x[%i] dim 0 : tensor<8x4xf32>, tensor<8x2xi32> -> tensor<8x2xf32>
  return
}

// -----

func.func @f(%i: tensor<i32>) {
  // expected-error @+1 {{counts i32 or i64 in at least one dimension}}
  %0 = tile.histogram %i : tensor<i32> -> tensor<8xi32>
  return
}

// -----

func.func @f(%i: tensor<8xi8>) {
  // expected-error @+1 {{counts i32 or i64 in at least one dimension}}
  %0 = tile.histogram %i : tensor<8xi8> -> tensor<8xi32>
  return
}

// -----

func.func @f(%i: tensor<8x2xi32>) {
  // expected-error @+1 {{gives counts of type i32 in one dimension}}
  %0 = tile.histogram %i : tensor<8x2xi32> -> tensor<8xi64>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{needs an input}}
  "tile.sort"() {dim = 0} : () -> ()
  return
}

// -----

func.func @f(%x: tensor<8xf32>) {
  // expected-error @+1 {{dimension 1 of a tile of rank 1}}
  %0 = tile.sort %x dim 1 : tensor<8xf32> -> tensor<8xf32>
  return
}

// -----

func.func @f(%x: tensor<f32>) {
  // expected-error @+1 {{dimension 0 of a tile of rank 0}}
  %0 = tile.sort %x dim 0 : tensor<f32> -> tensor<f32>
  return
}

// -----

func.func @f(%x: tensor<8xf32>, %y: tensor<4xf32>) {
  // expected-error @+1 {{inputs differ in shape}}
  %0, %1 = tile.sort %x, %y dim 0 : tensor<8xf32>, tensor<4xf32> -> tensor<8xf32>, tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<8xf32>) {
  // expected-error @+1 {{results have other types than the inputs}}
  %0 = tile.sort %x dim 0 : tensor<8xf32> -> tensor<8xf16>
  return
}

// -----

func.func @f(%x: tensor<8xf32>) {
  // expected-error @+1 {{results have other types than the inputs}}
  "tile.sort"(%x) {dim = 0} : (tensor<8xf32>) -> ()
  return
}

// -----

func.func @f(%x: tensor<8xf32>) {
  // expected-error @+1 {{results have other types than the inputs}}
  %0 = tile.scan %x dim 0 : tensor<8xf32> -> tensor<4xf32> {
  ^bb0(%a: f32, %b: f32):
    tile.yield %a : f32
  }
  return
}

// -----

func.func @f(%x: tensor<8x4xf32>) {
  // expected-error @+1 {{results are the inputs without dimension 0}}
  %0 = tile.reduce %x dim 0 : tensor<8x4xf32> -> tensor<8xf32> {
  ^bb0(%a: f32, %b: f32):
    tile.yield %a : f32
  }
  return
}

// -----

func.func @f(%x: tensor<8xf32>) {
  // A scalar, not a tensor of rank 0.
  // expected-error @+1 {{results are the inputs without dimension 0}}
  %0 = tile.reduce %x dim 0 : tensor<8xf32> -> tensor<f32> {
  ^bb0(%a: f32, %b: f32):
    tile.yield %a : f32
  }
  return
}

// -----

func.func @f(%x: tensor<8xf32>) {
  // expected-error @+1 {{the region's arguments are not its lanes}}
  %0 = tile.reduce %x dim 0 : tensor<8xf32> -> f32 {
  ^bb0(%a: f32):
    tile.yield %a : f32
  }
  return
}

// -----

func.func @f(%x: tensor<8xf32>) {
  // expected-error @+1 {{the region's arguments are not its lanes}}
  %0 = tile.scan %x dim 0 : tensor<8xf32> -> tensor<8xf32> {
  ^bb0(%a: f32, %b: f16):
    tile.yield %a : f32
  }
  return
}

// -----

func.func @f(%x: tensor<8xf32>) {
  // expected-error @+1 {{the region does not yield a lane of each result}}
  %0 = tile.reduce %x dim 0 : tensor<8xf32> -> f32 {
  ^bb0(%a: f32, %b: f32):
    tile.yield %a, %b : f32, f32
  }
  return
}

// -----

func.func @f(%x: tensor<8xf32>) {
  // expected-error @+1 {{the region does not yield a lane of each result}}
  %0 = tile.scan %x dim 0 : tensor<8xf32> -> tensor<8xf32> {
  ^bb0(%a: f32, %b: f32):
    %c = arith.truncf %a : f32 to f16
    tile.yield %c : f16
  }
  return
}

// -----

func.func @f(%x: tensor<8xf32>) {
  // Nothing is there that could end the region.
  // expected-error @+1 {{the region does not yield a lane of each result}}
  %0 = tile.reduce %x dim 0 : tensor<8xf32> -> f32 {
  ^bb0(%a: f32, %b: f32):
  }
  return
}

// -----

func.func @f(%x: tensor<8xf32>) {
  // expected-error @+1 {{the region does not yield a lane of each result}}
  %0 = tile.reduce %x dim 0 : tensor<8xf32> -> f32 {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %b : f32
  }
  return
}

// -----

func.func @f(%x: tensor<8xf32>) {
  // expected-error @+1 {{the region holds 'tile.program_id', which is not elementwise}}
  %0 = tile.reduce %x dim 0 : tensor<8xf32> -> f32 {
  ^bb0(%a: f32, %b: f32):
    %p = tile.program_id 0
    tile.yield %a : f32
  }
  return
}

// -----

func.func @f(%x: tensor<8xf32>) {
  // expected-error @+1 {{the region holds 'my.op', which is not elementwise}}
  %0 = tile.scan %x dim 0 : tensor<8xf32> -> tensor<8xf32> {
  ^bb0(%a: f32, %b: f32):
    %p = "my.op"() : () -> f32
    tile.yield %p : f32
  }
  return
}

// -----

func.func @f(%x: tensor<8xf32>) {
  // expected-error @+1 {{the region holds 'arith.constant', which is not elementwise}}
  %0 = tile.scan %x dim 0 : tensor<8xf32> -> tensor<8xf32> {
  ^bb0(%a: f32, %b: f32):
    %p = arith.constant dense<1.0> : tensor<8xf32>
    tile.yield %b : f32
  }
  return
}

// -----

func.func @f(%x: tensor<8xf32>, %y: f32) {
  // expected-note @+1 {{required by region isolation constraints}}
  %0 = tile.reduce %x dim 0 : tensor<8xf32> -> f32 {
  ^bb0(%a: f32, %b: f32):
    // expected-error @+1 {{using value defined outside the region}}
    %s = arith.addf %a, %y : f32
    tile.yield %s : f32
  }
  return
}

// -----

func.func @f(%x: tensor<8xf32>) {
  // expected-error @+1 {{inputs and result differ in shape}}
  %0 = tile.inline_ptx "" %x : tensor<8xf32> -> tensor<4xf32> {
  ^bb0(%a: f32):
    tile.yield %a : f32
  }
  return
}

// -----

func.func @f(%x: tensor<8xf32>) {
  // expected-error @+1 {{the region's arguments are not its lanes}}
  %0 = tile.inline_ptx "" %x : tensor<8xf32> -> tensor<8xf32> {
  ^bb0(%a: f32, %b: f32):
    tile.yield %a : f32
  }
  return
}

// -----

func.func @f(%a: f32) {
  // expected-error @+1 {{'tile.yield' op expects parent op to be one of 'tile.reduce, tile.scan, tile.inline_ptx'}}
  tile.yield %a : f32
}

// -----

func.func @f(%x: tensor<8xf32>) {
  // expected-error @+1 {{the condition is not a bool}}
  tile.assert %x, "no" : tensor<8xf32>
  return
}

// -----

func.func @f(%x: tensor<8xf32>) {
  // expected-error @+1 {{says for 0 of 1 values whether they are unsigned}}
  tile.print "x" %x unsigned [] : tensor<8xf32>
  return
}

// -----

func.func @f(%x: tensor<8xf32>) {
  // expected-error @+1 {{expected 'unsigned'}}
  tile.print "x" %x : tensor<8xf32>
  return
}

// -----

!v = !tile.view<element = f32, sizes = [1], strides = [1], unit = 0, align = 4>
func.func @f(%x: !v, %i: tensor<8xi32>) {
  // expected-error @+1 {{the tile has elements of type 'f16' but the view has 'f32'}}
  %0 = tile.gather %x[%i : tensor<8xi32>] other 0.0 : f16 : !v -> tensor<8xf16>
  return
}

// -----

!v = !tile.view<element = f32, sizes = [1], strides = [1], unit = 0, align = 4>
func.func @f(%x: !v, %i: tensor<8xi32>) {
  // expected-error @+1 {{'other' has type 'i32' but the view has 'f32'}}
  %0 = tile.gather %x[%i : tensor<8xi32>] other 0 : i32 : !v -> tensor<8xf32>
  return
}

// -----

!v = !tile.view<element = f32, sizes = [1], strides = [1], unit = 0, align = 4>
func.func @f(%x: !v, %i: tensor<8xi32>, %t: tensor<8xf32>) {
  // expected-error @+1 {{'other' has type 'f64' but the view has 'f32'}}
  %0 = tile.atomic add %t, %x[%i : tensor<8xi32>] other 0.0 : f64 : tensor<8xf32>, !v -> tensor<8xf32>
  return
}

// -----

!v = !tile.view<element = f32, sizes = [1], strides = [1], unit = 0, align = 4>
func.func @f(%x: !v, %i: tensor<8xi32>, %t: tensor<8xf32>) {
  // expected-error @+1 {{2 indices for a view of rank 1}}
  tile.scatter %t, %x[%i, %i : tensor<8xi32>, tensor<8xi32>] : tensor<8xf32>, !v
  return
}

// -----

!v = !tile.view<element = f32, sizes = [1], strides = [1], unit = 0, align = 4>
func.func @f(%x: !v, %i: tensor<4xi32>, %t: tensor<8xf32>) {
  // expected-error @+1 {{an index has another shape than the tile}}
  tile.scatter %t, %x[%i : tensor<4xi32>] : tensor<8xf32>, !v
  return
}

// -----

!v = !tile.view<element = f32, sizes = [1], strides = [1], unit = 0, align = 4>
func.func @f(%x: !v, %i: tensor<8xf32>, %t: tensor<8xf32>) {
  // expected-error @+1 {{must be variadic of statically shaped tensor of signless integer values}}
  tile.scatter %t, %x[%i : tensor<8xf32>] : tensor<8xf32>, !v
  return
}

// -----

!v = !tile.view<element = i32, sizes = [1], strides = [1], unit = 0, align = 4>
func.func @f(%x: !v, %i: tensor<8xi32>) {
  // expected-error @+1 {{only compare_exchange expects a value}}
  %0 = tile.atomic compare_exchange %i, %x[%i : tensor<8xi32>] other 0 : i32 : tensor<8xi32>, !v -> tensor<8xi32>
  return
}

// -----

!v = !tile.view<element = i32, sizes = [1], strides = [1], unit = 0, align = 4>
func.func @f(%x: !v, %i: tensor<8xi32>) {
  // expected-error @+1 {{only compare_exchange expects a value}}
  %0 = tile.atomic add %i expected %i : tensor<8xi32>, %x[%i : tensor<8xi32>] other 0 : i32 : tensor<8xi32>, !v -> tensor<8xi32>
  return
}

// -----

!v = !tile.view<element = i32, sizes = [1], strides = [1], unit = 0, align = 4>
func.func @f(%x: !v, %i: tensor<8xi32>, %e: tensor<4xi32>) {
  // expected-error @+1 {{value, expected value and result differ in type}}
  %0 = tile.atomic compare_exchange %i expected %e : tensor<4xi32>, %x[%i : tensor<8xi32>] other 0 : i32 : tensor<8xi32>, !v -> tensor<8xi32>
  return
}

// -----

!v = !tile.view<element = i32, sizes = [1], strides = [1], unit = 0, align = 4>
func.func @f(%x: !v, %i: tensor<8xi32>) {
  // expected-error @+1 {{value, expected value and result differ in type}}
  %0 = tile.atomic add %i, %x[%i : tensor<8xi32>] other 0 : i32 : tensor<8xi32>, !v -> tensor<4xi32>
  return
}

// -----

!v = !tile.view<element = f32, sizes = [1], strides = [1], unit = 0, align = 4>
func.func @f(%x: !v, %i: tensor<8xi32>, %t: tensor<8xf32>) {
  // expected-error @+1 {{bit_and combines integers, not 'f32'}}
  %0 = tile.atomic bit_and %t, %x[%i : tensor<8xi32>] other 0.0 : f32 : tensor<8xf32>, !v -> tensor<8xf32>
  return
}

// -----

!v = !tile.view<element = i64, sizes = [1], strides = [1], unit = 0, align = 8>
func.func @f(%x: !v, %p: i64, %n: i32) {
  // expected-error @+1 {{programs are counted in an i32, not in 'i64'}}
  %0 = tile.arrive %x[%p : i64] of %n : !v
  return
}

// -----

!v = !tile.view<element = i32, sizes = [1], strides = [1], unit = 0, align = 4>
func.func @f(%x: !v, %p: i64, %n: i32) {
  // expected-error @+1 {{2 indices for a view of rank 1}}
  %0 = tile.arrive %x[%p, %p : i64, i64] of %n : !v
  return
}

// -----

!v = !tile.view<element = bf16, sizes = [1], strides = [1], unit = 0, align = 2>
func.func @window_run(%x: !v) {
  // expected-error @below {{its runs do not divide a dimension}}
  %a = tile.load_window %x[] map affine_map<(d0) -> (d0 * 2)> moves [] other 0.0 : bf16 places [0] along 0 run 3 : !v -> tensor<64xbf16>
  return
}

// -----

!v = !tile.view<element = bf16, sizes = [1], strides = [1], unit = 0, align = 2>
func.func @window_places(%x: !v) {
  // expected-error @below {{must have a tile for each place, all of one type}}
  %a = tile.load_window %x[] map affine_map<(d0) -> (d0 * 2)> moves [] other 0.0 : bf16 places [0, 1] along 0 run 4 : !v -> tensor<64xbf16>
  return
}

// -----

!v = !tile.view<element = bf16, sizes = [1], strides = [1], unit = 0, align = 2>
func.func @window_moves(%x: !v) {
  // expected-error @below {{must have a move for each constraint}}
  %a = tile.load_window %x[] map affine_map<(d0) -> (d0 * 2)> moves [1] other 0.0 : bf16 places [0] along 0 run 4 : !v -> tensor<64xbf16>
  return
}
