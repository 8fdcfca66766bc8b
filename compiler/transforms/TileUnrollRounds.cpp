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

/// Rounds that are done in one. Even, so that they take turns with two sets of
/// registers.
constexpr int64_t together = 4;

/// Does `together` rounds in one, which divides the number of rounds.
void repeat(scf::ForOp loop) {
  Operation *yield = loop.getBody()->getTerminator();
  OpBuilder end(yield);
  SmallVector<Operation *> once;
  for (Operation &op : loop.getBody()->without_terminator())
    once.push_back(&op);
  Value round = loop.getInductionVar();
  const SmallVector<Value> yielded(loop.getYieldedValues());
  SmallVector<Value> carried = yielded;
  for (int64_t i = 1; i < together; ++i) {
    IRMapping mapping;
    round = arith::AddIOp::create(end, loop.getLoc(), round, loop.getStep());
    mapping.map(loop.getInductionVar(), round);
    mapping.map(loop.getRegionIterArgs(), carried);
    for (Operation *op : once)
      end.clone(*op, mapping);
    for (auto [value, of] : llvm::zip_equal(carried, yielded))
      value = mapping.lookupOrDefault(of);
  }
  yield->setOperands(carried);
  OpBuilder ahead(loop);
  Value count = arith::ConstantIndexOp::create(ahead, loop.getLoc(), together);
  loop.setStep(
      arith::MulIOp::create(ahead, loop.getLoc(), loop.getStep(), count));
}

/// A copy of the loop does the first rounds where `together` does not divide
/// their number.
void inGroups(scf::ForOp loop) {
  OpBuilder builder(loop);
  Location loc = loop.getLoc();
  Value lower = loop.getLowerBound(), step = loop.getStep();
  Value length =
      arith::SubIOp::create(builder, loc, loop.getUpperBound(), lower);
  Value count = arith::CeilDivSIOp::create(builder, loc, length, step);
  Value each = arith::ConstantIndexOp::create(builder, loc, together);
  Value odd = arith::RemSIOp::create(builder, loc, count, each);
  Value ahead = arith::MulIOp::create(builder, loc, odd, step);
  Value middle = arith::AddIOp::create(builder, loc, lower, ahead);
  auto first = cast<scf::ForOp>(builder.clone(*loop));
  first.setUpperBound(middle);
  loop.setLowerBound(middle);
  loop.getInitArgsMutable().assign(first.getResults());
  repeat(loop);
}

struct TileUnrollRounds : impl::TileUnrollRoundsBase<TileUnrollRounds> {
  using Base::Base;
  void runOnOperation() override {
    SmallVector<scf::ForOp> loops;
    getOperation().walk([&](scf::ForOp loop) { loops.push_back(loop); });
    for (scf::ForOp loop : loops)
      if (handsOnProducts(loop))
        inGroups(loop);
  }
};

} // namespace
} // namespace girih::compiler
