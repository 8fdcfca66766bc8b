// RUN: girih-ptx %s --arch sm_90a --stage llvm 2>/dev/null | FileCheck %s

// A kernel that reads and writes nothing waits at its end: who waits for it
// counts on all that came before.
// CHECK-LABEL: define ptx_kernel void @greet
// CHECK: call i32 @vprintf
// CHECK: griddepcontrol.wait
// CHECK: ret void
!V = !tile.view<element = f32, sizes = [1], strides = [1], unit = 0, align = 4>
func.func @greet(%a: !V) attributes {tile.kernel,
    tile.config = "num_warps=1 pdl=1", tile.index_bits = 32 : i64,
    tile.order = #tile.order<row_major, 1>, tile.directions = ["in"],
    tile.grid = affine_map<()[s0] -> (s0)>} {
  tile.print "here" unsigned []
  return
}
