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
  if (a.isF32())
    missed = "no matrix instruction multiplies f32 without rounding it "
             "(Precision::ieee); those of Precision::tf32 round to 10 bits";
  if (a.isInteger(8))
    return 8;
  if (isa<Float8E4M3FNType, Float8E5M2Type>(a)) {
    if (capability >= 89)
      return 8;
    missed = "fp8 matrix units start with compute capability 8.9";
  }
  return 0;
}

/// Whether an operation only computes lane by lane.
static bool isLanewise(Operation *op) {
  return OpTrait::hasElementwiseMappableTraits(op) && op->getNumResults() == 1;
}

/// Whether the dot's result, computed on lane by lane, is operand A of another
/// dot of the same round.
static bool becomesOperandA(tile::DotOp dot) {
  SmallVector<Value> open{dot.getResult()};
  SmallPtrSet<Operation *, 8> seen;
  while (!open.empty()) {
    Value value = open.pop_back_val();
    for (OpOperand &use : value.getUses()) {
      Operation *user = use.getOwner();
      if (user->getBlock() != dot->getBlock())
        continue;
      if (isa<tile::DotOp>(user) && use.getOperandNumber() == 0)
        return true;
      if (isLanewise(user) && seen.insert(user).second)
        open.push_back(user->getResult(0));
    }
  }
  return false;
}

/// Whether operand A comes from another dot in that way.
static bool takesResult(tile::DotOp dot) {
  SmallVector<Value> open{dot.getA()};
  SmallPtrSet<Operation *, 8> seen;
  while (!open.empty()) {
    Operation *op = open.pop_back_val().getDefiningOp();
    if (!op || op->getBlock() != dot->getBlock() || !seen.insert(op).second)
      continue;
    if (isa<tile::DotOp>(op))
      return true;
    if (isLanewise(op))
      llvm::append_range(open, op->getOperands());
  }
  return false;
}

/// Warps below each other where that leaves a chain of dots in its registers,
/// else as they read least.
static WarpGrid gridOf(tile::DotOp dot, int warps) {
  int64_t m = dot.getM(), n = dot.getN();
  if (m % (16 * warps) == 0 && (becomesOperandA(dot) || takesResult(dot)))
    return {warps, 1, 1};
  // Columns in pairs of instructions where that costs no warp its work.
  WarpGrid grid = chooseWarpGrid(m, n, 16, 16, warps);
  WarpGrid finer = chooseWarpGrid(m, n, 16, 8, warps);
  return finer.copies < grid.copies ? finer : grid;
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
  WarpGrid grid = gridOf(dot, warps);
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
