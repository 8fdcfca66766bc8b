// RUN: girih-opt %s -split-input-file -tile-assign-layouts="warps=8 capability=90" -tile-overlap-dots="stages=4" -tile-specialise-warps="stages=4 warps=8 persistent=true" -tile-store-bulk="warps=8 room=35840" 2>%t | FileCheck %s
// RUN: FileCheck %s --input-file %t --check-prefix=REMARK
// RUN: girih-opt %s -split-input-file -tile-assign-layouts="warps=8 capability=90" -tile-overlap-dots="stages=4" -tile-specialise-warps="stages=4 warps=8 persistent=true" -tile-store-bulk="warps=8 room=20000" 2>/dev/null | FileCheck %s --check-prefix=LESS
// RUN: girih-opt %s -split-input-file -tile-assign-layouts="warps=8 capability=90" -tile-overlap-dots="stages=4" -tile-specialise-warps="stages=4 warps=8 persistent=true" -tile-store-bulk="warps=8 room=8191" 2>&1 >/dev/null | FileCheck %s --check-prefix=NONE
// RUN: girih-opt %s -split-input-file -tile-assign-layouts="warps=8 capability=90" -tile-overlap-dots="stages=4" -tile-store-bulk="warps=8" | FileCheck %s --check-prefix=ALL

#a = affine_map<(d0, d1)[s0, s1, s2, s3] -> (s0 * 128 + d0, s1 * 64 + d1)>
#as = affine_set<(d0, d1)[s0, s1, s2, s3] : (s2 - s0 * 128 - d0 - 1 >= 0, s3 - s1 * 64 - d1 - 1 >= 0)>
#b = affine_map<(d0, d1)[s0, s1, s2, s3] -> (s0 * 64 + d0, s1 * 256 + d1)>
#bs = affine_set<(d0, d1)[s0, s1, s2, s3] : (s2 - s0 * 64 - d0 - 1 >= 0, s3 - s1 * 256 - d1 - 1 >= 0)>
#c = affine_map<(d0, d1)[s0, s1, s2, s3] -> (s0 * 128 + d0, s1 * 256 + d1)>
#cs = affine_set<(d0, d1)[s0, s1, s2, s3] : (s2 - s0 * 128 - d0 - 1 >= 0, s3 - s1 * 256 - d1 - 1 >= 0)>
!V = !tile.view<element = bf16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>

// Two stages for each of two groups; the conversion that gave threads neighbours
// is gone. With less memory two narrower ones.
// CHECK-LABEL: func.func @product
// CHECK: %[[STAGING:.+]] = tile.alloc_shared : <[64, 64], bf16, <"{{.*}}repeat = [offset 8 along 0, stage 4]">>
// CHECK: tile.producer warps 4 {
// CHECK: scf.for
// CHECK: scf.for
// CHECK: %[[H:.+]] = arith.truncf
// CHECK-NEXT: tile.store_bulk %[[H]], %arg2[%{{.+}}, %{{.+}}, %{{.+}}, %{{.+}}] map #{{.+}} dims [0, 1] through %[[STAGING]] stages 2 :
// CHECK-NEXT: scf.yield
// CHECK-NEXT: }
// CHECK-NEXT: tile.store_wait %[[STAGING]]
// CHECK-NEXT: return
// LESS-LABEL: func.func @product
// LESS: tile.alloc_shared : <[64, 32], bf16, <"{{.*}}repeat = [offset 8 along 0, stage 4]">>
// LESS: tile.store_bulk {{.*}} stages 2 :
// NONE: remark: tile-store-bulk: threads store a tile: shared memory has no room for its parts
// ALL-LABEL: func.func @product
// ALL-NOT: store_bulk
// ALL: tile.store %
func.func @product(%a: !V, %b: !V, %c: !V) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "in", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5] -> (s4 ceildiv 128, s5 ceildiv 256)>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %block = arith.constant 64 : index
  %m = tile.program_id 0
  %n = tile.program_id 1
  %sm = tile.size %c, 0 : !V
  %sn = tile.size %c, 1 : !V
  %am = tile.size %a, 0 : !V
  %sk = tile.size %a, 1 : !V
  %bk = tile.size %b, 0 : !V
  %bn = tile.size %b, 1 : !V
  %count = arith.ceildivsi %sk, %block : index
  %zero = arith.constant dense<0.0> : tensor<128x256xf32>
  %r = scf.for %k = %c0 to %count step %c1 iter_args(%acc = %zero) -> tensor<128x256xf32> {
    %x = tile.load %a[%m, %k, %am, %sk] map #a bounds #as other 0.0 : bf16 : !V -> tensor<128x64xbf16>
    %y = tile.load %b[%k, %n, %bk, %bn] map #b bounds #bs other 0.0 : bf16 : !V -> tensor<64x256xbf16>
    %d = tile.dot %x, %y, %acc precision ieee : tensor<128x64xbf16>, tensor<64x256xbf16> -> tensor<128x256xf32>
    scf.yield %d : tensor<128x256xf32>
  }
  %h = arith.truncf %r : tensor<128x256xf32> to tensor<128x256xbf16>
  tile.store %h, %c[%m, %n, %sm, %sn] map #c bounds #cs : tensor<128x256xbf16>, !V
  return
}

// -----

#a = affine_map<(d0, d1)[s0] -> (d0, s0 * 64 + d1)>
#b = affine_map<(d0, d1)[s0] -> (s0 * 64 + d0, d1)>
#c = affine_map<(d0, d1) -> (d0, d1)>
#odd = affine_map<(d0, d1) -> (d0 * 2, d1)>
#cs = affine_set<(d0, d1)[s0] : (s0 - d0 - 1 >= 0)>
!V = !tile.view<element = bf16, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>
!F = !tile.view<element = f32, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>
!D = !tile.view<element = f64, sizes = [16, 16], strides = [16, 1], unit = 1, align = 16>

// What the engine cannot do, or what is not known to be done in time, threads
// store.
// REMARK: remark: tile-store-bulk: threads store a tile: it is no box of its operand
// REMARK: remark: tile-store-bulk: threads store a tile: its operand is accessed otherwise, too
// REMARK: remark: tile-store-bulk: threads store a tile: its operand is accessed otherwise, too
// REMARK: remark: tile-store-bulk: threads store a tile: its elements have neither 16 nor 32 bits
// REMARK: remark: tile-store-bulk: threads store a tile: it is not laid out as an accumulator of warp groups
// CHECK-LABEL: func.func @others
// CHECK-NOT: tile.store_bulk
// CHECK: return
func.func @others(%a: !V, %b: !V, %c: !F, %e: !F, %f: !D, %g: !F) attributes {tile.kernel, tile.config = "",
    tile.index_bits = 32 : i64, tile.order = #tile.order<row_major, 1>,
    tile.directions = ["in", "in", "out", "out", "out", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11] -> (1)>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %rounds = tile.size %a, 1 : !V
  %zero = arith.constant dense<0.0> : tensor<128x64xf32>
  %sum = scf.for %k = %c0 to %rounds step %c1 iter_args(%acc = %zero) -> tensor<128x64xf32> {
    %x = tile.load %a[%k] map #a other 0.0 : bf16 : !V -> tensor<128x64xbf16>
    %y = tile.load %b[%k] map #b other 0.0 : bf16 : !V -> tensor<64x64xbf16>
    %d = tile.dot %x, %y, %acc precision ieee : tensor<128x64xbf16>, tensor<64x64xbf16> -> tensor<128x64xf32>
    scf.yield %d : tensor<128x64xf32>
  }
  tile.store %sum, %c[] map #odd : tensor<128x64xf32>, !F
  tile.store %sum, %e[] map #c : tensor<128x64xf32>, !F
  tile.store %sum, %e[] map #c : tensor<128x64xf32>, !F
  %wide = arith.extf %sum : tensor<128x64xf32> to tensor<128x64xf64>
  tile.store %wide, %f[] map #c : tensor<128x64xf64>, !D
  %turned = tile.remap %sum map affine_map<(d0, d1) -> (d1, d0)> : tensor<128x64xf32> -> tensor<64x128xf32>
  tile.store %turned, %g[] map #c : tensor<64x128xf32>, !F
  return
}
