// RUN: girih-ptx %s --arch sm_90a --stage llvm 2>/dev/null | FileCheck %s
// RUN: girih-ptx %s --arch sm_90a 2>/dev/null | FileCheck %s --check-prefix=PTX
// RUN: sed s/settled.in/in/ %s > %t
// RUN: girih-ptx %t --arch sm_90a 2>/dev/null | FileCheck %s --check-prefix=LATE

// What nothing writes that may still run is read before the wait, the first
// round of it before a loop: %w, which the loop reads after %x.
// CHECK-LABEL: define ptx_kernel void @scaled_sum
// CHECK: ld.global{{.*}}.v4.b32
// CHECK-NOT: ld.global
// CHECK: call void asm sideeffect "griddepcontrol.wait;", "~{memory}"()
// CHECK: ld.global{{.*}}.v4.b32

// PTX: ld.global{{.*}}.v4.b32
// PTX-NOT: ld.global
// PTX: griddepcontrol.wait;
// PTX: ld.global{{.*}}.v4.b32
// PTX: st.global.v4.b32

// LATE: .entry scaled_sum
// LATE-NOT: ld.global
// LATE: griddepcontrol.wait;
#map = affine_map<(d0)[s0] -> (s0 * 512 + d0)>
#row = affine_map<(d0)[s0, s1] -> (s1, s0 * 512 + d0)>
!X = !tile.view<element = f32, sizes = [1, 512], strides = [16, 1], unit = 1, align = 16>
!V = !tile.view<element = f32, sizes = [512], strides = [1], unit = 0, align = 16>
func.func @scaled_sum(%a: !X, %b: !X, %c: !V) attributes {tile.kernel,
    tile.config = "num_warps=4 pdl=1", tile.index_bits = 64 : i64,
    tile.order = #tile.order<row_major, 1>, tile.directions = ["in", "settled in", "out"],
    tile.grid = affine_map<()[s0, s1, s2, s3, s4] -> (s4 ceildiv 512)>} {
  %p = tile.program_id 0
  %rows = tile.size %a, 0 : !X
  %none = arith.constant 0 : index
  %one = arith.constant 1 : index
  %zero = arith.constant dense<0.0> : tensor<512xf32>
  %sum = scf.for %i = %none to %rows step %one iter_args(%s = %zero) -> (tensor<512xf32>) {
    %x = tile.load %a[%p, %i] map #row other 0.0 : f32 : !X -> tensor<512xf32>
    %w = tile.load %b[%p, %i] map #row other 0.0 : f32 : !X -> tensor<512xf32>
    %product = arith.mulf %x, %w : tensor<512xf32>
    %next = arith.addf %s, %product : tensor<512xf32>
    scf.yield %next : tensor<512xf32>
  }
  tile.store %sum, %c[%p] map #map : tensor<512xf32>, !V
  return
}
