// RUN: girih-ptx %s --arch sm_90a --stage llvm 2>/dev/null | FileCheck %s
// RUN: girih-ptx %s --arch sm_90a 2>/dev/null | FileCheck %s --check-prefix=PTX
// RUN: girih-ptx %s --arch sm_89 2>/dev/null | FileCheck %s --check-prefix=NONE
// RUN: sed s/pdl=1/pdl=0/ %s > %t
// RUN: girih-ptx %t --arch sm_90a 2>/dev/null | FileCheck %t --check-prefix=NONE

// Everything that is in no loop is computed before the wait; the wait is before
// the loop whose body has the first access.
// CHECK-LABEL: define ptx_kernel void @add_all
// CHECK-NOT: load
// CHECK: sdiv
// CHECK-NOT: load
// CHECK: call void asm sideeffect "griddepcontrol.wait;", "~{memory}"()
// CHECK-NEXT: call void asm sideeffect "griddepcontrol.launch_dependents;"
// CHECK-NOT: griddepcontrol
// CHECK: ld.global.v4.b32
// CHECK-NOT: griddepcontrol
// CHECK: st.global.v4.b32

// PTX-NOT: {{ld|st}}.global
// PTX: griddepcontrol.wait;
// PTX: griddepcontrol.launch_dependents;
// PTX: ld.global.v4.b32
// PTX: st.global.v4.b32
// PTX-NOT: griddepcontrol

// NONE: .entry add_all
// NONE-NOT: griddepcontrol
#map = affine_map<(d0)[s0] -> (s0 * 512 + d0)>
#row = affine_map<(d0)[s0, s1] -> (s1, s0 * 512 + d0)>
!X = !tile.view<element = f32, sizes = [1, 512], strides = [16, 1], unit = 1, align = 16>
!V = !tile.view<element = f32, sizes = [512], strides = [1], unit = 0, align = 16>
func.func @add_all(%a: !X, %c: !V) attributes {tile.kernel,
    tile.config = "num_warps=4 pdl=1", tile.index_bits = 64 : i64,
    tile.order = #tile.order<row_major, 1>, tile.directions = ["in", "out"],
    tile.grid = affine_map<()[s0, s1, s2] -> (s2 ceildiv 512)>} {
  %p = tile.program_id 0
  %rows = tile.size %a, 0 : !X
  %none = arith.constant 0 : index
  %one = arith.constant 1 : index
  %three = arith.constant 3 : index
  %some = arith.divsi %rows, %three : index
  %zero = arith.constant dense<0.0> : tensor<512xf32>
  %sum = scf.for %i = %none to %some step %one iter_args(%s = %zero) -> (tensor<512xf32>) {
    %x = tile.load %a[%p, %i] map #row other 0.0 : f32 : !X -> tensor<512xf32>
    %next = arith.addf %s, %x : tensor<512xf32>
    scf.yield %next : tensor<512xf32>
  }
  tile.store %sum, %c[%p] map #map : tensor<512xf32>, !V
  return
}
