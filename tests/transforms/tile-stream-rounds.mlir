// RUN: girih-opt %s -tile-stream-rounds 2>&1 | FileCheck %s

#a = affine_map<(d0, d1)[s0] -> (d0, s0 * 64 + d1)>
#b = affine_map<(d0, d1)[s0] -> (s0 * 64 + d0, d1)>
#c = affine_map<(d0, d1) -> (d0, d1)>
!V = !tile.view<element = bf16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>
!F = !tile.view<element = f32, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>

// CHECK-DAG: remark: tile-stream-rounds: blocks do whole programs: programs have rounds of their own number
// CHECK-DAG: remark: tile-stream-rounds: blocks do whole programs: the kernel is not one loop that adds up products

// Steps of two; what becomes of the sum is for whoever has the first round.
// CHECK-LABEL: func.func @product
// CHECK: %[[N:.+]] = tile.size
// CHECK: %[[WAY:.+]] = arith.subi %[[N]], %[[LOWER:.+]] : index
// CHECK: %[[COUNT:.+]] = arith.ceildivsi %[[WAY]], %[[STEP:.+]] : index
// CHECK: %[[ROUNDS:.+]] = arith.maxsi %[[COUNT]], %{{.+}} : index
// CHECK: %[[FIRST:.+]], %[[END:.+]] = tile.stream_part %[[ROUNDS]]
// CHECK: %[[ALONG:.+]] = arith.muli %[[END]], %[[STEP]]
// CHECK: %[[AT:.+]] = arith.addi %[[LOWER]], %[[ALONG]]
// CHECK: %[[TO:.+]] = arith.minsi %[[AT]], %[[N]]
// CHECK: %[[SKIPPED:.+]] = arith.muli %[[FIRST]], %[[STEP]]
// CHECK: %[[FROM:.+]] = arith.addi %[[LOWER]], %[[SKIPPED]]
// CHECK: %[[PART:.+]] = scf.for %{{.+}} = %[[FROM]] to %[[TO]] step %[[STEP]]
// CHECK: %[[SUM:.+]] = tile.stream_sum %[[PART]] rounds %[[ROUNDS]] from %[[FIRST]] to %[[END]] : tensor<64x64xf32>
// CHECK: %[[BEGINS:.+]] = arith.cmpi eq, %[[FIRST]], %{{.+}} : index
// CHECK: scf.if %[[BEGINS]] {
// CHECK: arith.negf %[[SUM]]
// CHECK: tile.store
// CHECK-NEXT: }
// CHECK-NEXT: return
func.func @product(%a: !V, %b: !V, %c: !F) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "in", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5] -> (1)>} {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %n = tile.size %b, 0 : !V
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %r = scf.for %k = %c0 to %n step %c2 iter_args(%acc = %zero) -> tensor<64x64xf32> {
    %x = tile.load %a[%k] map #a other 0.0 : bf16 : !V -> tensor<64x64xbf16>
    %y = tile.load %b[%k] map #b other 0.0 : bf16 : !V -> tensor<64x64xbf16>
    %d = tile.dot %x, %y, %acc precision ieee : tensor<64x64xbf16>, tensor<64x64xbf16> -> tensor<64x64xf32>
    scf.yield %d : tensor<64x64xf32>
  }
  %m = arith.negf %r : tensor<64x64xf32>
  tile.store %m, %c[] map #c : tensor<64x64xf32>, !F
  return
}

// CHECK-LABEL: func.func @of_its_own
// CHECK-NOT: tile.stream
func.func @of_its_own(%a: !V, %b: !V, %c: !F) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "in", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5] -> (s0)>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tile.program_id 0
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %r = scf.for %k = %c0 to %n step %c1 iter_args(%acc = %zero) -> tensor<64x64xf32> {
    %x = tile.load %a[%k] map #a other 0.0 : bf16 : !V -> tensor<64x64xbf16>
    %y = tile.load %b[%k] map #b other 0.0 : bf16 : !V -> tensor<64x64xbf16>
    %d = tile.dot %x, %y, %acc precision ieee : tensor<64x64xbf16>, tensor<64x64xbf16> -> tensor<64x64xf32>
    scf.yield %d : tensor<64x64xf32>
  }
  tile.store %r, %c[] map #c : tensor<64x64xf32>, !F
  return
}

// CHECK-LABEL: func.func @no_product
// CHECK-NOT: tile.stream
func.func @no_product(%a: !F, %c: !F) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3] -> (1)>} {
  %x = tile.load %a[] map #c other 0.0 : f32 : !F -> tensor<64x64xf32>
  tile.store %x, %c[] map #c : tensor<64x64xf32>, !F
  return
}

// Sums of scaled products are sums.
// CHECK-LABEL: func.func @scaled
// CHECK: tile.stream_sum
func.func @scaled(%a: !V, %b: !V, %c: !F) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "in", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5] -> (1)>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tile.size %b, 0 : !V
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %two = arith.constant dense<2.0> : tensor<64x64xf32>
  %r = scf.for %k = %c0 to %n step %c1 iter_args(%acc = %zero) -> tensor<64x64xf32> {
    %x = tile.load %a[%k] map #a other 0.0 : bf16 : !V -> tensor<64x64xbf16>
    %y = tile.load %b[%k] map #b other 0.0 : bf16 : !V -> tensor<64x64xbf16>
    %d = tile.dot %x, %y, %zero precision ieee : tensor<64x64xbf16>, tensor<64x64xbf16> -> tensor<64x64xf32>
    %e = math.fma %d, %two, %acc : tensor<64x64xf32>
    scf.yield %e : tensor<64x64xf32>
  }
  tile.store %r, %c[] map #c : tensor<64x64xf32>, !F
  return
}
