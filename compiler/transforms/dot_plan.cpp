// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/dot_plan.h"

#include "girih/compiler/analysis/access.h"

#include "llvm/Support/FormatVariadic.h"

#include <algorithm>
#include <numeric>

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
  return (OpTrait::hasElementwiseMappableTraits(op) ||
          isa<tile::InlinePtxOp>(op)) &&
         op->getNumResults() == 1;
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

/// The dimension along which an operand will lie in shared memory if dots alone
/// read it as it is in global memory; -1 where it gets there in another way.
static int sharedMajor(Value operand) {
  auto load = operand.getDefiningOp<tile::LoadOp>();
  if (!load || load.getType().getRank() != 2 ||
      !llvm::all_of(load->getUsers(), llvm::IsaPred<tile::DotOp>))
    return -1;
  int contiguous = Access(load).contiguousLane();
  return contiguous < 0 ? 1 : contiguous;
}

/// The widest instruction whose columns divide `columns`.
static int64_t instructionColumns(int64_t columns, bool integer) {
  for (int64_t width = std::min<int64_t>(columns, 256); width > 8; width -= 8) {
    // Those on integers come in steps of 16 from 32 columns on.
    bool exists = !integer || width % 16 == 0 || width == 24;
    if (columns % width == 0 && exists)
      return width;
  }
  return 8;
}

static WarpgroupShare shareOf(tile::DotOp dot, int64_t warpgroups) {
  WarpgroupShare share;
  share.groups = std::gcd(dot.getM() / 64, warpgroups);
  share.along = warpgroups / share.groups;
  share.columns =
      instructionColumns(dot.getN() / share.along,
                         dot.getA().getType().getElementType().isInteger());
  return share;
}

/// Products along K that the matrix units may add up by themselves in fp8.
static constexpr int64_t mostPromoted = 128;

/// Whether wgmma does the dot, B and perhaps A from shared memory.
static bool planWarpgroups(tile::DotOp dot, int warps, int capability,
                           DotPlan &plan) {
  Type element = dot.getA().getType().getElementType();
  int bits = element.getIntOrFloatBitWidth();
  bool half = element.isF16() || element.isBF16();
  int64_t m = dot.getM(), n = dot.getN(), k = dot.getK();
  bool fp8 = isa<Float8E4M3FNType, Float8E5M2Type>(element);
  // Sums of products of fp8 keep 13 bits or so: partial ones, which
  // tile-promote-dots adds up in f32, are of so many.
  bool other = element.isInteger(8) || (fp8 && k <= mostPromoted) ||
               (element.isF32() && dot.getPrecision() == tile::Precision::tf32);
  if (capability != 90 || warps % 4 || m % 64 || k % (256 / std::max(bits, 1)))
    return false;
  // Other types than halves are taken along K only.
  int majorB = sharedMajor(dot.getB());
  if (!(half && majorB >= 0) && !(other && majorB == 0))
    return false;
  WarpgroupShare share = shareOf(dot, warps / 4);
  int64_t columns = n / share.along;
  // Rows of at least 32 bytes in shared memory, and none taken in part.
  int64_t swizzle = majorB == 0 ? 8 : 64;
  while (swizzle > 16 && n % swizzle)
    swizzle /= 2;
  if (n % share.along || n % swizzle || columns % swizzle ||
      (share.columns < columns && share.columns % swizzle))
    return false;
  int majorA = sharedMajor(dot.getA());
  plan.kind = DotPlan::Kind::wgmma;
  plan.accumulator = wgmmaAccumulator(m, n, share.groups, share.along);
  plan.a = majorA == 1 || (majorA == 0 && half)
               ? wholeOperand(m, k)
               : wgmmaOperandA(m, k, share.groups, share.along, bits);
  plan.b = wholeOperand(k, n);
  return true;
}

/// As many as 16 bytes hold where operands lie along rows and columns. Copies
/// turn an A of four bytes an element that lies along K (load_ring.cpp): read
/// several depths at a time, all rows of one depth would be in registers of one
/// bank, while columns are in both. Where B lies along K, too, turning both
/// costs more than that.
static FmaRuns fmaRuns(tile::DotOp dot) {
  auto held = [](Value operand) {
    Type element = cast<RankedTensorType>(operand.getType()).getElementType();
    return 128 / std::clamp<int64_t>(element.getIntOrFloatBitWidth(), 8, 128);
  };
  bool across = sharedMajor(dot.getB()) != 0;
  bool down = sharedMajor(dot.getA()) == 0 || (across && held(dot.getA()) <= 4);
  return {down ? held(dot.getA()) : 1, across ? held(dot.getB()) : 1};
}

DotPlan planDot(tile::DotOp dot, int warps, int capability) {
  DotPlan plan;
  if (planWarpgroups(dot, warps, capability, plan))
    return plan;
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
    plan.accumulator = fmaAccumulator(
        m, n, warps, capability >= 90 ? fmaRuns(dot) : FmaRuns{1, 2});
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

bool isWholeOperand(const Layout &layout) {
  return layout.rank() == 2 && layout.bases(Axis::reg).empty() &&
         layout.bases(Axis::lane).empty() && layout.bases(Axis::warp).empty();
}

std::optional<WarpgroupShare> warpgroupShare(tile::DotOp dot) {
  auto encoding = [](Value value) {
    return cast<tile::LayoutAttr>(
               cast<RankedTensorType>(value.getType()).getEncoding())
        .getLayout();
  };
  if (!isWholeOperand(encoding(dot.getB())))
    return std::nullopt;
  Layout accumulator = encoding(dot.getResult());
  return shareOf(dot, accumulator.size(Axis::warp) / 4);
}

bool isMmaAccumulator(const Layout &layout) {
  Layout atom = mmaAccumulator(16, 8, {});
  return layout.rank() == 2 && layout.bases(Axis::warp).empty() &&
         layout.bases(Axis::reg) == atom.bases(Axis::reg) &&
         layout.bases(Axis::lane) == atom.bases(Axis::lane);
}

} // namespace girih::compiler
