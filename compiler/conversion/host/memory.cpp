// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/conversion/host/memory.h"

#include "girih/compiler/conversion/host/ahead.h"
#include "girih/compiler/conversion/host/lane_tables.h"
#include "girih/compiler/conversion/host/near_lanes.h"

#include "llvm/IR/Metadata.h"

using llvm::ArrayRef;
using llvm::SmallVector;

namespace girih::compiler::host {

MemoryAccess::MemoryAccess(Emission &emission, Access access)
    : emission(emission), ir(emission.ir), access(std::move(access)),
      bytes(elementBytes(this->access.viewType().getElement())),
      flat(flatAccess(this->access)) {}

int MemoryAccess::contiguousLane() const {
  if (flat) {
    auto *found = llvm::find(flat->steps, 1);
    if (found != flat->steps.end())
      return static_cast<int>(found - flat->steps.begin());
  }
  int best = access.contiguousLane();
  if (best < 0)
    return best;
  // Runs of a few elements are not worth it.
  const LaneDim &lane = access.lanes()[best];
  bool worthwhile = lane.run >= 8 || (lane.run > 1 && lane.run == lane.extent);
  return worthwhile ? best : -1;
}

bool MemoryAccess::isNearAlong(unsigned lane) const {
  auto step = usualStep(access, lane);
  return step && isNear(*step);
}

void MemoryAccess::prepare() {
  SmallVector<Reg> scalars;
  for (mlir::Value scalar : access.scalars())
    scalars.push_back(emission.scalar(scalar));
  prepare(scalars);
}

void MemoryAccess::prepare(ArrayRef<Reg> scalars) {
  view = &emission.views.find(access.view())->second;
  symbols.assign(scalars.begin(), scalars.end());
  SmallVector<Reg> origin(access.lanes().size(), ir.index(0));
  base = ir.advance(view->pointer, offsetOf(origin, 0), bytes);
  for (const LaneDim &lane : access.lanes()) {
    Reg step = nullptr;
    if (lane.linear) {
      step = ir.index(0);
      for (auto [count, stride] : llvm::zip(lane.steps, view->strides))
        step = ir.add(step, ir.mul(ir.index(count), stride));
      if (lane.elementStep)
        step = ir.index(*lane.elementStep);
    }
    steps.push_back(step);
  }
  if (flat) {
    Reg first = ir.affine(flat->number, origin, symbols);
    flatBase = ir.advance(view->pointer, first, bytes);
    for (int64_t step : flat->steps)
      flatSteps.push_back(ir.index(step));
  }
  tables = makeTables(emission, access);
  for (auto [constraint, entries] :
       llvm::zip(access.constraints(), tables.constraints)) {
    bool tabled = llvm::all_of(constraint.lanes, [&](unsigned lane) {
      return entries[lane] != nullptr;
    });
    uniform.push_back(constraint.linear || tabled
                          ? ir.affine(constraint.expr, origin, symbols)
                          : nullptr);
  }
}

void MemoryAccess::askFor(Ahead &ahead, bool isBusy) {
  SmallVector<Reg, 4> then;
  auto [nests, busy] = emission.readers.lookup(access.op());
  if (!isBusy && busy < nests)
    return;
  unsigned before = emission.performed[access.op()]++;
  bool changes = false, useful = nests > 1 || ahead.isOfLoop();
  for (auto [scalar, now] : llvm::zip(access.scalars(), symbols)) {
    then.push_back(ahead.scalar(scalar));
    if (!then.back())
      return;
    changes |= then.back() != now;
    useful |= ahead.isLoaded(scalar);
  }
  if (!changes || !useful || !hasShares())
    return;
  SmallVector<Reg> origin(access.lanes().size(), ir.index(0));
  std::swap(symbols, then);
  laterBase = ir.advance(view->pointer, offsetOf(origin, 0), bytes);
  if (flat)
    laterFlatBase = ir.advance(view->pointer,
                               ir.affine(flat->number, origin, symbols), bytes);
  std::swap(symbols, then);
  if (nests > 1 && !ahead.isOfLoop()) {
    readers = busy;
    reader = before % busy;
  }
}

Reg MemoryAccess::offsetOf(ArrayRef<Reg> lanes, unsigned width) {
  Reg offset = ir.splat(ir.index(0), width);
  for (auto [dim, expr] : llvm::enumerate(access.map().getResults())) {
    Reg stride = ir.splat(view->strides[dim], width);
    offset =
        ir.add(offset, ir.mul(ir.affine(expr, lanes, symbols, width), stride));
  }
  return offset;
}

Reg MemoryAccess::inBounds(std::optional<unsigned> but) {
  Reg all = flat ? isContiguous(ir, *flat, *view, symbols) : nullptr;
  for (auto [number, constraint] : llvm::enumerate(access.constraints())) {
    if (but && limits(constraint, *but))
      continue;
    if ((!constraint.linear && !constraint.lanes.empty()) ||
        (constraint.equality && !constraint.lanes.empty()))
      return ir.getFalse();
    Reg zero = ir.index(0);
    if (constraint.equality) {
      all = ir.both(all, ir.CreateICmpEQ(uniform[number], zero));
      continue;
    }
    int64_t lowest = 0;
    for (auto [lane, coefficient] :
         llvm::zip(constraint.lanes, constraint.coefficients))
      lowest +=
          std::min<int64_t>(0, coefficient * (access.lanes()[lane].extent - 1));
    all = ir.both(
        all, ir.CreateICmpSGE(ir.add(uniform[number], ir.index(lowest)), zero));
  }
  return all;
}

bool MemoryAccess::limits(const Constraint &constraint, unsigned lane) const {
  return constraint.linear && !constraint.equality &&
         constraint.lanes.size() == 1 && constraint.lanes[0] == lane &&
         constraint.coefficients[0] == -1;
}

Reg MemoryAccess::limit(unsigned lane) {
  Reg least = nullptr;
  for (auto [number, constraint] : llvm::enumerate(access.constraints())) {
    if (!limits(constraint, lane))
      continue;
    Reg end = ir.add(uniform[number], ir.index(1));
    least = least ? ir.min(least, end) : end;
  }
  return least;
}

Reg MemoryAccess::alignedTo(unsigned unit, unsigned width, unsigned wanted) {
  Reg bits = ir.CreatePtrToInt(base, ir.getInt64Ty());
  for (auto [number, lane] : llvm::enumerate(access.lanes())) {
    if (!steps[number])
      return ir.getFalse();
    Reg step = number == unit ? ir.index(width) : steps[number];
    if (lane.extent > 1)
      bits = ir.CreateOr(bits, ir.mul(step, ir.index(bytes)));
  }
  return ir.CreateICmpEQ(ir.CreateAnd(bits, ir.index(wanted - 1)), ir.index(0));
}

MemoryAccess::Pattern MemoryAccess::pattern(const Chunk &chunk) const {
  if (chunk.isScattered())
    return Pattern::scattered;
  if (chunk.width == 0)
    return Pattern::contiguous;
  if (isFlat) {
    int64_t step = flat->steps[chunk.unit];
    return step == 1   ? Pattern::contiguous
           : step == 0 ? Pattern::broadcast
                       : Pattern::strided;
  }
  const LaneDim &lane = access.lanes()[chunk.unit];
  bool grouped = chunk.aligned && lane.run % chunk.width == 0;
  if (lane.elementStep == 1 || grouped)
    return Pattern::contiguous;
  if (lane.elementStep == 0)
    return Pattern::broadcast;
  return lane.linear ? Pattern::strided : Pattern::scattered;
}

bool MemoryAccess::hasShares() const {
  for (auto [lane, table] : llvm::enumerate(tables.offsets))
    if (!step(lane) && !table)
      return false;
  return true;
}

/// Lanes of a chunk that are lanes of the tile; null for all.
Reg MemoryAccess::existing(const Chunk &chunk) {
  return chunk.valid < chunk.width
             ? firstLanes(ir, emission.machine, ir.index(chunk.valid),
                          chunk.width)
             : nullptr;
}

/// What a coordinate adds to the address, in elements.
Reg MemoryAccess::share(unsigned lane, Reg coordinate) {
  return step(lane) ? ir.mul(coordinate, step(lane))
                    : tableEntry(ir, tables.offsets[lane], coordinate);
}

/// The same of each lane of a chunk that moves along `lane`.
Reg MemoryAccess::shares(unsigned lane, const Chunk &chunk) {
  bool own = chunk.isScattered();
  if (!step(lane))
    return own ? tableEntriesAt(ir, tables.offsets[lane], chunk.scattered[lane],
                                existing(chunk))
               : tableEntries(ir, tables.offsets[lane], chunk.lane[lane],
                              chunk.width);
  llvm::Type *longs = widened(ir.getInt64Ty(), chunk.width);
  Reg lanes = own ? ir.CreateSExt(chunk.scattered[lane], longs)
                  : ir.add(ir.splat(chunk.lane[lane], chunk.width),
                           ir.iota(ir.getInt64Ty(), chunk.width));
  if (Builder::asConstant(step(lane)) == 1)
    return lanes;
  return ir.CreateMul(lanes, ir.splat(step(lane), chunk.width));
}

Reg MemoryAccess::address(const Chunk &chunk) {
  if (!hasShares())
    return ir.advance(view->pointer, offsetOf(chunk.lane, 0), bytes);
  return addressFrom(isFlat ? flatBase : base, chunk);
}

Reg MemoryAccess::addressFrom(Reg pointer, const Chunk &chunk) {
  for (auto [lane, coordinate] : llvm::enumerate(chunk.lane))
    pointer = ir.advance(pointer, share(lane, coordinate), bytes);
  return pointer;
}

/// One line of the caches after the other, into the second cache: rows that are
/// apart by a power of two would push each other out of the first.
void MemoryAccess::ask(const Chunk &chunk) {
  constexpr unsigned line = 64, second = 2;
  Reg from = isFlat ? laterFlatBase : laterBase;
  if (!from || chunk.width * bytes < line / 2)
    return;
  Reg first = addressFrom(from, chunk);
  for (unsigned at = 0; at < chunk.width * bytes; at += line)
    if (asked++ % readers == reader)
      ir.CreateIntrinsic(llvm::Intrinsic::prefetch, {first->getType()},
                         {ir.advance(first, ir.index(at), 1), ir.getInt32(0),
                          ir.getInt32(second), ir.getInt32(1)});
}

SmallVector<Reg> laneVectors(Builder &ir, const Chunk &chunk) {
  SmallVector<Reg> lanes;
  llvm::Type *type = widened(ir.getInt64Ty(), chunk.width);
  for (auto [dim, coordinate] : llvm::enumerate(chunk.lane)) {
    bool own = chunk.isScattered() && chunk.scattered[dim];
    lanes.push_back(own ? ir.CreateSExt(chunk.scattered[dim], type)
                        : ir.splat(coordinate, chunk.width));
  }
  if (!chunk.isScattered())
    lanes[chunk.unit] =
        ir.add(lanes[chunk.unit], ir.iota(ir.getInt64Ty(), chunk.width));
  return lanes;
}

Chunk scattered(Builder &ir, const Chunk &chunk) {
  Chunk result = chunk;
  if (chunk.isScattered() || chunk.width == 0)
    return result;
  result.scattered.assign(chunk.lane.size(), nullptr);
  Reg first = ir.CreateTrunc(chunk.lane[chunk.unit], ir.getInt32Ty());
  result.scattered[chunk.unit] = ir.add(ir.splat(first, chunk.width),
                                        ir.iota(ir.getInt32Ty(), chunk.width));
  return result;
}

MemoryAccess::Places MemoryAccess::places(const Chunk &chunk) {
  if (!hasShares())
    return {view->pointer, offsetOf(laneVectors(ir, chunk), chunk.width)};
  Reg pointer = isFlat ? flatBase : base, offsets = nullptr;
  for (auto [lane, coordinate] : llvm::enumerate(chunk.lane)) {
    bool moves = chunk.isScattered() ? chunk.scattered[lane] != nullptr
                                     : lane == chunk.unit;
    if (!moves) {
      pointer = ir.advance(pointer, share(lane, coordinate), bytes);
      continue;
    }
    Reg one = shares(lane, chunk);
    offsets = offsets ? ir.add(offsets, one) : one;
  }
  if (!offsets)
    offsets =
        llvm::Constant::getNullValue(widened(ir.getInt64Ty(), chunk.width));
  return {pointer, offsets};
}

Reg MemoryAccess::addresses(const Chunk &chunk) {
  auto [pointer, offsets] = places(chunk);
  return ir.CreateGEP(ir.getIntNTy(bytes * 8), pointer, offsets);
}

Reg firstLanes(Builder &ir, const Machine &machine, Reg count, unsigned width) {
  unsigned bits = std::min(64u, std::max(8u, machine.vectorBytes * 8 / width));
  llvm::Type *type = ir.getIntNTy(bits);
  Reg clamped = ir.max(ir.min(count, ir.index(width)), ir.index(0));
  Reg limit = ir.splat(ir.CreateTrunc(clamped, type), width);
  return ir.CreateICmpULT(ir.iota(type, width), limit);
}

/// The same for a constraint with divisions: from tables where there are some.
Reg MemoryAccess::nonlinearMask(size_t number, const Chunk &chunk) {
  const Constraint &constraint = access.constraints()[number];
  auto differs = [&](unsigned lane) {
    if (chunk.width == 0)
      return false;
    if (chunk.isScattered())
      return chunk.scattered[lane] != nullptr;
    int64_t alike = access.lanes()[lane].maskGranularity;
    return lane == chunk.unit && !(chunk.aligned && alike % chunk.width == 0);
  };
  bool vector = llvm::any_of(constraint.lanes, differs);
  Reg value = uniform[number];
  if (!value)
    value = vector ? ir.affine(constraint.expr, laneVectors(ir, chunk), symbols,
                               chunk.width)
                   : ir.affine(constraint.expr, chunk.lane, symbols);
  else
    for (unsigned lane : constraint.lanes) {
      Reg table = tables.constraints[number][lane], entry = nullptr;
      if (!differs(lane))
        entry = tableEntry(ir, table, chunk.lane[lane]);
      else if (chunk.isScattered())
        entry =
            tableEntriesAt(ir, table, chunk.scattered[lane], existing(chunk));
      else
        entry = tableEntries(ir, table, chunk.lane[lane], chunk.width);
      auto wide = [&](Reg part) {
        bool spread = vector && !part->getType()->isVectorTy();
        return spread ? ir.splat(part, chunk.width) : part;
      };
      value = ir.add(wide(value), wide(entry));
    }
  auto predicate =
      constraint.equality ? llvm::CmpInst::ICMP_EQ : llvm::CmpInst::ICMP_SGE;
  return ir.CreateICmp(predicate, value, ir.splatInt(0, value->getType()));
}

/// Scalar i1 or vector of i1: constraint number `number` on the chunk.
Reg MemoryAccess::constraintMask(size_t number, const Chunk &chunk) {
  const Constraint &constraint = access.constraints()[number];
  auto holds = [&](Reg value) {
    auto predicate =
        constraint.equality ? llvm::CmpInst::ICMP_EQ : llvm::CmpInst::ICMP_SGE;
    return ir.CreateICmp(predicate, value, ir.splatInt(0, value->getType()));
  };
  if (!constraint.linear)
    return nonlinearMask(number, chunk);
  Reg first = uniform[number], vector = nullptr;
  int64_t slope = 0;
  llvm::Type *longs = widened(ir.getInt64Ty(), chunk.width);
  for (auto [lane, coefficient] :
       llvm::zip(constraint.lanes, constraint.coefficients)) {
    if (chunk.isScattered() && chunk.scattered[lane]) {
      Reg term = ir.CreateMul(ir.CreateSExt(chunk.scattered[lane], longs),
                              ir.splat(ir.index(coefficient), chunk.width));
      vector = vector ? ir.add(vector, term) : term;
      continue;
    }
    first = ir.add(first, ir.mul(chunk.lane[lane], ir.index(coefficient)));
    if (lane == chunk.unit && !chunk.isScattered())
      slope = coefficient;
  }
  if (vector)
    return holds(ir.add(ir.splat(first, chunk.width), vector));
  if (slope == 0 || chunk.width == 0)
    return holds(first);
  if (slope == -1 && !constraint.equality)
    return firstLanes(ir, emission.machine, ir.add(first, ir.index(1)),
                      chunk.width);
  if (slope == 1 && !constraint.equality)
    return ir.CreateNot(
        firstLanes(ir, emission.machine, ir.CreateNeg(first), chunk.width));
  vector = ir.CreateMul(ir.iota(ir.getInt64Ty(), chunk.width),
                        ir.splat(ir.index(slope), chunk.width));
  return holds(ir.add(ir.splat(first, chunk.width), vector));
}

MemoryAccess::Mask MemoryAccess::maskParts(const Chunk &chunk, bool masked) {
  Mask mask;
  if (masked)
    for (size_t number = 0; number < access.constraints().size(); ++number) {
      Reg one = constraintMask(number, chunk);
      Reg &part = one->getType()->isVectorTy() ? mask.vector : mask.scalar;
      part = ir.both(part, one);
    }
  mask.vector = ir.both(mask.vector, existing(chunk));
  return mask;
}

/// Vector of i1 (scalar for a scalar chunk), or null for all.
Reg MemoryAccess::mask(const Chunk &chunk, bool masked) {
  Mask parts = maskParts(chunk, masked);
  if (parts.scalar && chunk.width)
    parts.scalar = ir.splat(parts.scalar, chunk.width);
  return ir.both(parts.scalar, parts.vector);
}

Reg memoryConstant(Builder &ir, mlir::Attribute value, mlir::Type element,
                   unsigned width) {
  llvm::Type *type = widened(memoryType(ir, element), width);
  if (auto integer = llvm::dyn_cast<mlir::IntegerAttr>(value))
    return llvm::ConstantInt::get(
        type, integer.getValue().zextOrTrunc(type->getScalarSizeInBits()));
  llvm::APFloat number = llvm::cast<mlir::FloatAttr>(value).getValue();
  if (type->isFPOrFPVectorTy())
    return llvm::ConstantFP::get(type, number);
  return llvm::ConstantInt::get(type, number.bitcastToAPInt());
}

Reg MemoryAccess::otherValue(unsigned width) {
  auto load = llvm::cast<tile::LoadOp>(access.op());
  return memoryConstant(ir, load.getOther(), access.viewType().getElement(),
                        width);
}

/// One element in memory's type; `wanted` may be null.
Reg MemoryAccess::loadOne(const Chunk &chunk, Reg wanted) {
  llvm::Type *scalar = memoryType(ir, access.viewType().getElement());
  llvm::Align align(bytes);
  if (!wanted)
    return ir.CreateAlignedLoad(scalar, address(chunk), align);
  Reg one = ir.CreateMaskedLoad(widened(scalar, 1), address(chunk), align,
                                ir.splat(wanted, 1), otherValue(1));
  return ir.CreateExtractElement(one, uint64_t(0));
}

/// All lanes read one element: it is read if any is wanted.
Reg MemoryAccess::loadBroadcast(const Chunk &chunk, bool masked) {
  Chunk whole = chunk;
  whole.valid = chunk.width; // nobody looks at the lanes behind
  Mask wanted = maskParts(whole, masked);
  Reg any = wanted.scalar;
  if (wanted.vector)
    any = ir.both(any, ir.CreateOrReduce(wanted.vector));
  Reg value = ir.splat(loadOne(chunk, any), chunk.width);
  if (!wanted.vector)
    return value;
  return ir.CreateSelect(wanted.vector, value, otherValue(chunk.width));
}

/// Lanes that are not neighbours.
Reg MemoryAccess::loadApart(const Chunk &chunk, Pattern shape, Reg wanted) {
  llvm::Type *type =
      widened(memoryType(ir, access.viewType().getElement()), chunk.width);
  auto gather = [&] {
    return ir.CreateMaskedGather(type, addresses(chunk), llvm::Align(bytes),
                                 wanted ? wanted
                                        : ir.splat(ir.getTrue(), chunk.width),
                                 otherValue(chunk.width));
  };
  auto apart = near(chunk, shape);
  if (!apart)
    return gather();
  if (shape == Pattern::scattered) {
    auto [pointer, offsets] = places(chunk);
    return loadPieces(ir, type, pointer, offsets, *apart, wanted, gather);
  }
  auto all = [&] { return loadNear(ir, type, address(chunk), *apart); };
  if (!wanted)
    return all();
  return ir
      .choose(
          ir.CreateAndReduce(wanted), [&] { return SmallVector<Reg>{all()}; },
          [&] { return SmallVector<Reg>{gather()}; })
      .front();
}

/// Elements between neighbouring lanes of a chunk that is worth reading by
/// whole vectors: always where the chunk is strided, usually otherwise.
std::optional<int64_t> MemoryAccess::near(const Chunk &chunk,
                                          Pattern shape) const {
  constexpr unsigned narrowest = 4; // a gather of fewer costs little
  if (chunk.isScattered() || chunk.valid < chunk.width ||
      chunk.width < narrowest)
    return std::nullopt;
  std::optional<int64_t> apart;
  if (shape == Pattern::strided)
    apart = isFlat ? flat->steps[chunk.unit]
                   : access.lanes()[chunk.unit].elementStep;
  else if (hasShares())
    apart = usualStep(access, chunk.unit);
  return apart && isNear(*apart) ? apart : std::nullopt;
}

/// Neighbours, those that are wanted. CPUs without AVX-512 have masks for words
/// of 32 bits and more; others are read one by one.
Reg MemoryAccess::loadSome(llvm::Type *type, const Chunk &chunk, Reg wanted) {
  Reg other = otherValue(chunk.width);
  auto some = [&] {
    return ir.CreateMaskedLoad(type, address(chunk), llvm::Align(bytes), wanted,
                               other);
  };
  if (ir.machine.scales || bytes >= 4)
    return some();
  return ir
      .choose(
          ir.CreateOrReduce(wanted), [&] { return SmallVector<Reg>{some()}; },
          [&] { return SmallVector<Reg>{other}; })
      .front();
}

Reg MemoryAccess::load(const Chunk &chunk, bool masked) {
  begin(masked);
  mlir::Type element = access.viewType().getElement();
  if (chunk.width == 0)
    return decode(ir, element, loadOne(chunk, mask(chunk, masked)));
  llvm::Align align(bytes);
  llvm::Type *type = widened(memoryType(ir, element), chunk.width);
  Pattern shape = pattern(chunk);
  if (shape == Pattern::broadcast)
    return decode(ir, element, loadBroadcast(chunk, masked));
  Reg wanted = mask(chunk, masked), value = nullptr;
  if (shape == Pattern::contiguous && !wanted) {
    value = ir.CreateAlignedLoad(type, address(chunk), align);
    if (!masked)
      ask(chunk);
  } else if (shape == Pattern::contiguous)
    value = loadSome(type, chunk, wanted);
  else
    value = loadApart(chunk, shape, wanted);
  return chunk.evenFirst ? decodeEvenFirst(ir, value)
                         : decode(ir, element, value);
}

void MemoryAccess::prefetch(const Chunk &chunk, int64_t distance) {
  begin(false);
  if (laterBase || pattern(chunk) != Pattern::contiguous)
    return;
  Reg ahead = ir.advance(address(chunk), ir.index(distance), 1);
  ir.CreateIntrinsic(llvm::Intrinsic::prefetch, {ahead->getType()},
                     {ahead, ir.getInt32(0), ir.getInt32(3), ir.getInt32(1)});
}

void MemoryAccess::store(const Chunk &chunk, Reg value, bool masked,
                         bool streaming) {
  begin(masked);
  Reg memory = chunk.evenFirst
                   ? encodeEvenFirst(ir, value)
                   : encode(ir, access.viewType().getElement(), value);
  Reg wanted = mask(chunk, masked);
  llvm::Align align(bytes);
  if (chunk.width == 0) {
    if (!wanted) {
      ir.CreateAlignedStore(memory, address(chunk), align);
      return;
    }
    ir.CreateMaskedStore(ir.splat(memory, 1), address(chunk), align,
                         ir.splat(wanted, 1));
    return;
  }
  if (pattern(chunk) != Pattern::contiguous) {
    ir.CreateMaskedScatter(memory, addresses(chunk), align, wanted);
    return;
  }
  if (chunk.valid == 1 && chunk.width > 1) {
    // As one element: LLVM 22 writes four bytes where a mask that it knows
    // leaves one lane of a vector that was truncated from 32 bits.
    Reg one = ir.CreateExtractElement(memory, uint64_t(0));
    ir.CreateMaskedStore(
        ir.splat(one, 1), address(chunk), align,
        ir.splat(ir.CreateExtractElement(wanted, uint64_t(0)), 1));
    return;
  }
  if (wanted) {
    auto some = [&] {
      ir.CreateMaskedStore(memory, address(chunk), align, wanted);
    };
    if (ir.machine.scales)
      return some();
    // What masks are for other CPUs is slow, even if it stores nothing.
    return ir.either(ir.CreateOrReduce(wanted), some, [] {});
  }
  if (streaming)
    align = llvm::Align(
        std::min(emission.machine.vectorBytes, chunk.width * bytes));
  llvm::StoreInst *store = ir.store(memory, address(chunk), align);
  if (streaming)
    store->setMetadata(
        llvm::LLVMContext::MD_nontemporal,
        llvm::MDNode::get(ir.getContext(),
                          llvm::ConstantAsMetadata::get(ir.getInt32(1))));
}

} // namespace girih::compiler::host
