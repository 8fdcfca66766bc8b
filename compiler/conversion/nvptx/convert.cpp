// SPDX-License-Identifier: Apache-2.0
// From one distributed layout to another, lanes renamed on the way: by other
// names for registers, by shuffles, or through shared memory.
#include "girih/compiler/conversion/nvptx/emitter.h"

#include "llvm/Support/MathExtras.h"

#include <map>
#include <numeric>
#include <vector>

using namespace mlir;

namespace girih::compiler {

namespace {

/// More 32-bit shuffles than this cost more than shared memory does.
constexpr int64_t mostShuffles = 16;

/// Elements along `contiguous` that move at once: neighbours in registers and,
/// within a 16-byte chunk, in memory.
int64_t sharedVector(const Layout &layout, int contiguous,
                     int64_t elementBytes) {
  return std::min<int64_t>(layout.registerRun(contiguous), 16 / elementBytes);
}

/// What the registers of neighbours along `dim` add to the first one's number,
/// wherever the bits of that number are: as many as move at once, which memory
/// must have next to each other, from a multiple of their count on.
SmallVector<int64_t> neighbours(const Layout &layout, int dim,
                                int64_t elementBytes) {
  SmallVector<int64_t> added{0};
  auto bitOf = [&](int64_t step) -> int64_t {
    for (auto [bit, basis] : llvm::enumerate(layout.bases(Axis::reg)))
      if (llvm::count(basis, 0) == layout.rank() - 1 && basis[dim] == step)
        return int64_t(1) << bit;
    return 0;
  };
  // All other bits lead to multiples of twice the step.
  auto aligned = [&](int64_t step, int64_t bits) {
    for (Axis axis : {Axis::reg, Axis::lane, Axis::warp})
      for (auto [bit, basis] : llvm::enumerate(layout.bases(axis)))
        if (basis[dim] % (2 * step) != 0 &&
            (axis != Axis::reg || !(bits >> bit & 1)))
          return false;
    return layout.atomShape()[dim] % (2 * step) == 0;
  };
  for (int64_t step = 1; step < 16 / elementBytes; step *= 2) {
    int64_t bit = bitOf(step);
    if (!bit || !aligned(step, added.back() | bit))
      break;
    for (int64_t i = 0; i < step; ++i)
      added.push_back(added[i] + bit);
  }
  // Runs may go on in repeats, where bits do not.
  int64_t run = sharedVector(layout, dim, elementBytes);
  if (run > static_cast<int64_t>(added.size())) {
    added.resize(run);
    std::iota(added.begin(), added.end(), 0);
  }
  return added;
}

/// A conversion or a remap: the lanes' new names.
struct Move {
  explicit Move(Operation *op)
      : from(cast<RankedTensorType>(op->getOperand(0).getType())),
        to(cast<RankedTensorType>(op->getResult(0).getType())) {
    auto remap = dyn_cast<tile::RemapOp>(op);
    names.map = remap ? remap.getMap()
                      : AffineMap::getMultiDimIdentityMap(to.getRank(),
                                                          op->getContext());
    names.from = from.getShape();
    names.to = to.getShape();
  }

  RankedTensorType from, to;
  LaneMap names;
};

/// Constants of a map's results apart from the rest.
AffineMap takeOffset(AffineMap map, Coords &offset) {
  MLIRContext *context = map.getContext();
  SmallVector<AffineExpr> zeros(map.getNumDims(),
                                getAffineConstantExpr(0, context)),
      rest;
  for (AffineExpr expr : map.getResults()) {
    auto constant =
        dyn_cast<AffineConstantExpr>(expr.replaceDimsAndSymbols(zeros, {}));
    offset.push_back(constant ? constant.getValue() : 0);
    rest.push_back(expr - offset.back());
  }
  return AffineMap::get(map.getNumDims(), 0, rest, context);
}

/// Whether lanes of a warp lie 8 rows or more apart, columns being
/// `contiguous`.
bool hasLanesFarApart(const Layout &layout, int contiguous) {
  for (const Coords &basis : layout.bases(Axis::lane))
    for (auto [dim, step] : llvm::enumerate(basis))
      if (static_cast<int>(dim) != contiguous && step >= 8)
        return true;
  return false;
}

/// The plan for a way through shared memory.
void planShared(MovePlan &plan, const Layout &from, const Layout &to,
                const LaneMap &names, int64_t bytes) {
  plan.kind = MovePlan::Kind::shared;
  LaneMap linear = names;
  linear.map = takeOffset(names.map, plan.offset);
  if (llvm::all_of(plan.offset, [](int64_t value) { return value >= 0; }))
    plan.reads = throughMap(to, linear);
  Coords shape = from.shape();
  const Layout &runs = plan.reads ? *plan.reads : from;
  for (int dim = 0; dim < from.rank() && plan.reads; ++dim)
    shape[dim] =
        std::max(shape[dim], plan.reads->shape()[dim] + plan.offset[dim]);
  // Where threads have the longest runs; else where chunks are at least half
  // full.
  auto order = [&](int dim) {
    return std::make_pair(runs.registerRun(dim), shape[dim] * bytes > 8);
  };
  int contiguous = 0;
  for (int dim = 1; dim < from.rank(); ++dim)
    if (order(dim) >= order(contiguous))
      contiguous = dim;
  // Rows are folded for lanes that are far apart. Where rows that are lie in
  // registers, a fold would only make their addresses differ by more than a
  // constant.
  bool fold = from.rank() != 2 || shape[1 - contiguous] < 8 || !plan.reads ||
              hasLanesFarApart(from, contiguous) ||
              hasLanesFarApart(*plan.reads, contiguous);
  plan.memory = fold ? exchangeShared(shape, contiguous, bytes)
                     : swizzledShared(shape, contiguous, bytes, 1);
}

MovePlan planMove(const Move &move) {
  Layout from = Emitter::layoutOf(move.from), to = Emitter::layoutOf(move.to);
  MovePlan plan;
  if (auto registers = findRenaming(from, to, move.names)) {
    plan.registers = std::move(*registers);
    return plan;
  }
  int64_t bytes = bytesOf(move.from.getElementType());
  if (auto exchange = findExchange(from, to, move.names)) {
    int64_t wordsEach = llvm::divideCeil(bytes, 4);
    if (static_cast<int64_t>(exchange->sources.size()) * wordsEach <=
        mostShuffles) {
      plan.kind = MovePlan::Kind::exchange;
      plan.exchange = std::move(*exchange);
      return plan;
    }
  }
  bool whole = move.from.getElementTypeBitWidth() % 8 == 0 && bytes <= 4;
  if (move.names.map.isIdentity() && whole)
    if (auto found = findSwaps(from, to);
        found && found->swaps.size() <= mostSwaps)
      if (auto registers = findRenaming(found->after, to, move.names)) {
        plan.kind = MovePlan::Kind::swap;
        plan.swaps = std::move(found->swaps);
        plan.registers = std::move(*registers);
        return plan;
      }
  planShared(plan, from, to, move.names, bytes);
  return plan;
}

} // namespace

int64_t Emitter::scratchOf(Operation *op) {
  if (isa<tile::ConvertLayoutOp, tile::RemapOp>(op)) {
    Move move(op);
    MovePlan plan = planMove(move);
    int64_t bytes = plan.kind == MovePlan::Kind::shared
                        ? sizeOf(plan.memory, move.from.getElementType())
                        : 0;
    moves.insert_or_assign(op, std::move(plan));
    return bytes;
  }
  if (auto reduce = dyn_cast<tile::ReduceOp>(op))
    return sendsParts(reduce)
               ? llvm::alignTo(reduceScratch(reduce), 8) + 8 // a barrier
               : reduceScratch(reduce);
  if (auto sort = dyn_cast<tile::SortOp>(op))
    return sortScratch(sort, options.warps);
  if (auto sum = dyn_cast<tile::ClusterSumOp>(op))
    return clusterScratch(sum, options.warps * 32);
  return scratchBytes(op);
}

void Emitter::emitMove(Operation *op) {
  const MovePlan &plan = moves.find(op)->second;
  const Registers &source = registers(op->getOperand(0));
  Registers result;
  switch (plan.kind) {
  case MovePlan::Kind::rename:
    for (int64_t reg : plan.registers)
      result.push_back(source[reg]);
    break;
  case MovePlan::Kind::exchange:
    result = exchangeLanes(plan, source);
    break;
  case MovePlan::Kind::swap:
    result = swapLanes(plan, source);
    break;
  case MovePlan::Kind::shared:
    result = moveThroughShared(op, plan);
    break;
  }
  tiles[op->getResult(0)] = std::move(result);
}

Registers Emitter::exchangeLanes(const MovePlan &plan,
                                 ArrayRef<Value> registers) {
  Registers brought, result;
  for (const Exchange::Source &source : plan.exchange.sources) {
    Value other = inEntry([&] {
      Value moved = linear(lane, source.lane.bases);
      return Value(
          LLVM::XOrOp::create(b, loc, moved, constant32(source.lane.constant)));
    });
    brought.push_back(shuffle("idx", registers[source.reg], other));
  }
  for (int64_t source : plan.exchange.of)
    result.push_back(brought[source]);
  return result;
}

/// The registers that stay together when bits are swapped, as many as a word
/// has room for.
static int64_t keptTogether(const MovePlan &plan, int64_t bytes) {
  int64_t count = 4 / bytes;
  for (const BitSwap &swap : plan.swaps)
    count = std::min(count, int64_t(1) << swap.reg);
  return count;
}

/// Lanes whose bit is 0 keep the registers whose bit is 0 and give the others
/// away, for those that their partners give; `step` is the register's bit.
void Emitter::swapBit(int laneBit, size_t step, Registers &words) {
  Value partner = constant32(1 << laneBit);
  Value high = inEntry([&]() -> Value {
    Value bit = LLVM::AndOp::create(b, loc, lane, constant32(1 << laneBit));
    return LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::ne, bit,
                                constant32(0));
  });
  for (size_t i = 0; i < words.size(); ++i) {
    if (i & step)
      continue;
    Value &low = words[i], &other = words[i + step];
    Value given = LLVM::SelectOp::create(b, loc, high, low, other);
    Value taken = shuffle("bfly", given, partner);
    low = LLVM::SelectOp::create(b, loc, high, taken, low);
    other = LLVM::SelectOp::create(b, loc, high, other, taken);
  }
}

Registers Emitter::swapLanes(const MovePlan &plan, const Registers &values) {
  Type element = values.front().getType();
  int64_t bytes = element.getIntOrFloatBitWidth() / 8;
  int64_t each = keptTogether(plan, bytes);
  Type word = b.getIntegerType(8 * bytes * each);
  Type group = VectorType::get(each, element);
  Registers words, swapped, result;
  for (size_t i = 0; i < values.size(); i += each) {
    Value together = LLVM::UndefOp::create(b, loc, group);
    for (int64_t part = 0; part < each; ++part)
      together = LLVM::InsertElementOp::create(
          b, loc, together, values[i + part], constant32(part));
    words.push_back(bitcast(together, word));
  }
  for (const BitSwap &swap : plan.swaps)
    swapBit(swap.lane, (size_t(1) << swap.reg) / each, words);
  for (Value swappedWord : words) {
    Value together = bitcast(swappedWord, group);
    for (int64_t part = 0; part < each; ++part)
      swapped.push_back(
          LLVM::ExtractElementOp::create(b, loc, together, constant32(part)));
  }
  for (int64_t reg : plan.registers)
    result.push_back(swapped[reg]);
  return result;
}

Registers Emitter::moveThroughShared(Operation *op, const MovePlan &plan) {
  Move move(op);
  Layout from = layoutOf(move.from);
  Type element = move.from.getElementType();
  int64_t bytes = bytesOf(element), base = sharedOffset[op];
  int contiguous = contiguousDim(plan.memory);
  SharedPlace write(*this, plan.memory, bytes, sharedBase, base,
                    threadCoords(from), threadMasks(from));
  Value owner = inEntry([&] { return ownerMask(from); });
  const Registers source = registers(op->getOperand(0));
  barrier(); // whoever used this memory before is done
  SmallVector<int64_t> run = neighbours(from, contiguous, bytes);
  for (int64_t reg = 0, end = from.size(Axis::reg); reg < end; ++reg) {
    if (reg & run.back())
      continue;
    auto [address, added] = write.at(from.coordinates(reg, 0, 0));
    Registers values;
    for (int64_t next : run)
      values.push_back(source[reg + next]);
    storeShared(address, added, values, element, owner);
  }
  barrier();
  return plan.reads ? readPlaces(plan, base, element)
                    : readMapped(op, plan, base);
}

Registers Emitter::readPlaces(const MovePlan &plan, int64_t base,
                              Type element) {
  const Layout &to = *plan.reads;
  int64_t bytes = bytesOf(element);
  int contiguous = contiguousDim(plan.memory);
  SharedPlace read(*this, plan.memory, bytes, sharedBase, base,
                   threadCoords(to), threadMasks(to));
  int64_t vector = sharedVector(to, contiguous, bytes);
  vector = std::gcd(vector, plan.offset[contiguous]);
  Registers result;
  std::map<std::vector<int64_t>, int64_t> known; // what copies hold
  for (int64_t reg = 0, end = to.size(Axis::reg); reg < end; reg += vector) {
    Coords at = to.coordinates(reg, 0, 0);
    for (auto [coord, add] : llvm::zip_equal(at, plan.offset))
      coord += add;
    auto [found, isNew] =
        known.try_emplace(std::vector<int64_t>(at.begin(), at.end()), reg);
    if (!isNew) {
      for (int64_t i = 0; i < vector; ++i)
        result.push_back(result[found->second + i]);
      continue;
    }
    auto [address, added] = read.at(at);
    llvm::append_range(result, loadShared(address, added, vector, element));
  }
  return result;
}

Registers Emitter::readMapped(Operation *op, const MovePlan &plan,
                              int64_t base) {
  Move move(op);
  Layout to = layoutOf(move.to);
  Coords covered = to.shape();
  bool past = false;
  SmallVector<IndexFacts> facts;
  for (auto [extent, reached] : llvm::zip_equal(move.names.to, covered)) {
    past |= reached > extent;
    facts.push_back({1, 0, reached - 1});
  }
  OffsetMap memory = *OffsetMap::of(plan.memory);
  Type element = move.to.getElementType();
  SmallVector<Value> thread = threadCoords(to);
  IntegerBuilder integers = words();
  Registers result;
  for (int64_t reg = 0, end = to.size(Axis::reg); reg < end; ++reg) {
    SmallVector<Value> lanes, coords;
    for (auto [coord, add] : llvm::zip_equal(thread, to.coordinates(reg, 0, 0)))
      lanes.push_back(integers.add(coord, constant32(add)));
    for (auto [expr, extent] :
         llvm::zip_equal(move.names.map.getResults(), move.names.from)) {
      Value coord = integers.expr(expr, lanes, {}, facts);
      // Elements past the tile are read from somewhere within the memory.
      if (past)
        coord = integers.max(integers.min(coord, constant32(extent - 1)),
                             constant32(0));
      coords.push_back(coord);
    }
    Value address = sharedAddress(memory, sharedBase, coords, bytesOf(element));
    llvm::append_range(result, loadShared(address, base, 1, element));
  }
  return result;
}

} // namespace girih::compiler
