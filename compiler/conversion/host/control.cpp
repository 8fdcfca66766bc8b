// SPDX-License-Identifier: Apache-2.0
// Loops and branches: tiles that they carry lie in buffers, scalars in
// registers.
#include "girih/compiler/conversion/host/ahead.h"
#include "girih/compiler/conversion/host/kernel_emitter.h"
#include "girih/compiler/conversion/host/lane_tables.h"

using llvm::ArrayRef;
using llvm::SmallVector;
namespace scf = mlir::scf;

namespace girih::compiler::host {

SmallVector<Reg> KernelEmitter::scalarsOf(mlir::ValueRange values) {
  SmallVector<Reg> scalars;
  for (mlir::Value value : values)
    if (!isTile(value))
      scalars.push_back(emission.scalar(value));
  return scalars;
}

void KernelEmitter::setScalars(mlir::ValueRange values, ArrayRef<Reg> scalars) {
  for (mlir::Value value : values)
    if (!isTile(value)) {
      emission.scalars[value] = scalars.front();
      scalars = scalars.drop_front();
    }
}

/// Copies carried tiles into buffers of their own; gives the scalars.
SmallVector<Reg> KernelEmitter::bindCarried(mlir::ValueRange arguments,
                                            mlir::ValueRange values) {
  for (auto [argument, value] : llvm::zip(arguments, values)) {
    if (!isTile(value))
      continue;
    Buffer buffer = newBuffer(argument);
    emitInto(emission, value, buffer);
    emission.buffers[argument] = buffer;
  }
  return scalarsOf(values);
}

/// Moves `values` into the buffers of `targets`, where they are tiles.
void KernelEmitter::moveInto(mlir::ValueRange targets,
                             mlir::ValueRange values) {
  SmallVector<Move> moves;
  for (auto [target, value] : llvm::zip(targets, values))
    if (isTile(value))
      moves.push_back({value, emission.buffers.find(target)->second});
  moveTiles(moves);
}

namespace {

/// Whether what the loop reads streams by: dots read the same again and again.
bool isStream(scf::ForOp loop) {
  return !loop.getBody()
              ->walk([](mlir::Operation *op) {
                bool other = llvm::isa<tile::DotOp, tile::ScanOp, tile::SortOp,
                                       scf::ForOp, scf::WhileOp, scf::IfOp>(op);
                return other ? mlir::WalkResult::interrupt()
                             : mlir::WalkResult::advance();
              })
              .wasInterrupted();
}

/// Rounds until what is asked for is read: enough bytes for the memory to
/// answer meanwhile.
int64_t roundsAhead(scf::ForOp loop) {
  constexpr int64_t least = 2048;
  int64_t bytes = 1;
  for (auto load : loop.getBody()->getOps<tile::LoadOp>())
    if (isTile(load))
      bytes = std::max<int64_t>(
          bytes, tileType(load).getNumElements() *
                     elementBytes(tileType(load).getElementType()));
  return llvm::divideCeil(least, bytes);
}

/// While it lives, loads ask for what they read some rounds later.
class Rounds {
public:
  Rounds(Emission &emission, scf::ForOp loop, Reg counter, int64_t step)
      : emission(emission), before(emission.ahead), ahead(emission) {
    emission.ahead = nullptr;
    if (!isStream(loop))
      return;
    ahead.set(
        loop.getInductionVar(),
        emission.ir.add(counter, emission.ir.index(step * roundsAhead(loop))));
    emission.ahead = &ahead;
  }
  Rounds(const Rounds &) = delete;
  Rounds &operator=(const Rounds &) = delete;
  ~Rounds() { emission.ahead = before; }

private:
  Emission &emission;
  Ahead *before;
  Ahead ahead;
};

} // namespace

mlir::LogicalResult KernelEmitter::emitInRegisters(scf::ForOp loop,
                                                   RegisterLoop &registers,
                                                   int64_t step) {
  SmallVector<Reg> initial = scalarsOf(loop.getInitArgs());
  size_t scalars = initial.size();
  llvm::append_range(initial, registers.initial());
  hoistTables(emission, loop);
  mlir::LogicalResult result = mlir::success();
  auto body = [&](Reg counter, ArrayRef<Reg> carried) {
    emission.scalars[loop.getInductionVar()] = counter;
    setScalars(loop.getRegionIterArgs(), carried.take_front(scalars));
    registers.bind(carried.drop_front(scalars));
    Rounds rounds(emission, loop, counter, step);
    result = emitBlock(*loop.getBody());
    SmallVector<Reg> next =
        scalarsOf(loop.getBody()->getTerminator()->getOperands());
    llvm::append_range(next, registers.next());
    return next;
  };
  SmallVector<Reg> results =
      ir.loop(emission.scalar(loop.getLowerBound()),
              emission.scalar(loop.getUpperBound()), step, initial, body);
  setScalars(loop.getResults(), ArrayRef(results).take_front(scalars));
  registers.keep(ArrayRef(results).drop_front(scalars));
  return result;
}

mlir::LogicalResult KernelEmitter::emitFor(scf::ForOp loop) {
  auto step = Builder::asConstant(emission.scalar(loop.getStep()));
  if (!step || *step <= 0)
    return loop.emitError("the host back end needs a constant loop step");
  if (RegisterLoop registers(emission, loop, plan); registers.fits())
    return emitInRegisters(loop, registers, *step);
  SmallVector<Reg> initial =
      bindCarried(loop.getRegionIterArgs(), loop.getInitArgs());
  hoistTables(emission, loop);
  mlir::LogicalResult result = mlir::success();
  auto body = [&](Reg counter, ArrayRef<Reg> carried) {
    emission.scalars[loop.getInductionVar()] = counter;
    setScalars(loop.getRegionIterArgs(), carried);
    Rounds rounds(emission, loop, counter, *step);
    result = emitBlock(*loop.getBody());
    auto yields = loop.getBody()->getTerminator()->getOperands();
    if (mlir::succeeded(result))
      moveInto(loop.getRegionIterArgs(), yields);
    return scalarsOf(yields);
  };
  SmallVector<Reg> results =
      ir.loop(emission.scalar(loop.getLowerBound()),
              emission.scalar(loop.getUpperBound()), *step, initial, body);
  setScalars(loop.getResults(), results);
  for (auto [argument, value] :
       llvm::zip(loop.getRegionIterArgs(), loop.getResults()))
    if (isTile(value)) {
      // Copied before the map grows, which moves what it holds.
      Buffer buffer = emission.buffers.find(argument)->second;
      emission.buffers[value] = std::move(buffer);
    }
  return result;
}

mlir::LogicalResult KernelEmitter::emitWhile(scf::WhileOp loop) {
  SmallVector<Reg> initial =
      bindCarried(loop.getBeforeArguments(), loop.getInits());
  scf::ConditionOp condition = loop.getConditionOp();
  // What the head hands on it mostly hands on as it is.
  for (auto [passed, argument, result] : llvm::zip(
           condition.getArgs(), loop.getAfterArguments(), loop.getResults())) {
    if (!isTile(passed))
      continue;
    bool same = llvm::is_contained(loop.getBeforeArguments(), passed);
    Buffer buffer =
        same ? emission.buffers.find(passed)->second : newBuffer(argument);
    emission.buffers[argument] = buffer;
    emission.buffers[result] = buffer;
  }
  mlir::LogicalResult result = mlir::success();
  auto head = [&](ArrayRef<Reg> carried) -> Builder::Decision {
    setScalars(loop.getBeforeArguments(), carried);
    result = emitBlock(*loop.getBeforeBody());
    if (mlir::failed(result))
      return {ir.getFalse(), scalarsOf(condition.getArgs())};
    moveInto(loop.getAfterArguments(), condition.getArgs());
    return {emission.scalar(condition.getCondition()),
            scalarsOf(condition.getArgs())};
  };
  auto body = [&](ArrayRef<Reg> passed) {
    setScalars(loop.getAfterArguments(), passed);
    if (mlir::succeeded(result))
      result = emitBlock(*loop.getAfterBody());
    auto yields = loop.getYieldOp().getOperands();
    if (mlir::succeeded(result))
      moveInto(loop.getBeforeArguments(), yields);
    return scalarsOf(yields);
  };
  SmallVector<Reg> results = ir.whileLoop(initial, head, body);
  setScalars(loop.getResults(), results);
  return result;
}

/// A branch's result lies where one arm has it from before the branch, if
/// nothing else needs that any more; else in a buffer of its own.
Buffer KernelEmitter::branchBuffer(scf::IfOp branch, unsigned number,
                                   SmallVector<Reg> &taken) {
  for (mlir::Region *arm : {&branch.getThenRegion(), &branch.getElseRegion()}) {
    mlir::Value value = arm->front().getTerminator()->getOperand(number);
    auto found = emission.buffers.find(value);
    bool dies = llvm::all_of(value.getUsers(), [&](mlir::Operation *user) {
      return branch->isProperAncestor(user);
    });
    if (found == emission.buffers.end() || !dies ||
        isInDeeperLoop(branch, value) ||
        llvm::is_contained(taken, found->second.pointer))
      continue;
    taken.push_back(found->second.pointer);
    return found->second;
  }
  return newBuffer(branch.getResult(number));
}

mlir::LogicalResult KernelEmitter::emitIf(scf::IfOp branch) {
  SmallVector<Reg> taken;
  for (auto [number, value] : llvm::enumerate(branch.getResults()))
    if (isTile(value)) {
      Buffer buffer = branchBuffer(branch, number, taken);
      emission.buffers[value] = buffer;
    }
  mlir::LogicalResult result = mlir::success();
  auto arm = [&](mlir::Region &region) -> SmallVector<Reg> {
    if (region.empty())
      return {};
    if (mlir::succeeded(result))
      result = emitBlock(region.front());
    auto yields = region.front().getTerminator()->getOperands();
    if (mlir::succeeded(result))
      moveInto(branch.getResults(), yields);
    return scalarsOf(yields);
  };
  SmallVector<Reg> results = ir.choose(
      emission.scalar(branch.getCondition()),
      [&] { return arm(branch.getThenRegion()); },
      [&] { return arm(branch.getElseRegion()); });
  if (mlir::succeeded(result))
    setScalars(branch.getResults(), results);
  return result;
}

/// Whether evaluating `value` reads lanes of `buffer` other than its own.
bool KernelEmitter::readsElsewhere(mlir::Value value, const Buffer &buffer,
                                   bool moved) {
  if (!isTile(value))
    return false;
  if (auto found = emission.buffers.find(value);
      found != emission.buffers.end())
    return moved && found->second.pointer == buffer.pointer;
  mlir::Operation *op = value.getDefiningOp();
  if (!op || !isFusable(op))
    return false;
  moved |= llvm::isa<tile::RemapOp, tile::TakeOp>(op);
  return llvm::any_of(op->getOperands(), [&](mlir::Value operand) {
    return readsElsewhere(operand, buffer, moved);
  });
}

/// A value may be made of several old ones, so that all are computed before any
/// is replaced, unless each depends on its own place only.
void KernelEmitter::moveTiles(ArrayRef<Move> all) {
  SmallVector<Move> moves;
  for (const Move &move : all) {
    auto found = emission.buffers.find(move.from);
    if (found == emission.buffers.end() ||
        found->second.pointer != move.to.pointer)
      moves.push_back(move);
  }
  if (moves.empty())
    return;
  auto shape = tileType(moves[0].from).getShape();
  bool together = llvm::all_of(moves, [&](const Move &move) {
    return tileType(move.from).getShape() == shape &&
           llvm::none_of(moves, [&](const Move &other) {
             return readsElsewhere(move.from, other.to, false);
           });
  });
  if (together)
    return moveTogether(moves);
  SmallVector<Buffer> copies;
  for (const Move &move : moves) {
    copies.push_back(newBuffer(move.from));
    emitInto(emission, move.from, copies.back());
  }
  // What is read is the copy, for this once.
  llvm::DenseMap<mlir::Value, Buffer> known = emission.buffers;
  for (auto [move, copy] : llvm::zip(moves, copies)) {
    emission.buffers[move.from] = copy;
    emitInto(emission, move.from, move.to);
  }
  emission.buffers = std::move(known);
}

void KernelEmitter::moveTogether(ArrayRef<Move> moves) {
  Fusion fusion(emission);
  for (const Move &move : moves)
    fusion.addValue(move.from);
  Walk walk = fusion.choose(tileType(moves[0].from).getShape());
  fusion.prepare();
  emitBounded(emission, fusion, walk, [&](const Chunk &chunk, bool masked) {
    SmallVector<Reg> values;
    for (const Move &move : moves)
      values.push_back(fusion.value(move.from, chunk, masked));
    for (auto [move, value] : llvm::zip(moves, values))
      storeBuffer(emission, move.to, chunk, value);
  });
}

} // namespace girih::compiler::host
