// RUN: girih-opt %s | girih-opt | FileCheck %s
// RUN: girih-opt %s -mlir-print-op-generic | girih-opt | FileCheck %s

// What works on whole tiles: each operation printed as it is read.

!m = !tile.view<element = f32, sizes = [1, 1], strides = [1, 1], unit = 1, align = 4>
!i = !tile.view<element = i32, sizes = [1], strides = [1], unit = 0, align = 4>
!s = !tile.view<element = f32, sizes = [], strides = [], unit = -1, align = 4>

// CHECK-LABEL: func.func @lanes
// CHECK-SAME: [[X:%[a-z0-9]+]]: tensor<6x1xf32>, [[I:%[a-z0-9]+]]: tensor<6x9xi32>, [[P:%[a-z0-9]+]]: index
func.func @lanes(%x: tensor<6x1xf32>, %i: tensor<6x9xi32>, %p: index) {
  // CHECK: tile.coordinate{{.}}[[P]]] map #{{.+}} : tensor<6x9xi64>
  %0 = tile.coordinate [%p] map affine_map<(d0, d1)[s0] -> (s0 * 64 + d0)> : tensor<6x9xi64>
  // CHECK: tile.coordinate[] map #{{.+}} : tensor<5xi8>
  %1 = tile.coordinate [] map affine_map<(d0) -> (d0)> : tensor<5xi8>
  // CHECK: [[R:%.+]] = tile.remap [[X]] map #{{.+}} : tensor<6x1xf32> -> tensor<6x9xf32>
  %2 = tile.remap %x map affine_map<(d0, d1) -> (d0, 0)> : tensor<6x1xf32> -> tensor<6x9xf32>
  // CHECK: tile.take [[R]][[[I]]] dim 1 : tensor<6x9xf32>, tensor<6x9xi32> -> tensor<6x9xf32>
  %3 = tile.take %2[%i] dim 1 : tensor<6x9xf32>, tensor<6x9xi32> -> tensor<6x9xf32>
  // CHECK: tile.histogram [[I]] : tensor<6x9xi32> -> tensor<12xi32>
  %counts = tile.histogram %i : tensor<6x9xi32> -> tensor<12xi32>
  return
}

// CHECK-LABEL: func.func @along
// CHECK-SAME: [[X:%[a-z0-9]+]]: tensor<3x5xf32>, [[K:%[a-z0-9]+]]: tensor<3x5xi8>
func.func @along(%x: tensor<3x5xf32>, %k: tensor<3x5xi8>, %v: tensor<7xf32>) {
  // CHECK: tile.reduce [[X]] dim 1 : tensor<3x5xf32> -> tensor<3xf32> {
  // CHECK-NEXT: ^bb0([[A:%.+]]: f32, [[B:%.+]]: f32):
  // CHECK-NEXT: [[S:%.+]] = arith.addf [[A]], [[B]] : f32
  // CHECK-NEXT: tile.yield [[S]] : f32
  %0 = tile.reduce %x dim 1 : tensor<3x5xf32> -> tensor<3xf32> {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %b : f32
    tile.yield %s : f32
  }
  // To a scalar, of two tiles.
  // CHECK: tile.reduce %{{.+}}, %{{.+}} dim 0 : tensor<7xf32>, tensor<7xf32> -> f32, f32
  %1, %2 = tile.reduce %v, %v dim 0 : tensor<7xf32>, tensor<7xf32> -> f32, f32 {
  ^bb0(%a: f32, %b: f32, %c: f32, %d: f32):
    tile.yield %a, %d : f32, f32
  }
  // CHECK: tile.scan [[X]] dim 0 reverse : tensor<3x5xf32> -> tensor<3x5xf32> {
  %3 = tile.scan %x dim 0 reverse : tensor<3x5xf32> -> tensor<3x5xf32> {
  ^bb0(%a: f32, %b: f32):
    tile.yield %b : f32
  }
  // CHECK: tile.scan [[X]] dim 1 : tensor<3x5xf32> -> tensor<3x5xf32> {
  %4 = tile.scan %x dim 1 : tensor<3x5xf32> -> tensor<3x5xf32> {
  ^bb0(%a: f32, %b: f32):
    tile.yield %b : f32
  }
  // CHECK: tile.sort [[K]], [[X]] dim 1 descending unsigned : tensor<3x5xi8>, tensor<3x5xf32> -> tensor<3x5xi8>, tensor<3x5xf32>
  %5, %6 = tile.sort %k, %x dim 1 descending unsigned : tensor<3x5xi8>, tensor<3x5xf32> -> tensor<3x5xi8>, tensor<3x5xf32>
  // CHECK: tile.sort [[X]] dim 0 : tensor<3x5xf32> -> tensor<3x5xf32>
  %7 = tile.sort %x dim 0 : tensor<3x5xf32> -> tensor<3x5xf32>
  return
}

// CHECK-LABEL: func.func @indirect
// CHECK-SAME: [[M:%[a-z0-9]+]]: !tile.view{{[^>]+}}>, [[I:%[a-z0-9]+]]: !tile.view{{[^>]+}}>, [[S:%[a-z0-9]+]]: !tile.view
func.func @indirect(%m: !m, %i: !i, %s: !s, %r: tensor<7xi32>, %c: tensor<7xi64>, %x: tensor<7xf32>,
                    %n: tensor<7xi32>, %z: tensor<f32>) {
  // CHECK: tile.gather [[M]][{{%.+}}, {{%.+}} : tensor<7xi32>, tensor<7xi64>] other -1.000000e+00 : f32 : !tile.view{{.+}} -> tensor<7xf32>
  %0 = tile.gather %m[%r, %c : tensor<7xi32>, tensor<7xi64>] other -1.0 : f32 : !m -> tensor<7xf32>
  // CHECK: tile.gather [[S]][] other 0.000000e+00 : f32 : !tile.view{{.+}} -> tensor<f32>
  %1 = tile.gather %s[] other 0.0 : f32 : !s -> tensor<f32>
  // CHECK: tile.scatter {{%.+}}, [[M]][{{%.+}}, {{%.+}} : tensor<7xi32>, tensor<7xi64>] : tensor<7xf32>, !tile.view
  tile.scatter %x, %m[%r, %c : tensor<7xi32>, tensor<7xi64>] : tensor<7xf32>, !m
  // CHECK: tile.scatter {{%.+}}, [[S]][] : tensor<f32>, !tile.view
  tile.scatter %z, %s[] : tensor<f32>, !s
  // CHECK: tile.atomic add {{%.+}}, [[M]][{{.+}}] other 0.000000e+00 : f32 : tensor<7xf32>, !tile.view{{.+}} -> tensor<7xf32>
  %2 = tile.atomic add %x, %m[%r, %c : tensor<7xi32>, tensor<7xi64>] other 0.0 : f32 : tensor<7xf32>, !m -> tensor<7xf32>
  // CHECK: tile.atomic compare_exchange {{%.+}} expected {{%.+}} : tensor<7xi32>, [[I]][{{.+}}] other 3 : i32 : tensor<7xi32>, !tile.view{{.+}} -> tensor<7xi32>
  %3 = tile.atomic compare_exchange %n expected %r : tensor<7xi32>, %i[%r : tensor<7xi32>] other 3 : i32 : tensor<7xi32>, !i -> tensor<7xi32>
  // CHECK: tile.atomic bit_xor
  %4 = tile.atomic bit_xor %n, %i[%r : tensor<7xi32>] other 0 : i32 : tensor<7xi32>, !i -> tensor<7xi32>
  return
}

// CHECK-LABEL: func.func @arrive
// CHECK-SAME: [[I:%[a-z0-9]+]]: !tile.view{{[^>]+}}>, [[P:%[a-z0-9]+]]: i64, [[N:%[a-z0-9]+]]: i32
func.func @arrive(%i: !i, %p: i64, %n: i32) -> i1 {
  // CHECK: [[L:%.+]] = tile.arrive [[I]][[[P]] : i64] of [[N]] : !tile.view
  %last = tile.arrive %i[%p : i64] of %n : !i
  // CHECK: return [[L]]
  return %last : i1
}

// CHECK-LABEL: func.func @debug
// CHECK-SAME: [[X:%[a-z0-9]+]]: tensor<7xf32>, [[I:%[a-z0-9]+]]: index, [[C:%[a-z0-9]+]]: tensor<7xi1>, [[D:%[a-z0-9]+]]: i1
func.func @debug(%x: tensor<7xf32>, %i: index, %c: tensor<7xi1>, %d: i1) {
  // CHECK: tile.print "a \22quote\22" [[X]], [[I]] unsigned [false, true] : tensor<7xf32>, index
  tile.print "a \"quote\"" %x, %i unsigned [false, true] : tensor<7xf32>, index
  // CHECK: tile.print "" unsigned []
  tile.print "" unsigned []
  // CHECK: tile.assert [[C]], "in range" : tensor<7xi1>
  tile.assert %c, "in range" : tensor<7xi1>
  // CHECK: tile.assert [[D]], "" : i1
  tile.assert %d, "" : i1
  // CHECK: tile.inline_ptx "ex2.approx.ftz.f32 $0, $1;" [[X]] : tensor<7xf32> -> tensor<7xf32> {
  // CHECK-NEXT: ^bb0([[A:%.+]]: f32):
  // CHECK-NEXT: [[E:%.+]] = math.exp2 [[A]] : f32
  // CHECK-NEXT: tile.yield [[E]] : f32
  %0 = tile.inline_ptx "ex2.approx.ftz.f32 $0, $1;" %x : tensor<7xf32> -> tensor<7xf32> {
  ^bb0(%a: f32):
    %e = math.exp2 %a : f32
    tile.yield %e : f32
  }
  return
}
