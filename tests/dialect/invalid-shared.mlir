// RUN: girih-opt %s -split-input-file --verify-diagnostics

// expected-error @+1 {{not a layout: 'rank = 1, lane'}}
#bad = #tile.layout<"rank = 1, lane">

// -----

#small = #tile.layout<"rank = 1, offset = [[1]]">
// expected-error @+1 {{the layout does not cover the tile}}
func.func private @shared(!tile.shared<[4], f32, #small>)

// -----

#twice = #tile.layout<"rank = 1, offset = [[1], [1]], repeat = [offset 2 along 0]">
// expected-error @+1 {{the layout gives several elements one place}}
func.func private @shared(!tile.shared<[4], f32, #twice>)

// -----

#four = #tile.layout<"rank = 1, offset = [[1], [2]]">
// expected-error @+1 {{shared memory cannot hold elements of type 'index'}}
func.func private @shared(!tile.shared<[4], index, #four>)

// -----

func.func @convert(%x: tensor<4xf32>) {
  // expected-error @+1 {{changes more than the layout: 'tensor<4xf32>' to 'tensor<8xf32>'}}
  %y = tile.convert_layout %x : tensor<4xf32> -> tensor<8xf32>
  return
}

// -----

#small = #tile.layout<"rank = 1, lane = [[1]]">
func.func @convert(%x: tensor<4xf32>) {
  // expected-error @+1 {{a layout does not cover its tile 'tensor<4xf32, #tile.layout<"rank = 1, lane = [[1]]">>'}}
  %y = tile.convert_layout %x : tensor<4xf32> -> tensor<4xf32, #small>
  return
}

// -----

#four = #tile.layout<"rank = 1, offset = [[1], [2]]">
func.func @load(%s: !tile.shared<[4], f32, #four>, %i: index) {
  // expected-error @+1 {{a tile 'tensor<4xf16>' cannot be read from}}
  %y = tile.shared_load %s[%i] : !tile.shared<[4], f32, #four> -> tensor<4xf16>
  return
}

// -----

#four = #tile.layout<"rank = 1, offset = [[1], [2]]">
func.func @keep(%s: !tile.shared<[4], f32, #four>, %i: index, %x: tensor<8xf32>) {
  // expected-error @+1 {{a tile 'tensor<8xf32>' cannot be kept in}}
  tile.keep %x in %s[%i] : tensor<8xf32> in !tile.shared<[4], f32, #four>
  return
}
