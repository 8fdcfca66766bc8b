// RUN: girih-opt %s -split-input-file -verify-diagnostics

// expected-error @+1 {{a view cannot have elements of type 'f80'}}
func.func @f(%a: !tile.view<element = f80, sizes = [1], strides = [1], unit = 0, align = 4>) { return }

// -----

// expected-error @+1 {{a view has as many sizes as strides, got 1 and 2}}
func.func @f(%a: !tile.view<element = f32, sizes = [1], strides = [1, 1], unit = 0, align = 4>) { return }

// -----

// expected-error @+1 {{divisors of sizes and strides must be positive}}
func.func @f(%a: !tile.view<element = f32, sizes = [0], strides = [1], unit = 0, align = 4>) { return }

// -----

// expected-error @+1 {{unit is a dimension of the view or -1, got 1}}
func.func @f(%a: !tile.view<element = f32, sizes = [1], strides = [1], unit = 1, align = 4>) { return }

// -----

// expected-error @+1 {{align must be a power of two, got 12}}
func.func @f(%a: !tile.view<element = f32, sizes = [1], strides = [1], unit = 0, align = 12>) { return }

// -----

// expected-error @+1 {{expected 'strides'}}
func.func @f(%a: !tile.view<element = f32, sizes = [1], unit = 0, align = 4>) { return }

// -----

// expected-error @+1 {{an order's group must be positive, got 0}}
func.func @f() attributes {tile.order = #tile.order<grouped, 0>} { return }

// -----

!v = !tile.view<element = f32, sizes = [1], strides = [1], unit = 0, align = 4>
func.func @f(%x: !v, %p: index) {
  // expected-error @+1 {{the tile has elements of type 'f16' but the view has 'f32'}}
  %t = tile.load %x[%p] map affine_map<(d0)[s0] -> (s0 + d0)> other 0.0 : f32 : !v -> tensor<8xf16>
  return
}

// -----

!v = !tile.view<element = f32, sizes = [1], strides = [1], unit = 0, align = 4>
func.func @f(%x: !v, %p: index) {
  // expected-error @+1 {{'other' has type 'f16' but the view has 'f32'}}
  %t = tile.load %x[%p] map affine_map<(d0)[s0] -> (s0 + d0)> other 0.0 : f16 : !v -> tensor<8xf32>
  return
}

// -----

!v = !tile.view<element = f32, sizes = [1], strides = [1], unit = 0, align = 4>
func.func @f(%x: !v, %p: index) {
  // expected-error @+1 {{the map has 1 dims for a tile of rank 2}}
  %t = tile.load %x[%p] map affine_map<(d0)[s0] -> (s0 + d0)> other 0.0 : f32 : !v -> tensor<8x8xf32>
  return
}

// -----

!v = !tile.view<element = f32, sizes = [1], strides = [1], unit = 0, align = 4>
func.func @f(%x: !v, %t: tensor<8xf32>) {
  // expected-error @+1 {{the map has 1 symbols for 0 scalars}}
  tile.store %t, %x[] map affine_map<(d0)[s0] -> (s0 + d0)> : tensor<8xf32>, !v
  return
}

// -----

!v = !tile.view<element = f32, sizes = [1], strides = [1], unit = 0, align = 4>
func.func @f(%x: !v, %t: tensor<8xf32>) {
  // expected-error @+1 {{the map has 2 results for a view of rank 1}}
  tile.store %t, %x[] map affine_map<(d0) -> (d0, d0)> : tensor<8xf32>, !v
  return
}

// -----

!v = !tile.view<element = f32, sizes = [1], strides = [1], unit = 0, align = 4>
func.func @f(%x: !v, %t: tensor<8xf32>) {
  // expected-error @+1 {{map and bounds differ in dims or symbols}}
  tile.store %t, %x[] map affine_map<(d0) -> (d0)> bounds affine_set<(d0, d1) : (d0 >= 0)> : tensor<8xf32>, !v
  return
}

// -----

!v = !tile.view<element = f32, sizes = [1], strides = [1], unit = 0, align = 4>
func.func @f(%x: !v) {
  // expected-error @+1 {{dimension 1 of a view of rank 1}}
  %n = tile.size %x, 1 : !v
  return
}

// -----

func.func @f(%a: tensor<4x4xf16>, %b: tensor<5x4xf16>, %c: tensor<4x4xf32>) {
  // expected-error @+1 {{a has 4 columns but b has 5 rows}}
  %d = tile.dot %a, %b, %c precision ieee : tensor<4x4xf16>, tensor<5x4xf16> -> tensor<4x4xf32>
  return
}

// -----

func.func @f(%a: tensor<4x4xf16>, %c: tensor<4x8xf32>) {
  // expected-error @+1 {{the accumulator is 4x8 but the product is 4x4}}
  %d = tile.dot %a, %a, %c precision ieee : tensor<4x4xf16>, tensor<4x4xf16> -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%a: tensor<4xf16>, %c: tensor<4xf32>) {
  // expected-error @+1 {{operands must have rank 2}}
  %d = tile.dot %a, %a, %c precision ieee : tensor<4xf16>, tensor<4xf16> -> tensor<4xf32>
  return
}

// -----

func.func @f(%a: tensor<4x4xf16>, %b: tensor<4x4xbf16>, %c: tensor<4x4xf32>) {
  // expected-error @+1 {{operands of different types 'f16' and 'bf16'}}
  %d = tile.dot %a, %b, %c precision ieee : tensor<4x4xf16>, tensor<4x4xbf16> -> tensor<4x4xf32>
  return
}

// -----

func.func @f(%a: tensor<4x4xi1>, %c: tensor<4x4xi32>) {
  // expected-error @+1 {{no dot of elements of type 'i1'}}
  %d = tile.dot %a, %a, %c precision ieee : tensor<4x4xi1>, tensor<4x4xi1> -> tensor<4x4xi32>
  return
}

// -----

func.func @f(%a: tensor<4x4xf16>) {
  // expected-error @+1 {{products of 'f16' are summed in 'f32', not in 'f16'}}
  %d = tile.dot %a, %a, %a precision ieee : tensor<4x4xf16>, tensor<4x4xf16> -> tensor<4x4xf16>
  return
}

// -----

func.func @f(%a: tensor<4x4xf16>, %c: tensor<4x4xf32>) {
  // expected-error @+1 {{only i8 operands can be unsigned, not 'f16'}}
  %d = tile.dot %a, %a, %c precision ieee unsigned_a : tensor<4x4xf16>, tensor<4x4xf16> -> tensor<4x4xf32>
  return
}
