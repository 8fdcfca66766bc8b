// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/fed_loads.h"

#include "girih/compiler/analysis/access.h"
#include "girih/compiler/analysis/written.h"
#include "girih/compiler/transforms/dot_plan.h"
#include "girih/compiler/transforms/repeatable.h"
#include "girih/compiler/transforms/scalar_slice.h"

using namespace mlir;

namespace girih::compiler {

bool isWithin(scf::ForOp loop, Value value) {
  return loop && loop.getRegion().isAncestor(value.getParentRegion());
}

int64_t flyingDots(scf::ForOp loop) {
  int64_t flying = 0;
  for (auto wait : loop.getBody()->getOps<tile::DotWaitOp>())
    flying = wait.getPending();
  return flying;
}

std::optional<size_t> twinOf(ArrayRef<Feed> feeds, size_t number) {
  for (size_t i = 0; i < number; ++i)
    if (!feeds[i].transposed && isTransposed(feeds[number].load, feeds[i].load))
      return i;
  return std::nullopt;
}

namespace {

bool isReadByWarpgroups(tile::LoadOp load) {
  for (Operation *convert : load->getUsers())
    for (Operation *user : convert->getUsers())
      if (!warpgroupShare(cast<tile::DotOp>(user)))
        return false;
  return true;
}

/// What keeps other warps from knowing where the load is.
StringRef whyNotAhead(func::FuncOp kernel, tile::LoadOp load, scf::ForOp loop) {
  if (isWritten(load.getView()))
    return "the kernel writes an operand of a dot";
  auto slice = loop ? scalarSlice(load, loop)
                    : std::optional(SmallVector<Operation *>());
  if (!slice)
    return "where an operand of a dot is depends on the loop's results";
  slice->push_back(load);
  for (Operation *op : *slice)
    for (Value operand : op->getOperands())
      if (!isWithin(loop, operand) && !isRepeatable(operand, kernel))
        return "where an operand of a dot is depends on tiles";
  if (!loop)
    return "";
  for (Value bound :
       {loop.getLowerBound(), loop.getUpperBound(), loop.getStep()})
    if (!isRepeatable(bound, kernel))
      return "the rounds of a loop depend on tiles";
  return "";
}

StringRef whyNot(func::FuncOp kernel, int64_t stages, tile::LoadOp load,
                 scf::ForOp loop) {
  if (loop &&
      (loop->getParentOp() != kernel || load->getBlock() != loop.getBody()))
    return "a loop within another reads operands of dots";
  if (!isReadByWarpgroups(load))
    return "a dot is not done by warp groups";
  if (passesThroughRegisters(load))
    return "an operand of a dot passes through registers";
  if (!isBulk(load, ringType(load, loop ? stages : 1)) &&
      !Access(load).isLinear())
    return "addresses of an operand of a dot take too many registers";
  return whyNotAhead(kernel, load, loop);
}

/// Which of the tiles that were fed last the load is one more of, or -1.
int furtherTile(ArrayRef<Fed> fed, int64_t stages, tile::LoadOp load) {
  if (fed.empty())
    return -1;
  for (auto [i, feed] : llvm::enumerate(fed.back().feeds))
    if (!twinOf(fed.back().feeds, i) && isFurtherTile(load, feed.load, stages))
      return static_cast<int>(i);
  return -1;
}

} // namespace

StringRef findFed(func::FuncOp kernel, int64_t stages,
                  SmallVectorImpl<Fed> &fed) {
  StringRef reason;
  kernel.walk([&](tile::LoadOp load) {
    if (!feedsDots(load))
      return WalkResult::advance();
    auto loop = load->getParentOfType<scf::ForOp>();
    if (!loop) {
      if (load->getParentOp() == kernel &&
          whyNot(kernel, stages, load, loop).empty())
        fed.push_back({loop,
                       {{load, {}}},
                       nullptr,
                       0,
                       0,
                       false,
                       furtherTile(fed, stages, load)});
      return WalkResult::advance();
    }
    reason = whyNot(kernel, stages, load, loop);
    if (!reason.empty())
      return WalkResult::interrupt();
    if (fed.empty() || fed.back().loop != loop)
      fed.push_back({loop, {}});
    fed.back().feeds.push_back({load, {}});
    return WalkResult::advance();
  });
  return reason;
}

void findBesideDots(func::FuncOp kernel, MutableArrayRef<Fed> fed) {
  for (Fed &each : fed) {
    if (!each.loop || flyingDots(each.loop) > 0)
      continue;
    for (auto load : each.loop.getBody()->getOps<tile::LoadOp>())
      if (isBesideDots(load) && whyNotAhead(kernel, load, each.loop).empty())
        each.feeds.push_back({load, {}});
  }
}

} // namespace girih::compiler
