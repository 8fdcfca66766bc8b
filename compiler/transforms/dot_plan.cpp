// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/dot_plan.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace girih::compiler {

/// Width in bits of the elements of mma.sync's operands, 0 where it has none.
static int mmaBits(tile::DotOp dot, int capability, std::string &missed) {
  Type a = dot.getA().getType().getElementType();
  if (a.isF16() || a.isBF16())
    return 16;
  if (a.isF32() && dot.getPrecision() == tile::Precision::tf32)
    return 32;
  if (a.isInteger(8))
    return 8;
  if (isa<Float8E4M3FNType, Float8E5M2Type>(a)) {
    if (capability >= 89)
      return 8;
    missed = "fp8 matrix units start with compute capability 8.9";
  }
  return 0;
}

DotPlan planDot(tile::DotOp dot, int warps, int capability) {
  DotPlan plan;
  int64_t m = dot.getM(), n = dot.getN(), k = dot.getK();
  int bits = mmaBits(dot, capability, plan.missed);
  int64_t depth = bits ? 256 / bits : 0;
  if (bits && (m % 16 || n % 8 || k % depth)) {
    plan.missed = llvm::formatv("its tile {0}x{1}x{2} is not a multiple of the "
                                "matrix instruction's 16x8x{3}",
                                m, n, k, depth)
                      .str();
    bits = 0;
  }
  if (!bits) {
    plan.accumulator = fmaAccumulator(m, n, warps);
    plan.a = fmaOperand(plan.accumulator, 0, k);
    plan.b = fmaOperand(plan.accumulator, 1, k);
    return plan;
  }
  plan.kind = DotPlan::Kind::mma;
  // Columns in pairs of instructions where that costs no warp its work.
  WarpGrid grid = chooseWarpGrid(m, n, 16, 16, warps);
  WarpGrid finer = chooseWarpGrid(m, n, 16, 8, warps);
  if (finer.copies < grid.copies)
    grid = finer;
  plan.accumulator = mmaAccumulator(m, n, grid);
  plan.a = mmaOperandA(m, k, grid, bits);
  plan.b = mmaOperandB(k, n, grid, bits);
  return plan;
}

bool isMmaAccumulator(const Layout &layout) {
  Layout atom = mmaAccumulator(16, 8, {});
  return layout.rank() == 2 && layout.bases(Axis::warp).empty() &&
         layout.bases(Axis::reg) == atom.bases(Axis::reg) &&
         layout.bases(Axis::lane) == atom.bases(Axis::lane);
}

} // namespace girih::compiler
