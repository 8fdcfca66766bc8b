// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/conversion/host/indirect.h"

#include "girih/compiler/analysis/proof.h"
#include "girih/compiler/conversion/host/elementwise.h"
#include "girih/compiler/conversion/host/nest.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using llvm::ArrayRef;
using llvm::SmallVector;

namespace girih::compiler::host {

void emitNest(Emission &emission, ArrayRef<mlir::Value> values,
              llvm::function_ref<void(ArrayRef<Reg>, const Chunk &)> body) {
  if (!isTile(values.front())) {
    SmallVector<Reg> scalars;
    for (mlir::Value value : values)
      scalars.push_back(emission.scalar(value));
    return body(scalars, {});
  }
  Fusion fusion(emission, /*keepsPending=*/true);
  for (mlir::Value value : values)
    fusion.addValue(value);
  Walk walk = fusion.choose(tileType(values.front()).getShape());
  walk.together = 1;
  fusion.prepare(walk);
  emitVersions(emission, fusion.allInBounds(), [&](bool masked) {
    emitWalk(emission, walk, [&](const Chunk &chunk) {
      SmallVector<Reg> regs;
      for (mlir::Value value : values)
        regs.push_back(fusion.value(value, chunk, masked));
      body(regs, chunk);
    });
  });
}

namespace {

/// Where the lanes of one chunk lie, and which of them are in range.
struct Targets {
  Reg offsets = nullptr; // i64, in elements
  Reg inRange = nullptr; // null for all
};

Targets targetsOf(Builder &ir, const View &view, ArrayRef<Reg> indices,
                  unsigned width) {
  Targets targets;
  llvm::Type *longs = widened(ir.getInt64Ty(), width);
  targets.offsets = llvm::Constant::getNullValue(longs);
  for (auto [index, size, stride] :
       llvm::zip(indices, view.sizes, view.strides)) {
    // Indices are signed; as unsigned numbers negative ones are too large.
    Reg wide = ir.CreateSExtOrTrunc(index, longs);
    targets.inRange =
        ir.both(targets.inRange, ir.CreateICmpULT(wide, ir.splat(size, width)));
    Reg step = Builder::asConstant(stride) == 1
                   ? wide
                   : ir.CreateMul(wide, ir.splat(stride, width));
    targets.offsets = ir.add(targets.offsets, step);
  }
  return targets;
}

mlir::Type elementOf(mlir::Value view) {
  return llvm::cast<tile::ViewType>(view.getType()).getElement();
}

/// Lanes of a chunk that exist and are in range; null for all.
Reg wanted(Emission &emission, const Targets &targets, const Chunk &chunk) {
  Builder &ir = emission.ir;
  if (chunk.valid == chunk.width)
    return targets.inRange;
  return ir.both(
      targets.inRange,
      firstLanes(ir, emission.machine, ir.index(chunk.valid), chunk.width));
}

/// The lanes of an atomic, one after the other.
class AtomicLanes {
public:
  AtomicLanes(Emission &emission, tile::AtomicOp op)
      : emission(emission), ir(emission.ir), op(op),
        view(emission.views.find(op.getView())->second),
        element(elementOf(op.getView())), bytes(elementBytes(element)) {}

  void emit();

private:
  void chunk(ArrayRef<Reg> regs, const Chunk &chunk);
  Reg one(Reg offset, Reg inRange, Reg value, Reg expected);
  Reg perform(Reg pointer, Reg value, Reg expected);
  Reg exchangeLoop(Reg pointer, Reg value);
  Reg combined(Reg old, Reg value);
  Reg slot(Reg base, Reg lane, unsigned size) {
    return ir.advance(base, lane, size);
  }

  Emission &emission;
  Builder &ir;
  tile::AtomicOp op;
  const View &view;
  mlir::Type element;
  unsigned bytes;
  Buffer result;
  bool keeps = false;
  Reg offsetSlots = nullptr, maskSlots = nullptr, valueSlots = nullptr,
      expectedSlots = nullptr, oldSlots = nullptr;
};

void AtomicLanes::emit() {
  // As many lanes as the widest walk has at once, of up to 8 bytes.
  constexpr int64_t most = 64 * 8;
  for (Reg *slots :
       {&offsetSlots, &maskSlots, &valueSlots, &expectedSlots, &oldSlots})
    *slots = emission.allocate(most);
  keeps = !op.getResult().use_empty();
  SmallVector<mlir::Value> values{op.getValue()};
  if (op.getExpected())
    values.push_back(op.getExpected());
  llvm::append_range(values, op.getIndices());
  if (keeps && isTile(op.getResult())) {
    mlir::RankedTensorType type = op.getResult().getType();
    result = emission.allocateBuffer(type, type.getRank() - 1, false);
  }
  emitNest(emission, values,
           [&](ArrayRef<Reg> regs, const Chunk &lanes) { chunk(regs, lanes); });
  if (keeps && isTile(op.getResult()))
    emission.buffers[op.getResult()] = result;
}

void AtomicLanes::chunk(ArrayRef<Reg> regs, const Chunk &lanes) {
  Reg value = encode(ir, element, regs.front());
  regs = regs.drop_front();
  Reg expected = nullptr;
  if (op.getExpected()) {
    expected = encode(ir, element, regs.front());
    regs = regs.drop_front();
  }
  Targets targets = targetsOf(ir, view, regs, lanes.width);
  Reg inRange =
      targets.inRange ? targets.inRange : ir.splat(ir.getTrue(), lanes.width);
  if (lanes.width == 0) {
    Reg old = one(targets.offsets, inRange, value, expected);
    emission.scalars[op.getResult()] = decode(ir, element, old);
    return;
  }
  auto put = [&](Reg slots, Reg vector, unsigned align) {
    ir.CreateAlignedStore(vector, slots, llvm::Align(align));
  };
  put(offsetSlots, targets.offsets, 8);
  put(maskSlots, ir.CreateZExt(inRange, widened(ir.getInt8Ty(), lanes.width)),
      1);
  put(valueSlots, value, bytes);
  if (expected)
    put(expectedSlots, expected, bytes);
  llvm::Type *type = memoryType(ir, element);
  auto get = [&](Reg slots, Reg lane, llvm::Type *held, unsigned size) -> Reg {
    return ir.CreateAlignedLoad(held, slot(slots, lane, size),
                                llvm::Align(size));
  };
  ir.loop(ir.index(0), ir.index(lanes.valid), 1, [&](Reg lane) {
    Reg present =
        ir.CreateTrunc(get(maskSlots, lane, ir.getInt8Ty(), 1), ir.getInt1Ty());
    Reg old = one(get(offsetSlots, lane, ir.getInt64Ty(), 8), present,
                  get(valueSlots, lane, type, bytes),
                  expected ? get(expectedSlots, lane, type, bytes) : nullptr);
    if (keeps)
      ir.CreateAlignedStore(old, slot(oldSlots, lane, bytes),
                            llvm::Align(bytes));
  });
  if (keeps) {
    Reg old = ir.CreateAlignedLoad(widened(type, lanes.width), oldSlots,
                                   llvm::Align(bytes));
    storeBuffer(emission, result, lanes, decode(ir, element, old));
  }
}

/// One lane; what was there before, as memory holds it.
Reg AtomicLanes::one(Reg offset, Reg inRange, Reg value, Reg expected) {
  return ir
      .choose(
          inRange,
          [&] {
            Reg pointer = ir.advance(view.pointer, offset, bytes);
            return SmallVector<Reg>{perform(pointer, value, expected)};
          },
          [&] {
            return SmallVector<Reg>{
                memoryConstant(ir, op.getOther(), element, 0)};
          })
      .front();
}

Reg AtomicLanes::perform(Reg pointer, Reg value, Reg expected) {
  using Kind = tile::AtomicKind;
  using Rmw = llvm::AtomicRMWInst;
  constexpr auto relaxed = llvm::AtomicOrdering::Monotonic;
  llvm::Align align(bytes);
  llvm::Type *bits = ir.getIntNTy(8 * bytes);
  bool isFloat = llvm::isa<mlir::FloatType>(element);
  auto update = [&](Rmw::BinOp operation, Reg operand) -> Reg {
    return ir.CreateAtomicRMW(operation, pointer, operand, align, relaxed);
  };
  auto asBits = [&](Reg number) { return ir.CreateBitCast(number, bits); };
  auto asValue = [&](Reg number) {
    return ir.CreateBitCast(number, value->getType());
  };
  switch (op.getKind()) {
  case Kind::exchange:
    return asValue(update(Rmw::Xchg, asBits(value)));
  case Kind::compare_exchange: {
    auto *pair = ir.CreateAtomicCmpXchg(pointer, asBits(expected),
                                        asBits(value), align, relaxed, relaxed);
    return asValue(ir.CreateExtractValue(pair, 0));
  }
  case Kind::bit_and:
    return update(Rmw::And, value);
  case Kind::bit_or:
    return update(Rmw::Or, value);
  case Kind::bit_xor:
    return update(Rmw::Xor, value);
  case Kind::add:
    return isFloat ? exchangeLoop(pointer, value) : update(Rmw::Add, value);
  case Kind::min:
    return isFloat ? exchangeLoop(pointer, value) : update(Rmw::Min, value);
  case Kind::max:
    return isFloat ? exchangeLoop(pointer, value) : update(Rmw::Max, value);
  }
  llvm_unreachable("all kinds are listed");
}

/// Until nobody else has come between the reading and the writing.
Reg AtomicLanes::exchangeLoop(Reg pointer, Reg value) {
  constexpr auto relaxed = llvm::AtomicOrdering::Monotonic;
  llvm::Type *bits = ir.getIntNTy(8 * bytes);
  auto *start = ir.CreateAlignedLoad(bits, pointer, llvm::Align(bytes));
  start->setAtomic(relaxed);
  auto attempt = [&](ArrayRef<Reg> carried) -> Builder::Decision {
    Reg old = carried.front();
    Reg next = combined(ir.CreateBitCast(old, value->getType()), value);
    auto *pair =
        ir.CreateAtomicCmpXchg(pointer, old, ir.CreateBitCast(next, bits),
                               llvm::Align(bytes), relaxed, relaxed);
    Reg failed = ir.CreateNot(ir.CreateExtractValue(pair, 1));
    return {failed, {ir.CreateExtractValue(pair, 0)}};
  };
  // Where it succeeds, what it saw is what was there.
  SmallVector<Reg> seen =
      ir.whileLoop({start}, attempt, [](ArrayRef<Reg> passed) {
        return SmallVector<Reg>(passed);
      });
  return ir.CreateBitCast(seen.front(), value->getType());
}

/// The sum, minimum or maximum of floats, as memory holds them.
Reg AtomicLanes::combined(Reg old, Reg value) {
  Reg a = decode(ir, element, old), b = decode(ir, element, value);
  Reg result = nullptr;
  switch (op.getKind()) {
  case tile::AtomicKind::min:
    result = ir.CreateBinaryIntrinsic(llvm::Intrinsic::minimum, a, b);
    break;
  case tile::AtomicKind::max:
    result = ir.CreateBinaryIntrinsic(llvm::Intrinsic::maximum, a, b);
    break;
  default:
    result = roundTo(ir, element, ir.CreateFAdd(a, b));
  }
  return encode(ir, element, result);
}

} // namespace

Reg emitGather(Emission &emission, tile::GatherOp op, ArrayRef<Reg> indices,
               const Chunk &chunk) {
  Builder &ir = emission.ir;
  const View &view = emission.views.find(op.getView())->second;
  mlir::Type element = elementOf(op.getView());
  unsigned bytes = elementBytes(element);
  llvm::Type *scalar = memoryType(ir, element);
  Targets targets = targetsOf(ir, view, indices, chunk.width);
  Reg mask = wanted(emission, targets, chunk);
  llvm::Align align(bytes);
  if (chunk.width == 0) {
    Reg pointer = ir.advance(view.pointer, targets.offsets, bytes);
    if (!mask)
      return decode(ir, element, ir.CreateAlignedLoad(scalar, pointer, align));
    Reg one = ir.CreateMaskedLoad(
        widened(scalar, 1), pointer, align, ir.splat(mask, 1),
        memoryConstant(ir, op.getOther(), element, 1));
    return decode(ir, element, ir.CreateExtractElement(one, uint64_t(0)));
  }
  Reg pointers =
      ir.CreateGEP(ir.getIntNTy(8 * bytes), view.pointer, targets.offsets);
  if (!mask)
    mask = ir.splat(ir.getTrue(), chunk.width);
  Reg value = ir.CreateMaskedGather(
      widened(scalar, chunk.width), pointers, align, mask,
      memoryConstant(ir, op.getOther(), element, chunk.width));
  return decode(ir, element, value);
}

std::optional<int64_t> laneStep(mlir::Value index, unsigned unit) {
  mlir::Operation *op = index.getDefiningOp();
  if (!isTile(index))
    return 0;
  if (!op)
    return std::nullopt;
  auto operand = [&](unsigned number) {
    return laneStep(op->getOperand(number), unit);
  };
  if (llvm::isa<mlir::tensor::SplatOp, mlir::arith::ConstantOp>(op))
    return 0; // constants are splats
  if (auto lanes = llvm::dyn_cast<tile::CoordinateOp>(op))
    return dimCoefficient(lanes.getMap().getResult(0), unit,
                          lanes.getMap().getNumDims(),
                          lanes.getMap().getNumSymbols());
  if (llvm::isa<mlir::arith::ExtSIOp>(op))
    return operand(0);
  if (llvm::isa<mlir::arith::AddIOp, mlir::arith::SubIOp>(op)) {
    auto a = operand(0), b = operand(1);
    if (!a || !b)
      return std::nullopt;
    return llvm::isa<mlir::arith::AddIOp>(op) ? *a + *b : *a - *b;
  }
  auto remap = llvm::dyn_cast<tile::RemapOp>(op);
  if (!remap)
    return isElementwise(op) && llvm::all_of(op->getOperands(),
                                             [&](mlir::Value each) {
                                               return laneStep(each, unit) == 0;
                                             })
               ? std::optional<int64_t>(0)
               : std::nullopt;
  std::optional<unsigned> moving;
  for (auto [dim, expr] : llvm::enumerate(remap.getMap().getResults())) {
    if (!expr.isFunctionOfDim(unit))
      continue;
    bool single =
        dimCoefficient(expr, unit, remap.getMap().getNumDims(), 0) == 1;
    if (!single || moving)
      return std::nullopt;
    moving = dim;
  }
  return moving ? laneStep(remap.getSource(), *moving)
                : std::optional<int64_t>(0);
}

bool isRow(tile::GatherOp op, ArrayRef<std::optional<int64_t>> steps) {
  int64_t unit = op.getView().getType().getUnit();
  for (auto [dim, step] : llvm::enumerate(steps)) {
    bool moves = step == 1 && static_cast<int64_t>(dim) == unit &&
                 tileType(op.getIndices()[dim])
                         .getElementType()
                         .getIntOrFloatBitWidth() >= 32;
    if (step != 0 && !moves)
      return false;
  }
  return true;
}

Reg emitRowGather(Emission &emission, tile::GatherOp op,
                  ArrayRef<std::optional<int64_t>> steps, ArrayRef<Reg> first,
                  const Chunk &chunk) {
  Builder &ir = emission.ir;
  const View &view = emission.views.find(op.getView())->second;
  mlir::Type element = elementOf(op.getView());
  unsigned bytes = elementBytes(element), width = chunk.width;
  Reg offset = ir.index(0), scalar = nullptr, lanes = nullptr;
  auto below = [&](Reg count) {
    return firstLanes(ir, emission.machine, count, width);
  };
  for (auto [dim, step] : llvm::enumerate(steps)) {
    Reg index = ir.CreateSExtOrTrunc(first[dim], ir.getInt64Ty());
    Reg size = view.sizes[dim];
    offset = ir.add(offset, ir.mul(index, view.strides[dim]));
    if (step == 0) {
      scalar = ir.both(scalar, ir.CreateICmpULT(index, size));
      continue;
    }
    // An index of 32 bits wraps, rather than reach what is further off.
    if (first[dim]->getType()->isIntegerTy(32))
      size = ir.min(size, ir.index(int64_t(1) << 31));
    lanes = ir.CreateAnd(below(ir.CreateSub(size, index)),
                         ir.CreateNot(below(ir.CreateNeg(index))));
  }
  Reg pointer = ir.advance(view.pointer, offset, bytes);
  llvm::Type *type = memoryType(ir, element);
  llvm::Align align(bytes);
  auto other = [&](unsigned count) {
    return memoryConstant(ir, op.getOther(), element, count);
  };
  if (!lanes) {
    Reg one = ir.CreateMaskedLoad(widened(type, 1), pointer, align,
                                  ir.splat(scalar ? scalar : ir.getTrue(), 1),
                                  other(1));
    return decode(ir, element,
                  ir.splat(ir.CreateExtractElement(one, uint64_t(0)), width));
  }
  if (scalar)
    lanes = ir.CreateAnd(lanes, ir.splat(scalar, width));
  if (chunk.valid < width)
    lanes = ir.CreateAnd(lanes, below(ir.index(chunk.valid)));
  return decode(ir, element,
                ir.CreateMaskedLoad(widened(type, width), pointer, align, lanes,
                                    other(width)));
}

void emitScatter(Emission &emission, tile::ScatterOp op) {
  Builder &ir = emission.ir;
  const View &view = emission.views.find(op.getView())->second;
  mlir::Type element = elementOf(op.getView());
  unsigned bytes = elementBytes(element);
  SmallVector<mlir::Value> values{op.getValue()};
  llvm::append_range(values, op.getIndices());
  emitNest(emission, values, [&](ArrayRef<Reg> regs, const Chunk &chunk) {
    Targets targets = targetsOf(ir, view, regs.drop_front(), chunk.width);
    Reg memory = encode(ir, element, regs.front());
    Reg mask = wanted(emission, targets, chunk);
    llvm::Align align(bytes);
    if (chunk.width == 0) {
      Reg pointer = ir.advance(view.pointer, targets.offsets, bytes);
      ir.CreateMaskedStore(ir.splat(memory, 1), pointer, align,
                           ir.splat(mask ? mask : ir.getTrue(), 1));
      return;
    }
    Reg pointers =
        ir.CreateGEP(ir.getIntNTy(8 * bytes), view.pointer, targets.offsets);
    ir.CreateMaskedScatter(memory, pointers, align, mask);
  });
}

void emitAtomic(Emission &emission, tile::AtomicOp op) {
  AtomicLanes(emission, op).emit();
}

void emitArrival(Emission &emission, tile::ArriveOp op) {
  Builder &ir = emission.ir;
  const View &view = emission.views.find(op.getView())->second;
  SmallVector<Reg> indices;
  for (mlir::Value index : op.getIndices())
    indices.push_back(emission.scalar(index));
  Targets targets = targetsOf(ir, view, indices, 0);
  Reg inRange = targets.inRange ? targets.inRange : ir.getTrue();
  emission.scalars[op.getResult()] =
      ir.choose(
            inRange,
            [&] {
              constexpr unsigned bytes = 4;
              Reg limit =
                  ir.CreateSub(emission.scalar(op.getCount()), ir.getInt32(1));
              Reg old = ir.CreateAtomicRMW(
                  llvm::AtomicRMWInst::UIncWrap,
                  ir.advance(view.pointer, targets.offsets, bytes), limit,
                  llvm::Align(bytes), llvm::AtomicOrdering::AcquireRelease);
              return SmallVector<Reg>{ir.CreateICmpUGE(old, limit)};
            },
            [&] { return SmallVector<Reg>{ir.getFalse()}; })
          .front();
}

} // namespace girih::compiler::host
