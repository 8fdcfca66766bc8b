// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/conversion/host/fusion.h"

#include "girih/compiler/analysis/proof.h"
#include "girih/compiler/conversion/host/ahead.h"
#include "girih/compiler/conversion/host/elementwise.h"
#include "girih/compiler/conversion/host/indirect.h"
#include "girih/compiler/conversion/host/known_bounds.h"
#include "girih/compiler/conversion/host/nest.h"
#include "girih/compiler/conversion/host/word_tables.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using llvm::ArrayRef;
using llvm::SmallVector;

namespace girih::compiler::host {

namespace {

/// Lanes that are worth a vector.
constexpr int64_t shortest = 8;

/// `inner` after `outer`, where null is the identity.
mlir::AffineMap composed(mlir::AffineMap inner, mlir::AffineMap outer) {
  return outer ? inner.compose(outer) : inner;
}

/// The dimension of the walk along which `results` of `map` move in single
/// steps along `unit` only; -1 where there is none.
int contiguousDim(mlir::AffineMap map, int64_t unit) {
  for (unsigned dim = 0; dim < map.getNumDims(); ++dim) {
    bool contiguous = unit >= 0;
    for (auto [number, expr] : llvm::enumerate(map.getResults())) {
      auto step =
          dimCoefficient(expr, dim, map.getNumDims(), map.getNumSymbols());
      contiguous &= step == (static_cast<int64_t>(number) == unit ? 1 : 0);
    }
    if (contiguous)
      return static_cast<int>(dim);
  }
  return -1;
}

} // namespace

void Fusion::addValue(mlir::Value value, mlir::AffineMap map) {
  addAt(value, map && !map.isIdentity() ? map : mlir::AffineMap());
}

void Fusion::addAt(mlir::Value value, mlir::AffineMap map) {
  if (!isTile(value) || !visited.insert({value, map}).second)
    return;
  widestBytes = std::max<unsigned>(
      widestBytes, registerType(ir, tileType(value).getElementType())
                           ->getScalarSizeInBits() /
                       8);
  if (emission.pending.contains(value)) {
    if (keepsPending && !map)
      filled.insert(value);
    else if (!filled.contains(value))
      emitPending(emission, value);
  }
  if (auto found = emission.buffers.find(value);
      found != emission.buffers.end()) {
    unsigned unit = found->second.unit;
    if (!map)
      bufferUnits.push_back(unit);
    else if (int dim = contiguousDim(map, unit); dim >= 0)
      bufferUnits.push_back(static_cast<unsigned>(dim));
    return;
  }
  mlir::Operation *op = value.getDefiningOp();
  if (auto load = llvm::dyn_cast_or_null<tile::LoadOp>(op)) {
    Read &read = accesses[op];
    if (!read.access)
      read.access = std::make_unique<MemoryAccess>(emission, Access(load));
    read.inPlace |= !map;
    read.mapped |= bool(map);
    if (map) {
      int64_t unit = read.access->analysis().viewType().getUnit();
      if (int dim = contiguousDim(composed(load.getMap(), map), unit); dim >= 0)
        mappedUnits.push_back(static_cast<unsigned>(dim));
    }
    return;
  }
  if (!op || llvm::isa<mlir::tensor::SplatOp>(op))
    return;
  if (mlir::Value argument =
          ir.machine.scales ? mlir::Value() : wordArgument(value)) {
    expensive = true;
    lookUps[value] = argument;
    return addAt(argument, map);
  }
  expensive |= host::isExpensive(op);
  addOperands(op, map);
}

void Fusion::addOperands(mlir::Operation *op, mlir::AffineMap map) {
  if (auto remap = llvm::dyn_cast<tile::RemapOp>(op))
    return addAt(remap.getSource(), composed(remap.getMap(), map));
  if (auto take = llvm::dyn_cast<tile::TakeOp>(op)) {
    addAt(take.getIndex(), map);
    // The source is read anywhere: any map but the identity says so.
    unsigned rank = tileType(take.getSource()).getRank();
    SmallVector<mlir::AffineExpr> lanes(
        rank, mlir::getAffineConstantExpr(0, op->getContext()));
    return addAt(take.getSource(),
                 mlir::AffineMap::get(rank, 0, lanes, op->getContext()));
  }
  for (mlir::Value operand : op->getOperands())
    addAt(operand, map);
}

void Fusion::addStore(tile::StoreOp store) {
  addValue(store.getValue());
  Read &write = accesses[store];
  write.access = std::make_unique<MemoryAccess>(emission, Access(store));
  write.inPlace = true;
  storeOps.push_back(store);
}

void Fusion::vote(ArrayRef<int64_t> shape, SmallVector<int64_t> &votes) const {
  for (auto &[op, read] : accesses) {
    if (!read.inPlace)
      continue;
    // A strided store costs more than a strided load: it cannot be fused away.
    bool isStore = llvm::isa<tile::StoreOp>(op);
    if (int best = read.access->contiguousLane(); best >= 0)
      votes[best] += isStore ? 3 : 2;
    else if (!isStore)
      for (unsigned dim = 0; dim < votes.size(); ++dim)
        votes[dim] += shape[dim] >= shortest && read.access->isNearAlong(dim);
  }
  for (unsigned unit : mappedUnits)
    votes[unit] += 2;
  for (unsigned unit : bufferUnits)
    ++votes[unit];
}

unsigned Fusion::chooseUnit(ArrayRef<int64_t> shape) const {
  SmallVector<int64_t> votes(shape.size(), 0);
  vote(shape, votes);
  for (auto [votesOfOne, extent] : llvm::zip(votes, shape))
    if (extent == 1)
      votesOfOne = 0;
  // Without a vote the last dimension, or the longest where that is short.
  unsigned unit = shape.size() - 1;
  if (shape[unit] < shortest)
    unit = static_cast<unsigned>(llvm::max_element(shape) - shape.begin());
  for (int dim = static_cast<int>(shape.size()) - 1; dim >= 0; --dim)
    if (votes[dim] > votes[unit])
      unit = dim;
  return unit;
}

Walk Fusion::choose(ArrayRef<int64_t> shape) const {
  Walk walk;
  walk.shape.assign(shape.begin(), shape.end());
  walk.unit = chooseUnit(shape);
  unsigned narrowest = 8, vectorBytes = emission.machine.vectorBytes;
  bool contiguous = false, paired = false;
  for (auto &[op, read] : accesses) {
    mlir::Type element = read.access->analysis().viewType().getElement();
    narrowest = std::min(narrowest, elementBytes(element));
    if (read.inPlace &&
        read.access->contiguousLane() == static_cast<int>(walk.unit)) {
      contiguous = true;
      paired |= element.isBF16();
    }
  }
  // bf16 is converted two registers at a time.
  unsigned least = paired && emission.machine.scales ? 2 : 4;
  if (accesses.empty() || !contiguous || expensive)
    narrowest = std::max(least, std::min(narrowest, widestBytes));
  unsigned width = vectorBytes / narrowest;
  // Long chains of operations: two at once, so that they wait less.
  if (expensive && contiguous)
    width *= 2;
  // At most four registers for the widest value.
  width = std::min(width, 4 * vectorBytes / widestBytes);
  uint64_t extent = static_cast<uint64_t>(shape[walk.unit]);
  walk.width = std::min<uint64_t>(width, llvm::PowerOf2Ceil(extent));
  return walk;
}

/// The dimension of `map`'s results that is the walk's dimension `unit`; -1
/// where no result moves with that, nothing where they move in another way.
static std::optional<int> mappedUnit(mlir::AffineMap map, unsigned unit) {
  int found = -1;
  for (auto [number, expr] : llvm::enumerate(map.getResults())) {
    if (!expr.isFunctionOfDim(unit))
      continue;
    if (found >= 0 || !llvm::isa<mlir::AffineDimExpr>(expr))
      return std::nullopt;
    found = static_cast<int>(number);
  }
  return found;
}

/// Whether lanes of `value`, or of what `map` makes of it, may be computed in
/// any order. Stores aside.
bool Fusion::isOrderless(mlir::Value value, mlir::AffineMap map,
                         unsigned unit) const {
  if (emission.carried.contains(value))
    return false;
  if (map) {
    auto mapped = mappedUnit(map, unit);
    if (!mapped || *mapped < 0)
      return mapped.has_value();
    unit = static_cast<unsigned>(*mapped);
  }
  bool isBf16 = tileType(value).getElementType().isBF16();
  auto found = emission.buffers.find(value);
  if (found != emission.buffers.end())
    return isBf16 && !found->second.asRegisters;
  mlir::Operation *op = value.getDefiningOp();
  if (auto read = accesses.find(op); read != accesses.end()) {
    const Access &access = read->second.access->analysis();
    return isBf16 || access.lanes()[unit].elementStep == 0;
  }
  if (llvm::isa_and_nonnull<tile::CoordinateOp>(op))
    return !map && llvm::all_of(op->getUsers(), [&](mlir::Operation *user) {
      return asksForBounds(user);
    });
  return (isBf16 || !filled.contains(value)) &&
         !llvm::isa_and_nonnull<tile::TakeOp, tile::GatherOp>(op);
}

bool Fusion::maySortLanes(const Walk &walk) const {
  const Machine &machine = emission.machine;
  if (machine.scales || machine.vectorBytes != 32 || walk.width % 16 != 0)
    return false;
  auto isBf16 = [](auto &each) {
    return each.second.access->analysis().viewType().getElement().isBF16();
  };
  return llvm::any_of(accesses, isBf16) &&
         llvm::all_of(accesses,
                      [&](auto &each) {
                        return isBf16(each) ||
                               !llvm::isa<tile::StoreOp>(each.first);
                      }) &&
         llvm::all_of(visited, [&](auto &each) {
           return isOrderless(each.first, each.second, walk.unit);
         });
}

void Fusion::prepare(const Walk &walk) {
  for (mlir::Value value : filled) {
    emission.pending.remove(value);
    emission.buffers[value] =
        emission.allocateBuffer(tileType(value), walk.unit, false);
  }
  prepare();
}

void Fusion::prepare() {
  Ahead *ahead = emission.ahead;
  for (auto &[op, read] : accesses) {
    read.access->prepare();
    if (ahead && llvm::isa<tile::LoadOp>(op))
      read.access->askFor(*ahead, expensive);
  }
}

Reg Fusion::allInBounds() {
  Reg all = nullptr;
  for (auto &[op, read] : accesses)
    all = ir.both(all, read.access->allInBounds());
  return all;
}

Reg Fusion::insideUntil(const Walk &walk) {
  Reg all = nullptr, until = nullptr;
  for (auto &[op, read] : accesses) {
    MemoryAccess &access = *read.access;
    all = ir.both(all, read.mapped ? access.allInBounds()
                                   : access.inBoundsBut(walk.unit));
    if (Reg limit = read.mapped ? nullptr : access.limit(walk.unit))
      until = until ? ir.min(until, limit) : limit;
  }
  if (!until)
    return nullptr;
  int64_t width = walk.width, whole = walk.shape[walk.unit] / width * width;
  until = ir.max(ir.min(until, ir.index(whole)), ir.index(0));
  until = ir.CreateAnd(until, ir.index(-width)); // the width is a power of two
  return all ? ir.CreateSelect(all, until, ir.index(0)) : until;
}

Reg Fusion::mayStream(const Walk &walk) {
  unsigned vectorBytes = emission.machine.vectorBytes;
  if (!emission.streaming || storeOps.empty() ||
      walk.shape[walk.unit] % walk.width != 0)
    return nullptr;
  Reg all = emission.streaming;
  for (tile::StoreOp store : storeOps) {
    MemoryAccess &access = *accesses.find(store)->second.access;
    unsigned bytes = elementBytes(access.analysis().viewType().getElement());
    if (access.analysis().lanes()[walk.unit].elementStep != 1 ||
        walk.width * bytes < vectorBytes)
      return nullptr;
    all = ir.both(all, access.alignedTo(walk.unit, walk.width, vectorBytes));
  }
  return all;
}

/// Values are remembered while the chunk stays the same, and those that do not
/// depend on the unit while the row does.
void Fusion::startChunk(const Chunk &chunk, bool isMasked) {
  SmallVector<Reg> key(chunk.lane.begin(), chunk.lane.end());
  key.push_back(ir.getInt1(isMasked));
  key.push_back(ir.index(chunk.valid));
  key.push_back(ir.GetInsertBlock());
  if (root && key == rootKey)
    return;
  auto next = std::make_unique<Place>();
  next->chunk = chunk;
  if (root && chunk.outside && rowKey == chunk.outside && masked == isMasked)
    for (auto &each : root->mapped)
      if (each.second->hoisted)
        next->mapped.push_back(std::move(each));
  root = std::move(next);
  rootKey = std::move(key);
  rowKey = chunk.outside;
  masked = isMasked;
}

Reg Fusion::value(mlir::Value value, const Chunk &chunk, bool isMasked,
                  mlir::AffineMap map) {
  startChunk(chunk, isMasked);
  Reg result = !map || map.isIdentity() ? compute(value, *root)
                                        : through(value, map, *root);
  // Loads may have made blocks; what is known by now is known here.
  rootKey.back() = ir.GetInsertBlock();
  return result;
}

Reg Fusion::compute(mlir::Value value, Place &place) {
  if (auto found = place.known.find(value); found != place.known.end())
    return found->second;
  if (Reg scalar = emission.scalar(value))
    return isTile(value) ? ir.splat(scalar, place.chunk.width) : scalar;
  Reg result = produce(value, place);
  place.known[value] = result;
  if (&place == root.get() && filled.contains(value))
    storeBuffer(emission, emission.buffers[value], place.chunk, result);
  return result;
}

SmallVector<Reg> Fusion::operands(mlir::Operation *op, Place &place) {
  SmallVector<Reg> regs;
  for (mlir::Value operand : op->getOperands())
    regs.push_back(llvm::isa<tile::ViewType>(operand.getType())
                       ? nullptr
                       : compute(operand, place));
  return regs;
}

/// A carried tile is read where it is written, at places that are known.
static Reg carriedChunk(const Carried &carried, const Chunk &chunk) {
  int64_t number = 0;
  for (auto [dim, extent] : llvm::enumerate(carried.shape)) {
    int64_t at = *Builder::asConstant(chunk.lane[dim]);
    bool isUnit = dim == carried.unit;
    number =
        number * (isUnit ? llvm::divideCeil(extent, carried.width) : extent) +
        (isUnit ? at / carried.width : at);
  }
  return carried.chunks[static_cast<size_t>(number)];
}

Reg Fusion::produce(mlir::Value value, Place &place) {
  const Chunk &chunk = place.chunk;
  if (auto found = emission.carried.find(value);
      found != emission.carried.end())
    return carriedChunk(found->second, chunk);
  if (auto found = emission.buffers.find(value);
      found != emission.buffers.end() && !filled.contains(value))
    return loadBuffer(emission, found->second, chunk);
  mlir::Operation *op = value.getDefiningOp();
  if (auto found = accesses.find(op); found != accesses.end())
    return found->second.access->load(chunk, masked);
  if (auto splat = llvm::dyn_cast<mlir::tensor::SplatOp>(op))
    return ir.splat(emission.scalar(splat.getInput()), chunk.width);
  if (auto remap = llvm::dyn_cast<tile::RemapOp>(op))
    return through(remap.getSource(), remap.getMap(), place);
  if (auto coordinate = llvm::dyn_cast<tile::CoordinateOp>(op)) {
    SmallVector<Reg> scalars = operands(op, place);
    return emitCoordinate(ir, coordinate, scalars, chunk);
  }
  if (auto taken = llvm::dyn_cast<tile::TakeOp>(op))
    return take(taken, place);
  if (auto gathered = llvm::dyn_cast<tile::GatherOp>(op))
    return gather(gathered, place);
  if (&place == root.get() && !masked && asksForBounds(op))
    return ir.splat(ir.getTrue(), chunk.width);
  if (mlir::Value argument = lookUps.lookup(value))
    return emitLookUp(emission, value, compute(argument, place), chunk);
  return emitElementwise(ir, op, operands(op, place), chunk.width);
}

bool Fusion::asksForBounds(mlir::Operation *op) const {
  auto compare = llvm::dyn_cast<mlir::arith::CmpIOp>(op);
  return compare && llvm::any_of(accesses, [&](const auto &each) {
           return each.second.inPlace &&
                  asksForBound(compare, each.second.access->analysis());
         });
}

Fusion::Place &Fusion::mappedPlace(mlir::AffineMap map, Place &place) {
  for (auto &[known, child] : place.mapped)
    if (known == map)
      return *child;
  auto child = std::make_unique<Place>();
  const Chunk &chunk = place.chunk;
  child->hoisted = &place == root.get() && chunk.outside && chunk.width &&
                   !chunk.isScattered() && isUniform(map, chunk.unit);
  llvm::IRBuilderBase::InsertPointGuard guard(ir);
  if (child->hoisted)
    ir.SetInsertPoint(chunk.outside);
  MappedChunk mapped = mapChunk(ir, chunk, map);
  child->chunk = mapped.chunk;
  child->order = mapped.order;
  place.mapped.push_back({map, std::move(child)});
  return *place.mapped.back().second;
}

/// Lanes `map` of `source`.
Reg Fusion::through(mlir::Value source, mlir::AffineMap map, Place &place) {
  Place &child = mappedPlace(map, place);
  Reg lanes = nullptr;
  if (child.hoisted) {
    llvm::IRBuilderBase::InsertPointGuard guard(ir);
    ir.SetInsertPoint(place.chunk.outside);
    lanes = compute(source, child);
  } else {
    lanes = compute(source, child); // may go on in another block
  }
  unsigned width = place.chunk.width;
  if (child.order == LaneOrder::allEqual)
    return ir.splat(lanes, width);
  if (child.order == LaneOrder::same)
    return lanes;
  SmallVector<int> backwards;
  for (unsigned lane = width; lane-- > 0;)
    backwards.push_back(static_cast<int>(lane));
  return ir.CreateShuffleVector(lanes, backwards);
}

/// Whole rows are read as such.
Reg Fusion::gather(tile::GatherOp op, Place &place) {
  const Chunk &chunk = place.chunk;
  if (chunk.width == 0 || chunk.isScattered())
    return emitGather(emission, op, ArrayRef(operands(op, place)).drop_front(),
                      chunk);
  SmallVector<std::optional<int64_t>> steps;
  for (mlir::Value index : op.getIndices())
    steps.push_back(laneStep(index, chunk.unit));
  if (!isRow(op, steps))
    return emitGather(emission, op, ArrayRef(operands(op, place)).drop_front(),
                      chunk);
  Place first;
  first.chunk.lane = chunk.lane;
  SmallVector<Reg> indices;
  for (mlir::Value index : op.getIndices()) {
    indices.push_back(compute(index, first));
    if (!filled.empty())
      compute(index, place); // some of it may have to be kept
  }
  return emitRowGather(emission, op, steps, indices, chunk);
}

/// The source is evaluated where the index says; what is out of range is 0.
Reg Fusion::take(tile::TakeOp op, Place &place) {
  Reg index = compute(op.getIndex(), place);
  unsigned dim = op.getDim(), width = place.chunk.width;
  auto extent = static_cast<uint64_t>(tileType(op.getSource()).getDimSize(dim));
  llvm::Type *type = index->getType();
  // An index type too narrow for the extent is in range where it is positive.
  unsigned bits = type->getScalarSizeInBits();
  Reg inRange = llvm::isUIntN(bits - 1, extent)
                    ? ir.CreateICmpULT(index, ir.splatInt(extent, type))
                    : ir.CreateICmpSGE(index, ir.splatInt(0, type));
  Reg clamped = ir.CreateSelect(inRange, index, ir.splatInt(0, type));
  Place source;
  source.chunk = scattered(ir, place.chunk);
  if (width == 0)
    source.chunk.lane[dim] = ir.CreateSExtOrTrunc(clamped, ir.getInt64Ty());
  else
    source.chunk.scattered[dim] =
        ir.CreateSExtOrTrunc(clamped, widened(ir.getInt32Ty(), width));
  Reg value = compute(op.getSource(), source);
  return ir.CreateSelect(inRange, value,
                         llvm::Constant::getNullValue(value->getType()));
}

void Fusion::prefetch(const Chunk &chunk, int64_t bytes) {
  for (auto &[op, read] : accesses)
    if (read.inPlace && llvm::isa<tile::LoadOp>(op))
      read.access->prefetch(chunk, bytes);
}

void Fusion::stores(const Chunk &chunk, bool isMasked, bool streaming) {
  for (tile::StoreOp store : storeOps)
    accesses.find(store)->second.access->store(
        chunk, value(store.getValue(), chunk, isMasked), isMasked, streaming);
}

} // namespace girih::compiler::host
