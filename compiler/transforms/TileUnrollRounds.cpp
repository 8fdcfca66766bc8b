// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/Passes.h"

#include "girih/compiler/dialect/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace girih::compiler {

#define GEN_PASS_DEF_TILEUNROLLROUNDS
#include "compiler/transforms/Passes.h.inc"

namespace {

/// Whether rounds hand on what a dot gave that began with nothing: the next one
/// needs other registers.
bool handsOnProducts(scf::ForOp loop) {
  return llvm::any_of(loop.getYieldedValues(), [](Value yielded) {
    auto wait = yielded.getDefiningOp<tile::DotWaitOp>();
    if (!wait)
      return false;
    unsigned number = cast<OpResult>(yielded).getResultNumber();
    auto dot = wait.getSources()[number].getDefiningOp<tile::DotOp>();
    return dot && matchPattern(dot.getAcc(), m_AnyZeroFloat());
  });
}

/// Does two rounds in one, the number of which is even.
void twice(scf::ForOp loop) {
  Operation *yield = loop.getBody()->getTerminator();
  OpBuilder end(yield);
  SmallVector<Operation *> round;
  for (Operation &op : loop.getBody()->without_terminator())
    round.push_back(&op);
  IRMapping mapping;
  mapping.map(loop.getInductionVar(),
              arith::AddIOp::create(end, loop.getLoc(), loop.getInductionVar(),
                                    loop.getStep())
                  .getResult());
  for (auto [carried, yielded] :
       llvm::zip(loop.getRegionIterArgs(), loop.getYieldedValues()))
    mapping.map(carried, yielded);
  for (Operation *op : round)
    end.clone(*op, mapping);
  for (OpOperand &operand : yield->getOpOperands())
    operand.set(mapping.lookupOrDefault(operand.get()));
  OpBuilder ahead(loop);
  loop.setStep(arith::AddIOp::create(ahead, loop.getLoc(), loop.getStep(),
                                     loop.getStep()));
}

/// A copy of the loop does the first round where their number is odd.
void inPairs(scf::ForOp loop) {
  OpBuilder builder(loop);
  Location loc = loop.getLoc();
  Value lower = loop.getLowerBound(), step = loop.getStep();
  Value length =
      arith::SubIOp::create(builder, loc, loop.getUpperBound(), lower);
  Value count = arith::CeilDivSIOp::create(builder, loc, length, step);
  Value two = arith::ConstantIndexOp::create(builder, loc, 2);
  Value odd = arith::RemSIOp::create(builder, loc, count, two);
  Value ahead = arith::MulIOp::create(builder, loc, odd, step);
  Value middle = arith::AddIOp::create(builder, loc, lower, ahead);
  auto first = cast<scf::ForOp>(builder.clone(*loop));
  first.setUpperBound(middle);
  loop.setLowerBound(middle);
  loop.getInitArgsMutable().assign(first.getResults());
  twice(loop);
}

struct TileUnrollRounds : impl::TileUnrollRoundsBase<TileUnrollRounds> {
  using Base::Base;
  void runOnOperation() override {
    SmallVector<scf::ForOp> loops;
    getOperation().walk([&](scf::ForOp loop) { loops.push_back(loop); });
    for (scf::ForOp loop : loops)
      if (handsOnProducts(loop))
        inPairs(loop);
  }
};

} // namespace
} // namespace girih::compiler
