// RUN: girih-opt %s -split-input-file -verify-diagnostics

func.func @f(%a: !tile.view<element = f32, sizes = [1], strides = [1], unit = -1, align = 4>) {
  // expected-error @+1 {{a view of rank 1}}
  %0 = tile.value %a : !tile.view<element = f32, sizes = [1], strides = [1], unit = -1, align = 4> -> f32
  return
}

// -----

func.func @f(%a: !tile.view<element = f32, sizes = [], strides = [], unit = -1, align = 4>) {
  // expected-error @+1 {{gives 'i32' of a view of 'f32'}}
  %0 = tile.value %a : !tile.view<element = f32, sizes = [], strides = [], unit = -1, align = 4> -> i32
  return
}

// -----

// expected-error @+1 {{only a function can be a kernel}}
module attributes {tile.kernel} {}

// -----

// expected-error @+1 {{a kernel has no results}}
func.func private @f() -> i32 attributes {tile.kernel}

// -----

// expected-error @+1 {{an operand of a kernel is a !tile.view, not 'f32'}}
func.func @f(%a: f32) attributes {tile.kernel} { return }

// -----

// expected-error @+1 {{a kernel needs 'tile.index_bits', 32 or 64}}
func.func @f() attributes {tile.kernel, tile.index_bits = 16} { return }

// -----

// expected-error @+1 {{a kernel needs the string 'tile.config'}}
func.func @f() attributes {tile.kernel, tile.index_bits = 32} { return }

// -----

// expected-error @+1 {{a kernel needs the affine map 'tile.grid'}}
func.func @f() attributes {tile.kernel, tile.index_bits = 32, tile.config = ""} { return }

// -----

// expected-error @+1 {{the grid has 0 dims and 1 symbols, but must have none and one for each of the 0 sizes of the operands and the 0 minima}}
func.func @f() attributes {tile.kernel, tile.index_bits = 32, tile.config = "",
  tile.grid = affine_map<()[s0] -> (s0)>} { return }

// -----

// expected-error @+1 {{'tile.grids' holds a map like the grid for each operand}}
func.func @f() attributes {tile.kernel, tile.index_bits = 32, tile.config = "",
  tile.grid = affine_map<() -> (1)>, tile.grids = [affine_map<() -> (1)>]} { return }

// -----

// expected-error @+1 {{'tile.minima' holds maps over the grid's symbols, each over those before it}}
func.func @f() attributes {tile.kernel, tile.index_bits = 32, tile.config = "",
  tile.grid = affine_map<()[s0] -> (s0)>, tile.minima = [affine_map<()[s0] -> (s0, 1)>]} { return }

// -----

// expected-error @+1 {{a kernel needs the 'tile.order' attribute}}
func.func @f() attributes {tile.kernel, tile.index_bits = 32, tile.config = "",
  tile.grid = affine_map<() -> (1)>} { return }

// -----

// expected-error @+1 {{order grouped needs a grid of rank 2, not 1}}
func.func @f() attributes {tile.kernel, tile.index_bits = 32, tile.config = "",
  tile.grid = affine_map<() -> (1)>, tile.order = #tile.order<grouped, 4>} { return }

// -----

!v = !tile.view<element = f32, sizes = [1], strides = [1], unit = 0, align = 4>
// expected-error @+1 {{a kernel needs 'tile.directions', one for each operand}}
func.func @f(%a: !v) attributes {tile.kernel, tile.index_bits = 32, tile.config = "",
  tile.grid = affine_map<()[s0] -> (1)>, tile.order = #tile.order<row_major, 1>,
  tile.directions = []} { return }

// -----

!v = !tile.view<element = f32, sizes = [1], strides = [1], unit = 0, align = 4>
// expected-error @+1 {{a direction is "in", "out" or "inout", the first or the last perhaps "settled", not "up"}}
func.func @f(%a: !v) attributes {tile.kernel, tile.index_bits = 32, tile.config = "",
  tile.grid = affine_map<()[s0] -> (1)>, tile.order = #tile.order<row_major, 1>,
  tile.directions = ["up"]} { return }

// -----

func.func @f() attributes {tile.kernel, tile.index_bits = 32, tile.config = "",
  tile.grid = affine_map<() -> (1)>, tile.order = #tile.order<row_major, 1>,
  tile.directions = []} {
  // expected-error @+1 {{dimension 1 of a grid of rank 1}}
  %p = tile.program_id 1
  return
}
