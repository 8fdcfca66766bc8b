// SPDX-License-Identifier: Apache-2.0
// Lanes are combined whole vectors at a time, in several vectors at once so
// that one combination need not wait for the one before.
#include "girih/compiler/conversion/host/reduce.h"

#include "girih/compiler/conversion/host/extrema.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/TypeSwitch.h"

#include <limits>

using llvm::ArrayRef;
using llvm::SmallVector;
namespace arith = mlir::arith;

namespace girih::compiler::host {

namespace {

using State = SmallVector<Reg>;

/// What leaves every lane as it is, for the regions that have it: one operation
/// of both arguments.
Reg identityOf(Builder &ir, tile::ReduceOp op) {
  mlir::Operation *only = onlyOperation(op);
  if (!only)
    return nullptr;
  llvm::Type *type = registerType(ir, only->getResult(0).getType());
  constexpr double infinity = std::numeric_limits<double>::infinity();
  unsigned bits = type->getScalarSizeInBits();
  auto integer = [&](const llvm::APInt &value) -> Reg {
    return llvm::ConstantInt::get(type, value);
  };
  return llvm::TypeSwitch<mlir::Operation *, Reg>(only)
      .Case([&](arith::AddFOp) { return ir.splatFloat(-0.0, type); })
      .Case([&](arith::MulFOp) { return ir.splatFloat(1, type); })
      .Case([&](arith::MaximumFOp) { return ir.splatFloat(-infinity, type); })
      .Case([&](arith::MinimumFOp) { return ir.splatFloat(infinity, type); })
      .Case<arith::AddIOp, arith::OrIOp, arith::XOrIOp, arith::MaxUIOp>(
          [&](auto) { return ir.splatInt(0, type); })
      .Case([&](arith::MulIOp) { return ir.splatInt(1, type); })
      .Case<arith::AndIOp, arith::MinUIOp>(
          [&](auto) { return integer(llvm::APInt::getAllOnes(bits)); })
      .Case([&](arith::MaxSIOp) {
        return integer(llvm::APInt::getSignedMinValue(bits));
      })
      .Case([&](arith::MinSIOp) {
        return integer(llvm::APInt::getSignedMaxValue(bits));
      })
      .Default([](mlir::Operation *) { return Reg(nullptr); });
}

class ReduceNest {
public:
  ReduceNest(Emission &emission, ArrayRef<Reduction> reductions)
      : emission(emission), ir(emission.ir), reductions(reductions),
        shape(reductions.front().shape), reduced(reductions.front().reduced),
        fusion(emission, /*keepsPending=*/true) {}

  void emit();

private:
  void makeResults();
  State values(const Chunk &chunk);
  State combine(ArrayRef<Reg> lhs, ArrayRef<Reg> rhs, unsigned width,
                bool isSettled = false);
  void step(State &state, size_t at, const Chunk &chunk, Reg first);
  State initial(size_t streams);
  State overReduced(ArrayRef<unsigned> dims, State carried, Reg first,
                    llvm::function_ref<State(State, Reg)> body);
  void alongUnit();
  Reg withoutMasks(int64_t stride);
  /// Runs `body`, which stays before withoutMasks().
  void freely(llvm::function_ref<void()> body);
  State row(State carried, Reg first, size_t streams);
  void acrossUnit();
  void block(Reg position, size_t together, unsigned valid);
  State combineStreams(ArrayRef<Reg> states, unsigned width);
  State settled(ArrayRef<Reg> state);
  State foldLanes(State state, unsigned valid);
  void store(ArrayRef<Reg> state, Reg position, unsigned width, unsigned valid);
  Chunk chunkAt(Reg position, unsigned valid, llvm::Instruction *outside);
  /// Vectors that a state of the nest should take at most.
  size_t streamsFor(size_t available) const;

  Emission &emission;
  Builder &ir;
  ArrayRef<Reduction> reductions;
  ArrayRef<int64_t> shape;
  ArrayRef<unsigned> reduced;
  Fusion fusion;
  Walk walk;
  SmallVector<Reg, 4> lane;
  SmallVector<std::optional<Extremum>> extrema; // that reductions look for
  State identities;     // of each register; null where there is none
  size_t registers = 0; // of one stream
  SmallVector<Buffer> results;
  bool masked = false;
  Reg until = nullptr; // where `masked`: Fusion::insideUntil()
};

void ReduceNest::emit() {
  for (const Reduction &each : reductions)
    for (auto [value, map] : each.inputs)
      fusion.addValue(value, map);
  walk = fusion.choose(shape);
  walk.evenFirst =
      llvm::is_contained(reduced, walk.unit) && fusion.maySortLanes(walk);
  fusion.prepare(walk);
  lane.assign(shape.size(), ir.index(0));
  for (const Reduction &each : reductions) {
    std::optional<Extremum> extremum = Extremum::of(each.op);
    extrema.push_back(extremum);
    Reg identity =
        extremum ? extremum->identity(ir, 0) : identityOf(ir, each.op);
    identities.append(extremum ? Extremum::count : each.inputs.size(),
                      identity ? ir.splat(identity, walk.width) : nullptr);
  }
  registers = identities.size();
  makeResults();
  emitVersions(emission, fusion.allInBounds(), [&](bool isMasked) {
    masked = isMasked;
    until = masked ? fusion.insideUntil(walk) : nullptr;
    if (llvm::is_contained(reduced, walk.unit))
      alongUnit();
    else
      acrossUnit();
  });
  auto buffer = results.begin();
  for (const Reduction &each : reductions)
    for (mlir::Value result : each.op->getResults()) {
      if (isTile(result)) {
        emission.buffers[result] = *buffer++;
        continue;
      }
      Chunk only;
      only.lane.push_back(ir.index(0));
      emission.scalars[result] = loadBuffer(emission, *buffer++, only);
    }
}

/// Scalars are stored as tiles of one lane: a nest may have two versions.
void ReduceNest::makeResults() {
  unsigned unit = 0;
  for (unsigned dim : otherDims(shape.size(), reduced)) {
    if (dim == walk.unit)
      break;
    ++unit;
  }
  for (const Reduction &each : reductions)
    for (mlir::Value result : each.op->getResults()) {
      auto type = llvm::dyn_cast<mlir::RankedTensorType>(result.getType());
      if (!type)
        type = mlir::RankedTensorType::get({1}, result.getType());
      unsigned last = type.getRank() - 1;
      while (last > 0 && type.getDimSize(last) == 1)
        --last;
      bool along = llvm::is_contained(reduced, walk.unit);
      results.push_back(
          emission.allocateBuffer(type, along ? last : unit, false));
    }
}

State ReduceNest::values(const Chunk &chunk) {
  State state;
  for (auto [each, extremum] : llvm::zip(reductions, extrema))
    for (auto [value, map] : each.inputs) {
      Reg lanes = fusion.value(value, chunk, masked, map);
      if (extremum)
        state.append(Extremum::count, extremum->image(ir, lanes));
      else
        state.push_back(lanes);
    }
  return state;
}

/// The numbers that registers stand for, one of each input.
State ReduceNest::settled(ArrayRef<Reg> state) {
  State result;
  for (auto [each, extremum] : llvm::zip(reductions, extrema)) {
    size_t count = extremum ? Extremum::count : each.inputs.size();
    if (extremum)
      result.push_back(extremum->settle(ir, state.take_front(count)));
    else
      llvm::append_range(result, state.take_front(count));
    state = state.drop_front(count);
  }
  return result;
}

State ReduceNest::combine(ArrayRef<Reg> lhs, ArrayRef<Reg> rhs, unsigned width,
                          bool isSettled) {
  State result;
  for (auto [each, extremum] : llvm::zip(reductions, extrema)) {
    tile::ReduceOp op = each.op;
    bool byImages = extremum && !isSettled;
    size_t count = byImages ? Extremum::count : each.inputs.size();
    SmallVector<Reg> arguments(lhs.take_front(count));
    llvm::append_range(arguments, rhs.take_front(count));
    if (byImages)
      llvm::append_range(result, extremum->combine(ir, lhs.take_front(count),
                                                   rhs.take_front(count)));
    else
      llvm::append_range(result, emitLanes(ir, op.getBody(), arguments, width));
    lhs = lhs.drop_front(count);
    rhs = rhs.drop_front(count);
  }
  return result;
}

/// Combines stream number `at` with a chunk, which takes its place in the first
/// trip (`first`; null: always) where there is no identity.
void ReduceNest::step(State &state, size_t at, const Chunk &chunk, Reg first) {
  State next = values(chunk);
  State joined = combine(ArrayRef(state).slice(at * registers, registers), next,
                         walk.width);
  for (size_t input = 0; input < registers; ++input) {
    Reg &mine = state[at * registers + input];
    if (identities[input])
      mine = joined[input];
    else if (!first || (llvm::isa<llvm::ConstantInt>(first) &&
                        !llvm::cast<llvm::ConstantInt>(first)->isZero()))
      mine = next[input];
    else if (llvm::isa<llvm::ConstantInt>(first))
      mine = joined[input];
    else
      mine = ir.CreateSelect(first, next[input], joined[input]);
  }
}

State ReduceNest::initial(size_t streams) {
  State one;
  for (auto [each, extremum] : llvm::zip(reductions, extrema)) {
    if (extremum) {
      one.append(Extremum::count, identities[one.size()]);
      continue;
    }
    for (auto [value, map] : each.inputs) {
      Reg identity = identities[one.size()];
      llvm::Type *type =
          registerType(ir, tileType(value).getElementType(), walk.width);
      one.push_back(identity ? identity : llvm::Constant::getNullValue(type));
    }
  }
  State all;
  for (size_t stream = 0; stream < streams; ++stream)
    llvm::append_range(all, one);
  return all;
}

/// Loops over reduced dimensions; `body` gets the carried state and whether it
/// is the first trip of all, null where that is always so.
State ReduceNest::overReduced(ArrayRef<unsigned> dims, State carried, Reg first,
                              llvm::function_ref<State(State, Reg)> body) {
  if (dims.empty())
    return body(carried, first);
  unsigned dim = dims.front();
  return ir.loop(ir.index(0), ir.index(shape[dim]), 1, carried,
                 [&](Reg position, ArrayRef<Reg> state) {
                   lane[dim] = position;
                   Reg start = ir.CreateICmpEQ(position, ir.index(0));
                   return overReduced(dims.drop_front(), State(state),
                                      ir.both(first, start), body);
                 });
}

size_t ReduceNest::streamsFor(size_t available) const {
  unsigned vectors = 0;
  auto vectorsOf = [&](unsigned bits) {
    return std::max(1u, walk.width * bits / (8 * emission.machine.vectorBytes));
  };
  for (auto [each, extremum] : llvm::zip(reductions, extrema))
    for (auto [value, map] : each.inputs)
      vectors +=
          extremum
              ? Extremum::count * vectorsOf(extremum->bits())
              : vectorsOf(registerType(ir, tileType(value).getElementType())
                              ->getScalarSizeInBits());
  bool mostlyMasked = masked && !until;
  size_t most = mostlyMasked || fusion.isExpensive() ? 2 : 4;
  size_t fitting =
      std::max<size_t>(1, emission.machine.registers / 2 / vectors);
  return std::max<size_t>(1, std::min({most, fitting, available}));
}

Chunk ReduceNest::chunkAt(Reg position, unsigned valid,
                          llvm::Instruction *outside) {
  Chunk chunk;
  lane[walk.unit] = position;
  chunk.lane = lane;
  chunk.unit = walk.unit;
  chunk.width = walk.width;
  chunk.valid = valid;
  chunk.evenFirst = walk.evenFirst && !masked && valid == walk.width;
  chunk.outside = outside;
  return chunk;
}

void ReduceNest::alongUnit() {
  int64_t extent = shape[walk.unit], width = walk.width;
  int64_t chunks = extent / width;
  size_t streams =
      streamsFor(static_cast<size_t>(std::max<int64_t>(1, chunks)));
  SmallVector<unsigned> inner;
  for (unsigned dim : reduced)
    if (dim != walk.unit)
      inner.push_back(dim);
  emitLoops(ir, shape, otherDims(shape.size(), reduced), lane, [&] {
    State state = overReduced(inner, initial(streams), nullptr,
                              [&](State carried, Reg first) {
                                return row(std::move(carried), first, streams);
                              });
    state = combineStreams(state, walk.width);
    unsigned valid = static_cast<unsigned>(chunks ? width : extent);
    store(foldLanes(settled(state), valid), nullptr, 0, 0);
  });
}

/// Where masks begin, after trips of `stride` lanes along the unit.
Reg ReduceNest::withoutMasks(int64_t stride) {
  if (!until)
    return ir.index(0);
  return ir.mul(ir.CreateUDiv(until, ir.index(stride)), ir.index(stride));
}

void ReduceNest::freely(llvm::function_ref<void()> body) {
  masked = false;
  body();
  masked = true;
}

/// One row along the unit: `streams` chunks a trip, then what is left.
State ReduceNest::row(State carried, Reg first, size_t streams) {
  int64_t extent = shape[walk.unit], width = walk.width;
  int64_t chunks = extent / width, tail = extent % width;
  int64_t stride = width * static_cast<int64_t>(streams);
  int64_t whole = chunks * width / stride * stride;
  llvm::Instruction *outside = nullptr;
  auto trips = [&](Reg begin, Reg end) {
    outside = ir.seam();
    return ir.loop(
        begin, end, stride, carried, [&](Reg position, ArrayRef<Reg> old) {
          State next(old);
          Reg start = ir.both(first, ir.CreateICmpEQ(position, ir.index(0)));
          for (size_t at = 0; at < streams; ++at) {
            auto lanes = static_cast<int64_t>(at) * width;
            Reg here = ir.add(position, ir.index(lanes));
            step(next, at, chunkAt(here, walk.width, outside), start);
          }
          return next;
        });
  };
  Reg begin = withoutMasks(stride);
  carried = ir.choose(
      ir.CreateICmpSGT(begin, ir.index(0)),
      [&] {
        State free;
        freely([&] { free = trips(ir.index(0), begin); });
        return free;
      },
      [&] { return carried; });
  State state = trips(begin, ir.index(whole));
  for (size_t at = 0; whole + width <= chunks * width; ++at, whole += width)
    step(state, at, chunkAt(ir.index(whole), walk.width, outside),
         ir.getFalse());
  if (tail == 0)
    return state;
  State before(state);
  Chunk last =
      chunkAt(ir.index(chunks * width), static_cast<unsigned>(tail), outside);
  step(state, 0, last, chunks ? ir.getFalse() : first);
  if (chunks == 0)
    return state;
  Reg exist = firstLanes(ir, emission.machine, ir.index(tail), walk.width);
  for (size_t input = 0; input < registers; ++input)
    state[input] = ir.CreateSelect(exist, state[input], before[input]);
  return state;
}

void ReduceNest::acrossUnit() {
  int64_t width = walk.width, chunks = shape[walk.unit] / width;
  int64_t tail = shape[walk.unit] % width;
  auto together = static_cast<int64_t>(
      streamsFor(static_cast<size_t>(std::max<int64_t>(1, chunks))));
  SmallVector<unsigned> inside(reduced);
  inside.push_back(walk.unit);
  emitLoops(ir, shape, otherDims(shape.size(), inside), lane, [&] {
    int64_t whole = chunks / together * together;
    auto blocks = [&](Reg begin, Reg end, int64_t count) {
      ir.loop(begin, end, count * width, [&](Reg position) {
        block(position, static_cast<size_t>(count), walk.width);
      });
    };
    Reg begin = withoutMasks(together * width);
    if (until)
      freely([&] { blocks(ir.index(0), begin, together); });
    if (chunks)
      blocks(begin, ir.index(whole * width), together);
    blocks(ir.index(whole * width), ir.index(chunks * width), 1);
    if (tail)
      block(ir.index(chunks * width), 1, static_cast<unsigned>(tail));
  });
}

/// `together` chunks along the unit through all that is reduced; a lone one in
/// several streams.
void ReduceNest::block(Reg position, size_t together, unsigned valid) {
  unsigned innermost = reduced.back();
  int64_t extent = shape[innermost];
  size_t rows = together > 1 ? 1 : streamsFor(static_cast<size_t>(extent));
  auto stride = static_cast<int64_t>(rows);
  auto steps = [&](State &state, Reg at, size_t row, Reg first) {
    lane[innermost] = at;
    llvm::Instruction *outside = ir.seam();
    for (size_t number = 0; number < together; ++number) {
      Reg here =
          ir.add(position, ir.index(static_cast<int64_t>(number) * walk.width));
      step(state, row * together + number, chunkAt(here, valid, outside),
           first);
    }
  };
  auto body = [&](State carried, Reg first) -> State {
    int64_t whole = extent / stride * stride;
    State state =
        ir.loop(ir.index(0), ir.index(whole), stride, carried,
                [&](Reg at, ArrayRef<Reg> old) {
                  State next(old);
                  Reg start = ir.both(first, ir.CreateICmpEQ(at, ir.index(0)));
                  for (size_t row = 0; row < rows; ++row)
                    steps(next, ir.add(at, ir.index(static_cast<int64_t>(row))),
                          row, start);
                  return next;
                });
    for (size_t row = 0; whole < extent; ++row, ++whole)
      steps(state, ir.index(whole), row, ir.getFalse());
    return state;
  };
  State state =
      overReduced(reduced.drop_back(), initial(rows * together), nullptr, body);
  if (rows > 1)
    state = combineStreams(state, walk.width);
  for (size_t number = 0; number < together; ++number)
    store(settled(ArrayRef(state).slice(number * registers, registers)),
          ir.add(position, ir.index(static_cast<int64_t>(number) * walk.width)),
          walk.width, valid);
}

State ReduceNest::combineStreams(ArrayRef<Reg> states, unsigned width) {
  if (states.size() == registers)
    return State(states);
  size_t half = states.size() / registers / 2 * registers;
  return combine(combineStreams(states.take_front(half), width),
                 combineStreams(states.drop_front(half), width), width);
}

/// Halves the vectors until one lane is left; `valid` of them exist.
State ReduceNest::foldLanes(State state, unsigned valid) {
  for (unsigned width = walk.width; width > 1; width /= 2) {
    unsigned half = width / 2;
    SmallVector<int> low, high;
    SmallVector<llvm::Constant *> exist;
    for (unsigned at = 0; at < half; ++at) {
      low.push_back(static_cast<int>(at));
      high.push_back(static_cast<int>(at + half));
      exist.push_back(ir.getInt1(at + half < valid));
    }
    State lower, upper;
    for (Reg each : state) {
      lower.push_back(ir.CreateShuffleVector(each, low));
      upper.push_back(ir.CreateShuffleVector(each, high));
    }
    state =
        valid > half ? combine(lower, upper, half, /*isSettled=*/true) : lower;
    if (valid > half && valid < width)
      for (auto [joined, before] : llvm::zip(state, lower))
        joined =
            ir.CreateSelect(llvm::ConstantVector::get(exist), joined, before);
    valid = std::min(valid, half);
  }
  for (Reg &each : state)
    each = ir.CreateExtractElement(each, uint64_t(0));
  return state;
}

void ReduceNest::store(ArrayRef<Reg> state, Reg position, unsigned width,
                       unsigned valid) {
  Chunk chunk;
  for (unsigned dim : otherDims(shape.size(), reduced)) {
    if (dim == walk.unit)
      chunk.unit = chunk.lane.size();
    chunk.lane.push_back(dim == walk.unit ? position : lane[dim]);
  }
  if (chunk.lane.empty())
    chunk.lane.push_back(ir.index(0));
  chunk.width = width;
  chunk.valid = valid;
  for (auto [buffer, value] : llvm::zip(results, state))
    storeBuffer(emission, buffer, chunk, value);
}

/// Whether `map` numbers the lanes of `shape` row by row, backwards: the lanes
/// of a flattened tile.
bool isFlattening(mlir::AffineMap map, ArrayRef<int64_t> shape) {
  if (map.getNumDims() != 1)
    return false;
  mlir::AffineExpr lane = mlir::getAffineDimExpr(0, map.getContext());
  int64_t below = 1, total = 1;
  for (int64_t extent : shape)
    total *= extent;
  for (size_t dim = shape.size(); dim-- > 0; below *= shape[dim]) {
    mlir::AffineExpr wanted = lane.floorDiv(below);
    if (below * shape[dim] != total)
      wanted = wanted % shape[dim];
    if (shape[dim] == 1)
      wanted = mlir::getAffineConstantExpr(0, map.getContext());
    if (map.getResult(dim) != wanted)
      return false;
  }
  return true;
}

/// The source of a tile that was flattened, or null.
mlir::Value flattened(mlir::Value value) {
  auto remap = value.getDefiningOp<tile::RemapOp>();
  if (!remap)
    return nullptr;
  mlir::RankedTensorType source = remap.getSource().getType();
  bool whole = source.getRank() > 1 &&
               source.getNumElements() == remap.getType().getNumElements();
  return whole && isFlattening(remap.getMap(), source.getShape())
             ? mlir::Value(remap.getSource())
             : nullptr;
}

} // namespace

Reduction reductionOf(tile::ReduceOp op) {
  Reduction reduction{op, {}, {static_cast<unsigned>(op.getDim())}, {}};
  llvm::append_range(reduction.shape, tileType(op.getInputs()[0]).getShape());
  mlir::Value source;
  if (reduction.shape.size() == 1)
    for (mlir::Value input : op.getInputs())
      if (mlir::Value found = flattened(input); found && !source)
        source = found;
  if (!source) {
    for (mlir::Value input : op.getInputs())
      reduction.inputs.push_back({input, {}});
    return reduction;
  }
  auto shape = tileType(source).getShape();
  reduction.shape.assign(shape.begin(), shape.end());
  reduction.reduced.clear();
  mlir::AffineExpr number = mlir::getAffineConstantExpr(0, op.getContext());
  for (auto [dim, extent] : llvm::enumerate(shape)) {
    reduction.reduced.push_back(dim);
    number = number * extent + mlir::getAffineDimExpr(dim, op.getContext());
  }
  auto flat = mlir::AffineMap::get(shape.size(), 0, number);
  for (mlir::Value input : op.getInputs()) {
    mlir::Value whole = flattened(input);
    if (whole && tileType(whole).getShape() == shape)
      reduction.inputs.push_back({whole, {}});
    else
      reduction.inputs.push_back({input, flat});
  }
  return reduction;
}

bool walkAlike(const Reduction &lhs, const Reduction &rhs) {
  return lhs.shape == rhs.shape && lhs.reduced == rhs.reduced;
}

void emitReductions(Emission &emission, ArrayRef<Reduction> reductions) {
  ReduceNest(emission, reductions).emit();
}

} // namespace girih::compiler::host
