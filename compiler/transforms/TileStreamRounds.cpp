// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/Passes.h"

#include "girih/compiler/transforms/repeatable.h"
#include "girih/compiler/transforms/summing_loop.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

#define DEBUG_TYPE "tile-stream-rounds"

using namespace mlir;

namespace girih::compiler {

#define GEN_PASS_DEF_TILESTREAMROUNDS
#include "compiler/transforms/Passes.h.inc"

namespace {

/// Whether the value is the same in all programs of a launch, and can be found
/// out ahead of them.
bool isOfLaunch(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return isa<tile::ViewType>(value.getType());
  if (isa<tile::SizeOp, tile::ValueOp>(op) ||
      op->hasTrait<OpTrait::ConstantLike>())
    return true;
  return isa<arith::ArithDialect>(op->getDialect()) &&
         !isa<RankedTensorType>(value.getType()) &&
         llvm::all_of(op->getOperands(), isOfLaunch);
}

struct TileStreamRounds : impl::TileStreamRoundsBase<TileStreamRounds> {
  using Base::Base;
  void runOnOperation() override {
    func::FuncOp kernel = getOperation();
    if (!kernel->hasAttr(tile::TileDialect::kernelAttr))
      return;
    scf::ForOp loop = onlySummingLoop(kernel);
    StringRef reason;
    if (!loop)
      reason = "the kernel is not one loop that adds up products";
    else if (!isOfLaunch(loop.getLowerBound()) ||
             !isOfLaunch(loop.getUpperBound()) || !isOfLaunch(loop.getStep()))
      reason = "programs have rounds of their own number";
    if (reason.empty())
      return stream(loop);
    kernel.emitRemark() << DEBUG_TYPE
                        << ": blocks do whole programs: " << reason;
  }

private:
  static void stream(scf::ForOp loop) {
    OpBuilder builder(loop);
    Location loc = loop.getLoc();
    auto constant = [&](int64_t value) -> Value {
      return arith::ConstantIndexOp::create(builder, loc, value);
    };
    Value lower = loop.getLowerBound(), upper = loop.getUpperBound(),
          step = loop.getStep();
    Value way = arith::SubIOp::create(builder, loc, upper, lower);
    Value count = arith::CeilDivSIOp::create(builder, loc, way, step);
    // A program without rounds has an end all the same.
    Value rounds = arith::MaxSIOp::create(builder, loc, count, constant(1));
    auto part =
        tile::StreamPartOp::create(builder, loc, builder.getIndexType(),
                                   builder.getIndexType(), rounds, Value());
    auto at = [&](Value round) -> Value {
      Value skipped = arith::MulIOp::create(builder, loc, round, step);
      return arith::AddIOp::create(builder, loc, lower, skipped);
    };
    Value end = arith::MinSIOp::create(builder, loc, at(part.getEnd()), upper);
    loop.setLowerBound(at(part.getFirst()));
    loop.setUpperBound(end);
    builder.setInsertionPointAfter(loop);
    auto sum = tile::StreamSumOp::create(
        builder, loc, loop.getResult(0).getType(), loop.getResult(0), rounds,
        part.getFirst(), part.getEnd(), Value());
    loop.getResult(0).replaceAllUsesExcept(sum, sum);
    Value begins = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                                         part.getFirst(), constant(0));
    auto whole = scf::IfOp::create(builder, loc, begins);
    Block *then = whole.thenBlock(), *block = whole->getBlock();
    then->getOperations().splice(Block::iterator(then->getTerminator()),
                                 block->getOperations(),
                                 std::next(Block::iterator(whole)),
                                 Block::iterator(block->getTerminator()));
  }
};

} // namespace
} // namespace girih::compiler
