// SPDX-License-Identifier: Apache-2.0
// Shared memory: who has which part of it when, addresses through swizzles,
// copies into it and reads from it.
#include "girih/compiler/conversion/nvptx/global_access.h"
#include "girih/compiler/conversion/nvptx/pieces.h"
#include "girih/compiler/diagnostics.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace girih::compiler {

int64_t bytesOf(Type element) {
  return llvm::divideCeil(element.getIntOrFloatBitWidth(), 8);
}

int64_t sizeOf(const Layout &memory, Type element) {
  return memory.size(Axis::offset) * memory.size(Axis::stage) *
         bytesOf(element);
}

namespace {

/// A part of shared memory, needed from one operation of the kernel's body to
/// another.
struct Span {
  Operation *owner;
  int64_t bytes, first, last, offset = 0;
  bool scratch; // for one operation at a time, with barriers around
};

/// Gives each span the lowest place that is free while it lives.
int64_t placeSpans(MutableArrayRef<Span> spans) {
  int64_t total = 0;
  for (size_t i = 0; i < spans.size(); ++i) {
    Span &span = spans[i];
    bool moved = true;
    while (moved) {
      moved = false;
      for (const Span &other : spans.take_front(i)) {
        bool alive = other.first <= span.last && span.first <= other.last;
        bool taken = other.offset < span.offset + span.bytes &&
                     span.offset < other.offset + other.bytes;
        if (alive && taken && !(span.scratch && other.scratch)) {
          span.offset = llvm::alignTo(other.offset + other.bytes, 1024);
          moved = true;
        }
      }
    }
    total = std::max(total, span.offset + span.bytes);
  }
  return total;
}

/// The user's line that needs most.
std::optional<Location> placeOfLargest(ArrayRef<Span> spans) {
  const Span *largest = nullptr;
  for (const Span &span : spans)
    if (sourceLine(span.owner->getLoc()).line != 0 &&
        (!largest || span.bytes > largest->bytes))
      largest = &span;
  if (!largest)
    return std::nullopt;
  return largest->owner->getLoc();
}

} // namespace

/// Whether all programs that a block does have the same one.
static bool isOfBlock(Operation *allocation) {
  return isa<tile::AllocBarriersOp>(allocation) ||
         (isa<tile::AllocSharedOp>(allocation) &&
          llvm::any_of(allocation->getUsers(), [](Operation *user) {
            return user->getParentOfType<tile::ProducerOp>() != nullptr;
          }));
}

/// Whether threads keep their own elements there, of a cluster's blocks each
/// those of its own.
static bool isKept(tile::AllocSharedOp allocation) {
  return llvm::any_of(allocation->getUsers(), llvm::IsaPred<tile::KeepOp>);
}

Value Emitter::sharedBaseOf(Operation *allocation) {
  return isOfBlock(allocation) ? blockBase : sharedBase;
}

void Emitter::planShared() {
  mlir::Block &body = kernel.getBody().front();
  DenseMap<Operation *, int64_t> order;
  for (auto [number, op] : llvm::enumerate(body))
    order[&op] = static_cast<int64_t>(number);
  auto place = [&](Operation *op) {
    return order.lookup(body.findAncestorOpInBlock(*op));
  };
  auto end = static_cast<int64_t>(order.size());
  SmallVector<Span> spans, own;
  kernel.walk([&](Operation *op) {
    auto &of = programGroups > 1 && !isOfBlock(op) ? own : spans;
    int64_t first = place(op), last = first;
    if (auto alloc = dyn_cast<tile::AllocSharedOp>(op)) {
      for (Operation *user : op->getUsers()) {
        last = std::max(last, place(user));
        // Dots read when they need it, not where the load stands.
        for (Operation *reader : user->getUsers())
          last = std::max(last, place(reader));
      }
      tile::SharedType type = alloc.getType();
      int64_t bytes = sizeOf(type.getLayout().getLayout(), type.getElement());
      of.push_back({op, isKept(alloc) ? bytes / spreadBlocks : bytes, first,
                    last, 0, false});
    } else if (int64_t bytes = scratchOf(op)) {
      auto reduce = dyn_cast<tile::ReduceOp>(op);
      if (reduce && ownsScratch(reduce))
        of.push_back({op, bytes, 0, end, 0, false});
      else
        of.push_back({op, bytes, first, last, 0, true});
    }
  });
  sharedSize = placeSpans(spans);
  // What groups have by themselves is there as often as there are groups.
  if (!own.empty()) {
    int64_t begin = llvm::alignTo(sharedSize, 1024);
    ownShared = llvm::alignTo(placeSpans(own), 1024);
    for (Span &span : own)
      span.offset += begin;
    sharedSize = begin + programGroups * ownShared;
    spans.append(own);
  }
  kernel.walk([&](tile::AllocBarriersOp barriers) {
    sharedOffset[barriers] = sharedSize = llvm::alignTo(sharedSize, 8);
    sharedSize += barriers.getType().getCount() * 8;
  });
  for (const Span &span : spans)
    sharedOffset[span.owner] = span.offset;
  largestShared = placeOfLargest(spans);
}

LogicalResult Emitter::checkShared() {
  if (options.sharedLimit == 0 || sharedSize <= options.sharedLimit)
    return success();
  return mlir::emitError(largestShared.value_or(kernel.getLoc()))
         << "[shared-memory] the kernel needs " << sharedSize
         << " bytes of shared memory, sm_" << options.capability << " has "
         << options.sharedLimit
         << " for one program; use smaller blocks or a smaller num_stages";
}

SharedPlace::SharedPlace(Emitter &emitter, const Layout &memory,
                         int64_t elementBytes, Value origin, int64_t base,
                         ArrayRef<Value> coords, ArrayRef<uint64_t> masks)
    : e(emitter), map(*OffsetMap::of(memory)), elementBytes(elementBytes),
      base(base), origin(origin), coords(coords), coordMasks(masks) {
  e.inEntry([&] {
    IntegerBuilder integers = e.words();
    inAtom = e.constant32(0);
    beyond = origin;
    for (auto [dim, coord] : llvm::enumerate(coords)) {
      ArrayRef<uint64_t> bits = map.bitMasks(dim);
      uint64_t inside = masks[dim] & ((uint64_t(1) << bits.size()) - 1);
      if (inside) {
        Value part = e.linear(coord, bits);
        inAtom = IntegerBuilder::asConstant(inAtom) == 0
                     ? part
                     : Value(LLVM::XOrOp::create(e.b, e.loc, inAtom, part));
      }
      for (auto [bit, offset] : llvm::enumerate(bits))
        if (inside >> bit & 1)
          inAtomMask |= offset;
      if (masks[dim] >> bits.size()) {
        Value atoms =
            LLVM::LShrOp::create(e.b, e.loc, coord, e.constant32(bits.size()));
        beyond = integers.add(
            beyond, integers.mul(atoms, e.constant32(map.atomStride(dim) *
                                                     elementBytes)));
      }
    }
  });
}

void SharedPlace::setStage(Value stage) {
  byFlipStaged.clear();
  stageOffset = Value();
  if (!stage)
    return;
  IntegerBuilder integers = e.words();
  stageOffset = integers.mul(e.narrowed(stage),
                             e.constant32(map.stageSize() * elementBytes));
}

Value SharedPlace::addressWith(uint64_t flipped) {
  Value &entry = byFlip[flipped];
  if (!entry)
    entry = e.inEntry([&] {
      IntegerBuilder integers = e.words();
      Value inside = inAtom;
      if (flipped)
        inside = LLVM::XOrOp::create(e.b, e.loc, inside, e.constant32(flipped));
      return integers.add(beyond,
                          integers.mul(inside, e.constant32(elementBytes)));
    });
  if (!stageOffset)
    return entry;
  Value &staged = byFlipStaged[flipped];
  if (!staged)
    staged = e.words().add(entry, stageOffset);
  return staged;
}

Value Emitter::sharedAddress(const OffsetMap &map, Value origin,
                             ArrayRef<Value> coords, int64_t bytes) {
  IntegerBuilder integers = words();
  Value inside = constant32(0), total = origin;
  for (auto [dim, coord] : llvm::enumerate(coords)) {
    ArrayRef<uint64_t> bits = map.bitMasks(dim);
    inside = LLVM::XOrOp::create(b, loc, inside, linear(coord, bits));
    Value atoms = LLVM::LShrOp::create(b, loc, coord, constant32(bits.size()));
    Value stride = constant32(map.atomStride(dim) * bytes);
    total = integers.add(total, integers.mul(atoms, stride));
  }
  return integers.add(total, integers.mul(inside, constant32(bytes)));
}

/// The address where a register's coordinates carry into the thread's, as they
/// can with an odd number of warps.
Value SharedPlace::carried(ArrayRef<int64_t> constant) {
  IntegerBuilder integers = e.words();
  Value address = e.inEntry([&] {
    SmallVector<Value> sums;
    for (auto [coord, add] : llvm::zip_equal(coords, constant))
      sums.push_back(integers.add(coord, e.constant32(add)));
    return e.sharedAddress(map, origin, sums, elementBytes);
  });
  return stageOffset ? integers.add(address, stageOffset) : address;
}

std::pair<Value, int64_t> SharedPlace::at(ArrayRef<int64_t> constant) {
  uint64_t inside = 0;
  int64_t outside = 0;
  for (auto [dim, value] : llvm::enumerate(constant))
    if (coordMasks[dim] & static_cast<uint64_t>(value))
      return {carried(constant), base};
  for (auto [dim, value] : llvm::enumerate(constant)) {
    ArrayRef<uint64_t> bits = map.bitMasks(dim);
    for (auto [bit, offset] : llvm::enumerate(bits))
      if (value >> bit & 1)
        inside ^= offset;
    outside += (value >> bits.size()) * map.atomStride(dim);
  }
  // Bits that the thread's part cannot have are added, the others
  // exclusive-ored.
  uint64_t flipped = inside & inAtomMask;
  int64_t added = static_cast<int64_t>(inside & ~inAtomMask) + outside;
  return {addressWith(flipped), base + added * elementBytes};
}

void Emitter::barrier() {
  unseparated.clear();
  meet({}, "sync", {});
}

Value Emitter::meet(Type result, StringRef what, ValueRange said) {
  SmallVector<Value> operands{group ? group : constant32(0)};
  if (producerWarps)
    operands.push_back(constant32(options.warps * 32));
  llvm::append_range(operands, said);
  return intrinsic(result,
                   ("llvm.nvvm.barrier.cta." + what + ".aligned." +
                    (producerWarps ? "count" : "all"))
                       .str(),
                   operands);
}

void Emitter::awaitCopies(int64_t pending) {
  std::string text = "cp.async.wait_group " + std::to_string(pending) + ";";
  assembly({}, text, "", {}, true);
  // What threads store the matrix units read by a way of their own. Copies need
  // no fence (CUTLASS has none either), which would wait for those of later
  // rounds as well.
  if (storesForDots)
    assembly({}, "fence.proxy.async.shared::cta;", "", {}, true);
  barrier();
}

Registers Emitter::loadShared(Value address, int64_t constant, int64_t count,
                              Type element) {
  Type memory = memoryType(element);
  Pieces pieces(bytesOf(memory) * count);
  std::string text =
      llvm::formatv("ld.shared.{0} {1}, [${2}+{3}];", pieces.width,
                    operandList(0, pieces.count), pieces.count, constant);
  Value loaded = assembly(structOf(pieces.type(b), pieces.count), text,
                          pieces.results() + ",r", address, true);
  Registers values = fromPieces(parts(loaded), count, memory);
  if (memory != llvmType(element))
    for (Value &value : values)
      value = LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::ne, value,
                                   zeroOf(memory));
  return values;
}

void Emitter::storeShared(Value address, int64_t constant,
                          ArrayRef<Value> values, Type element, Value mask,
                          StringRef space) {
  Type memory = memoryType(element);
  SmallVector<Value> stored(values);
  if (memory != llvmType(element))
    for (Value &value : stored)
      value = LLVM::ZExtOp::create(b, loc, memory, value);
  SmallVector<Value> inputs{address};
  if (mask)
    inputs.push_back(mask);
  llvm::append_range(inputs, toPieces(stored));
  Pieces pieces(bytesOf(memory) * stored.size());
  AssemblyText store = pieces.store(
      space, "r", llvm::formatv("[$0+{0}]", constant).str(), bool(mask));
  assembly({}, store.text, store.constraints, inputs, true);
}

namespace {

/// The lanes of a copy, where they begin in the target, and up to where it has
/// memory for them.
struct CopiedPart {
  Coords shape, begin, room;

  explicit CopiedPart(tile::CopyAsyncOp copy)
      : shape(copy.getTarget().getType().getShape()), begin(shape.size(), 0),
        room(copy.getTarget().getType().getLayout().getLayout().shape()) {
    if (std::optional<ArrayRef<int64_t>> part = copy.getPart()) {
      int64_t dim = (*part)[0];
      begin[dim] = (*part)[1];
      room[dim] = shape[dim] = (*part)[2];
    }
  }

  /// Coordinates in the target.
  Coords placed(Coords lane) const {
    for (auto [coord, first] : llvm::zip_equal(lane, begin))
      coord += first;
    return lane;
  }
};

} // namespace

void Emitter::emitAccess(tile::CopyAsyncOp copy) {
  Access access(copy);
  Layout layout = copy.getLayout().getLayout();
  tile::SharedType target = copy.getTarget().getType();
  Type element = target.getElement();
  int64_t bytes = bytesOf(element), vector = copy.getVector();
  CopiedPart part(copy);
  const Coords &room = part.room;
  GlobalAccess source(*this, access, layout, part.shape);
  SharedPlace place(*this, target.getLayout().getLayout(), bytes,
                    sharedBaseOf(copy.getTarget().getDefiningOp()),
                    sharedOffset[copy.getTarget().getDefiningOp()],
                    threadCoords(layout), threadMasks(layout));
  place.setStage(scalar(copy.getStage()));
  // Threads that hold copies of others' work leave it to them; so does work
  // past the memory that was set aside.
  Value owner = inEntry([&] { return ownerMask(layout); });
  Coords covered = layout.shape();
  for (int64_t reg = 0, end = layout.size(Axis::reg); reg < end;
       reg += vector) {
    Coords constant = layout.coordinates(reg, 0, 0);
    Value active = owner;
    IntegerBuilder integers = words();
    SmallVector<Value> thread = threadCoords(layout);
    for (int dim = 0; dim < layout.rank(); ++dim)
      if (covered[dim] > room[dim])
        active = integers.both(
            active,
            integers.greaterEqual(constant32(room[dim] - 1 - constant[dim]),
                                  thread[dim]));
    auto [address, added] = place.at(part.placed(constant));
    Value pointer = source.address(constant), mask = source.mask(constant);
    if (copy.getBlocking()) {
      Registers values =
          loadVector(pointer, mask, vector, element, copy.getOther());
      storeShared(address, added, values, element, active);
      continue;
    }
    int64_t size = vector * bytes;
    SmallVector<Value> inputs{address, pointer};
    std::string text, constraints = "r,l";
    if (active) {
      inputs.push_back(active);
      text = "@$2 ";
      constraints += ",b";
    }
    text += llvm::formatv("cp.async.{0}.shared.global [$0+{1}], [$1], {2}",
                          size == 16 ? "cg" : "ca", added, size);
    if (mask) {
      // Nothing is read out of bounds; zeros are written instead.
      text += ", $" + std::to_string(inputs.size());
      constraints += ",r";
      inputs.push_back(LLVM::SelectOp::create(b, loc, mask, constant32(size),
                                              constant32(0)));
    }
    assembly({}, text + ";", constraints, inputs, true);
  }
}

void Emitter::emitAccess(tile::SharedLoadOp load) {
  // Dots read their operands piece by piece, when they need them.
  if (llvm::all_of(load->getUsers(), llvm::IsaPred<tile::DotOp>)) {
    lateLoads[load] = load;
    return;
  }
  Layout layout = layoutOf(load.getType());
  tile::SharedType source = load.getSource().getType();
  Type element = source.getElement();
  SharedPlace place(*this, source.getLayout().getLayout(), bytesOf(element),
                    sharedBaseOf(load.getSource().getDefiningOp()),
                    sharedOffset[load.getSource().getDefiningOp()],
                    threadCoords(layout), threadMasks(layout));
  place.setStage(scalar(load.getStage()));
  Registers values;
  for (int64_t reg = 0, end = layout.size(Axis::reg); reg < end; ++reg) {
    auto [address, added] = place.at(layout.coordinates(reg, 0, 0));
    llvm::append_range(values, loadShared(address, added, 1, element));
  }
  tiles[load] = values;
  readsBesideDots = true;
}

} // namespace girih::compiler
