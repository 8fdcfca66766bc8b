// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/summing_loop.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace girih::compiler {

namespace {

/// What adding blocks' sums takes: a number that adding does not change.
bool isZero(Value value) {
  return matchPattern(value, m_AnyZeroFloat()) || matchPattern(value, m_Zero());
}

/// Whether each round adds to what the loop carries, and reads it for nothing
/// else.
bool addsUp(scf::ForOp loop) {
  if (loop.getNumResults() != 1 || !isZero(loop.getInitArgs().front()))
    return false;
  auto type = dyn_cast<RankedTensorType>(loop.getResult(0).getType());
  BlockArgument carried = loop.getRegionIterArg(0);
  if (!type || type.getElementTypeBitWidth() != 32 || !carried.hasOneUse())
    return false;
  Operation *adds = *carried.user_begin();
  auto dot = dyn_cast<tile::DotOp>(adds);
  auto fma = dyn_cast<math::FmaOp>(adds);
  bool sums = (dot && dot.getAcc() == carried) ||
              (fma && fma.getC() == carried) ||
              isa<arith::AddFOp, arith::AddIOp>(adds);
  return sums && adds->hasOneUse() &&
         loop.getYieldedValues().front() == adds->getResult(0);
}

/// Whether blocks can all do it.
bool isHarmless(Operation *op) {
  return !op->walk([](Operation *inner) {
              bool harmless = inner->getNumRegions() || isPure(inner) ||
                              inner->hasTrait<OpTrait::IsTerminator>() ||
                              isa<tile::LoadOp, tile::GatherOp>(inner);
              return harmless ? WalkResult::advance() : WalkResult::interrupt();
            }).wasInterrupted();
}

} // namespace

scf::ForOp onlySummingLoop(func::FuncOp kernel) {
  scf::ForOp found;
  for (Operation &op : kernel.getBody().front()) {
    bool multiplies = op.walk([](tile::DotOp) {
                          return WalkResult::interrupt();
                        }).wasInterrupted();
    if (!multiplies) {
      // What comes first is done by all blocks.
      if (!found && !isHarmless(&op))
        return {};
      continue;
    }
    auto loop = dyn_cast<scf::ForOp>(op);
    if (found || !loop || !addsUp(loop) || !isHarmless(loop))
      return {};
    found = loop;
  }
  return found;
}

} // namespace girih::compiler
