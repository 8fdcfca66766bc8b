// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/Passes.h"

#include "girih/compiler/clusters.h"
#include "girih/compiler/transforms/column_part.h"
#include "girih/compiler/transforms/dot_plan.h"
#include "girih/compiler/transforms/summing_loop.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

#define DEBUG_TYPE "tile-split-rounds"

using namespace mlir;

namespace girih::compiler {

#define GEN_PASS_DEF_TILESPLITROUNDS
#include "compiler/transforms/Passes.h.inc"

namespace {

struct TileSplitRounds : impl::TileSplitRoundsBase<TileSplitRounds> {
  using Base::Base;
  void runOnOperation() override {
    func::FuncOp kernel = getOperation();
    if (!kernel->hasAttr(tile::TileDialect::kernelAttr) || blocks < 2)
      return;
    scf::ForOp loop = onlySummingLoop(kernel);
    if (!loop) {
      kernel.emitRemark() << DEBUG_TYPE ": rounds are not split: the kernel is "
                                        "not one loop that adds up products";
      return;
    }
    if (blocks > mostClusterBlocks) {
      kernel.emitRemark() << DEBUG_TYPE ": rounds are split in "
                          << mostClusterBlocks
                          << ", the most that a cluster has";
      blocks = mostClusterBlocks;
    }
    split(loop);
  }

private:
  void split(scf::ForOp loop) {
    OpBuilder builder(loop);
    Location loc = loop.getLoc();
    int64_t count = blocks;
    auto constant = [&](int64_t value) -> Value {
      return arith::ConstantIndexOp::create(builder, loc, value);
    };
    Value lower = loop.getLowerBound(), upper = loop.getUpperBound(),
          step = loop.getStep();
    Value rank = tile::ClusterRankOp::create(builder, loc,
                                             builder.getIndexType(), count);
    Value way = arith::SubIOp::create(builder, loc, upper, lower);
    Value rounds = arith::CeilDivSIOp::create(builder, loc, way, step);
    Value each =
        arith::CeilDivSIOp::create(builder, loc, rounds, constant(count));
    Value stride = arith::MulIOp::create(builder, loc, each, step);
    Value skipped = arith::MulIOp::create(builder, loc, rank, stride);
    Value first = arith::AddIOp::create(builder, loc, lower, skipped);
    Value next = arith::AddIOp::create(builder, loc, first, stride);
    Value end = arith::MinSIOp::create(builder, loc, next, upper);
    loop.setLowerBound(first);
    loop.setUpperBound(end);
    builder.setInsertionPointAfter(loop);
    sumUp(builder, loop.getResult(0), rank, dealtType(loop));
  }

  /// What a block has of the sum if each has a part of the columns; null where
  /// that cannot be, since threads have no part of each or since the kernel
  /// needs the sum as a whole.
  RankedTensorType dealtType(scf::ForOp loop) {
    constexpr int64_t wordsAtOnce = 4;
    auto type = cast<RankedTensorType>(loop.getResult(0).getType());
    std::optional<Layout> part;
    loop.walk([&](tile::DotOp dot) {
      part = planDot(dot, warps, capability).accumulator.part(blocks);
    });
    if (!part || part->size(Axis::reg) % wordsAtOnce ||
        type.getShape().back() % blocks ||
        !ColumnParts(loop.getResult(0), blocks).arePossible())
      return {};
    SmallVector<int64_t> shape(type.getShape());
    shape.back() /= blocks;
    return RankedTensorType::get(shape, type.getElementType());
  }

  void sumUp(OpBuilder &builder, Value part, Value rank,
             RankedTensorType dealt) {
    auto sum = tile::ClusterSumOp::create(builder, part.getLoc(),
                                          dealt ? dealt : part.getType(), part,
                                          static_cast<int64_t>(blocks));
    if (dealt)
      ColumnParts(part, blocks).rewrite(sum, rank);
    else
      part.replaceAllUsesExcept(sum, sum);
  }
};

} // namespace
} // namespace girih::compiler
