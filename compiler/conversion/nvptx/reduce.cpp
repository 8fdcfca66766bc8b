// SPDX-License-Identifier: Apache-2.0
// Reductions: over a thread's registers, over lanes by shuffles, over warps
// through shared memory.
#include "girih/compiler/conversion/nvptx/combination.h"
#include "girih/compiler/conversion/nvptx/emitter.h"
#include "girih/compiler/layout/warps.h"

#include "llvm/ADT/bit.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

#include <map>
#include <numeric>
#include <vector>

using namespace mlir;

namespace girih::compiler {

namespace {

/// Sums of one thread that go on side by side.
constexpr size_t accumulators = 4;
/// A reduction that is done once may have so many bytes for itself.
constexpr int64_t ownBytes = 2048;

Layout inputLayout(tile::ReduceOp reduce) {
  return Emitter::layoutOf(reduce.getInputs().front());
}

int64_t product(llvm::ArrayRef<int64_t> values) {
  return std::accumulate(values.begin(), values.end(), int64_t(1),
                         std::multiplies<>());
}

bool reachesPast(tile::ReduceOp reduce) {
  auto dim = static_cast<int>(reduce.getDim());
  auto type = cast<RankedTensorType>(reduce.getInputs()[0].getType());
  return inputLayout(reduce).shape()[dim] > type.getDimSize(dim);
}

} // namespace

int64_t reduceScratch(tile::ReduceOp reduce) {
  Layout layout = inputLayout(reduce);
  auto dim = static_cast<int>(reduce.getDim());
  int64_t warps = warpsAlong(layout, dim);
  if (warps == 1)
    return 0;
  int64_t places = product(withoutDim(layout, dim).shape()) * warps, bytes = 0;
  for (Value input : reduce.getInputs())
    bytes += llvm::alignTo(
        places * bytesOf(getElementTypeOrSelf(input.getType())), 16);
  return bytes + (reachesPast(reduce) ? llvm::alignTo(places, 16) : 0);
}

bool crossesBlocks(tile::ReduceOp reduce, int64_t blockWarps) {
  SmallVector<WarpDigit> digits =
      warpDigits(inputLayout(reduce), static_cast<int>(reduce.getDim()));
  return llvm::any_of(digits, [&](const WarpDigit &digit) {
    return blockWarps % (digit.weight * digit.count) != 0;
  });
}

/// The bits of a lane's number that tell copies of one line apart, of which one
/// writes.
static int64_t copiesOf(const Layout &kept) {
  int64_t copies = 0;
  for (auto [bit, basis] : llvm::enumerate(kept.bases(Axis::lane)))
    if (llvm::all_of(basis, [](int64_t value) { return value == 0; }))
      copies |= int64_t(1) << bit;
  return copies;
}

bool Emitter::sendsParts(tile::ReduceOp reduce) const {
  if (spreadBlocks == 1 || !crossesBlocks(reduce, blockWarps()) ||
      !ownsScratch(reduce))
    return false;
  Operation *single = singleOp(reduce);
  if (reachesPast(reduce) && !(single && identityOf(single)))
    return false;
  return llvm::all_of(reduce.getInputs(), [](Value input) {
    const int64_t bytes = bytesOf(getElementTypeOrSelf(input.getType()));
    return bytes == 4 || bytes == 8;
  });
}

int64_t Emitter::partBytes(tile::ReduceOp reduce) const {
  Layout kept =
      withoutDim(inputLayout(reduce), static_cast<int>(reduce.getDim()));
  int64_t bytes = 0;
  for (Value input : reduce.getInputs())
    bytes += bytesOf(getElementTypeOrSelf(input.getType()));
  const int64_t lanes =
      32 >> llvm::popcount(static_cast<uint64_t>(copiesOf(kept)));
  return options.warps * lanes * kept.size(Axis::reg) * bytes;
}

bool ownsScratch(tile::ReduceOp reduce) {
  for (Operation *op = reduce->getParentOp(); op; op = op->getParentOp())
    if (isa<LoopLikeOpInterface>(op))
      return false;
  return reduceScratch(reduce) <= ownBytes;
}

/// Emits one reduction.
class Reducer {
public:
  Reducer(Emitter &emitter, tile::ReduceOp op)
      : e(emitter), b(emitter.b), op(op), dim(static_cast<int>(op.getDim())),
        layout(inputLayout(op)), kept(withoutDim(layout, dim)),
        single(singleOp(op)) {
    if (single)
      identity = identityOf(single);
  }

  LogicalResult run() {
    SmallVector<Partial> partials = overRegisters();
    for (Partial &partial : partials)
      overLanes(partial);
    if (warpsAlong(layout, dim) > 1)
      overWarps(partials);
    if (unknown)
      return failure();
    for (auto [number, result] : llvm::enumerate(op.getResults())) {
      if (!isa<RankedTensorType>(result.getType())) {
        e.scalars[result] = partials.front().values[number];
        continue;
      }
      Registers values;
      for (const Partial &partial : partials)
        values.push_back(partial.values[number]);
      e.tiles[result] = std::move(values);
    }
    return success();
  }

private:
  /// A combination of some lanes, one value for each input. With `valid` there
  /// is none where that is false.
  struct Partial {
    Registers values;
    Value valid;
  };

  Value choose(Value condition, Value yes, Value no) {
    return LLVM::SelectOp::create(b, e.loc, condition, yes, no);
  }

  Partial combine(const Partial &x, const Partial &y) {
    Registers arguments(x.values);
    llvm::append_range(arguments, y.values);
    Partial result;
    result.values = e.applyLanes(op.getBody(), arguments);
    if (result.values.empty()) {
      unknown = true;
      return x;
    }
    for (auto [i, value] : llvm::enumerate(result.values)) {
      if (y.valid)
        value = choose(y.valid, value, x.values[i]);
      if (x.valid)
        value = choose(x.valid, value, y.values[i]);
    }
    if (x.valid && y.valid)
      result.valid = LLVM::OrOp::create(b, e.loc, x.valid, y.valid);
    return result;
  }

  /// Whether register `reg` is within the tile along the dimension: true, or
  /// for some threads (`valid`), or for none (false).
  bool isWithin(int64_t reg, Value &valid) {
    auto type = cast<RankedTensorType>(op.getInputs()[0].getType());
    int64_t extent = type.getDimSize(dim);
    int64_t at = layout.coordinates(reg, 0, 0)[dim];
    if (at >= extent)
      return false;
    if (layout.shape()[dim] <= extent ||
        at + static_cast<int64_t>(threadMasks(layout)[dim]) < extent)
      return true;
    Value thread = e.threadCoords(layout)[dim];
    valid = e.inEntry([&] {
      return e.words().greaterEqual(e.constant32(extent - 1 - at), thread);
    });
    return true;
  }

  std::optional<Partial> lanesOf(int64_t reg) {
    Partial partial;
    if (!isWithin(reg, partial.valid))
      return std::nullopt;
    for (Value input : op.getInputs())
      partial.values.push_back(e.registers(input)[reg]);
    if (partial.valid && identity) {
      Value none = neutral();
      partial.values[0] = choose(partial.valid, partial.values[0], none);
      partial.valid = Value();
    }
    return partial;
  }

  Value neutral() {
    return e.inEntry(
        [&] { return e.constantOf(identity, single->getResult(0).getType()); });
  }

  /// For each register of the result, the registers that it combines.
  SmallVector<SmallVector<int64_t>> groups() {
    std::map<std::vector<int64_t>, int64_t> places;
    for (int64_t reg = 0, end = kept.size(Axis::reg); reg < end; ++reg) {
      Coords at = kept.coordinates(reg, 0, 0);
      places.try_emplace(std::vector<int64_t>(at.begin(), at.end()), reg);
    }
    SmallVector<SmallVector<int64_t>> result(kept.size(Axis::reg));
    for (int64_t reg = 0, end = layout.size(Axis::reg); reg < end; ++reg) {
      if (!layout.isOwner(Axis::reg, reg))
        continue;
      Coords at = layout.coordinates(reg, 0, 0);
      at.erase(at.begin() + dim);
      result[places.at(std::vector<int64_t>(at.begin(), at.end()))].push_back(
          reg);
    }
    return result;
  }

  SmallVector<Partial> overRegisters() {
    SmallVector<Partial> partials;
    for (const SmallVector<int64_t> &group : groups()) {
      SmallVector<Partial> sums;
      size_t next = 0;
      for (int64_t reg : group) {
        std::optional<Partial> lanes = lanesOf(reg);
        if (!lanes)
          continue;
        if (sums.size() < accumulators) {
          sums.push_back(*lanes);
          continue;
        }
        sums[next] = combine(sums[next], *lanes);
        next = (next + 1) % accumulators;
      }
      // Halves onto each other.
      while (sums.size() > 1) {
        size_t half = (sums.size() + 1) / 2;
        for (size_t i = half; i < sums.size(); ++i)
          sums[i - half] = combine(sums[i - half], sums[i]);
        sums.resize(half);
      }
      partials.push_back(sums.front());
    }
    return partials;
  }

  void overLanes(Partial &partial) {
    SmallVector<int64_t> masks;
    for (auto [bit, basis] : llvm::enumerate(layout.bases(Axis::lane)))
      if (basis[dim] != 0)
        masks.push_back(int64_t(1) << bit);
    StringRef redux = reduxName(single);
    if (masks.size() == 5 && !redux.empty() && !partial.valid) {
      partial.values[0] =
          e.intrinsic(e.i32(), ("llvm.nvvm.redux.sync." + redux).str(),
                      {partial.values[0], e.constant32(-1)});
      return;
    }
    for (int64_t mask : masks) {
      Partial other;
      for (Value value : partial.values)
        other.values.push_back(e.shuffle("bfly", value, e.constant32(mask)));
      if (partial.valid)
        other.valid = e.shuffle("bfly", partial.valid, e.constant32(mask));
      partial = combine(partial, other);
    }
  }

  /// This warp's number among those that share its lines.
  Value warpSlot() {
    return e.inEntry([&] {
      IntegerBuilder integers = e.words();
      Value slot = e.constant32(0);
      int64_t weight = 1;
      for (const WarpDigit &digit : warpDigits(layout, dim)) {
        Value above =
            LLVM::UDivOp::create(b, e.loc, e.warp, e.constant32(digit.weight));
        Value value =
            LLVM::URemOp::create(b, e.loc, above, e.constant32(digit.count));
        slot = integers.add(slot, integers.mul(value, e.constant32(weight)));
        weight *= digit.count;
      }
      return slot;
    });
  }

  /// Number of a result's line: constant coordinates.
  int64_t lineOf(ArrayRef<int64_t> coords) {
    int64_t line = 0;
    for (auto [coord, extent] : llvm::zip_equal(coords, kept.shape()))
      line = line * extent + coord;
    return line;
  }

  /// The same of this thread's register 0.
  Value threadLine() {
    SmallVector<Value> thread = e.threadCoords(kept);
    return e.inEntry([&] {
      IntegerBuilder integers = e.words();
      Value line = e.constant32(0);
      for (auto [coord, extent] : llvm::zip_equal(thread, kept.shape()))
        line = integers.add(integers.mul(line, e.constant32(extent)), coord);
      return line;
    });
  }

  /// True in one lane for each line.
  Value writes() {
    return e.inEntry([&]() -> Value {
      const int64_t copies = copiesOf(kept);
      if (copies == 0)
        return {};
      Value own = LLVM::AndOp::create(b, e.loc, e.lane, e.constant32(copies));
      return e.words().equal(own, e.constant32(0));
    });
  }

  /// Address of slot `slot` of this thread's register 0 for elements of so many
  /// bytes.
  Value place(Value slot, int64_t warps, int64_t bytes) {
    Value line = threadLine();
    return e.inEntry([&] {
      IntegerBuilder integers = e.words();
      Value number = integers.mul(line, e.constant32(warps));
      if (slot)
        number = integers.add(number, slot);
      return integers.add(e.sharedBase,
                          integers.mul(number, e.constant32(bytes)));
    });
  }

  /// Into the memory of a block of the cluster, whose barrier counts the bytes
  /// that have come (st.async of the PTX ISA): there is no fence, as there
  /// would be behind plain stores.
  void send(int64_t block, Value address, int64_t at, Value value,
            Value writer) {
    e.neededPtx = std::max(e.neededPtx, 81);
    const bool wide = value.getType().getIntOrFloatBitWidth() == 64;
    SmallVector<Value> inputs{
        address, e.clusterAddress(e.sharedBase, block),
        e.bitcast(value, b.getIntegerType(wide ? 64 : 32))};
    if (writer)
      inputs.push_back(writer);
    const std::string text = llvm::formatv(
        "{0}st.async.weak.shared::cluster.mbarrier::complete_tx::bytes.{1} "
        "[$0+{2}], $2, [$1+{3}];",
        writer ? "@$3 " : "", wide ? "b64" : "b32", at, e.partBarrier(op));
    const std::string constraints =
        std::string("r,r,") + (wide ? "l" : "r") + (writer ? ",b" : "");
    e.assembly({}, text, constraints, inputs, true);
  }

  /// Where warps leave one value of their partials.
  struct Place {
    Type element;
    int64_t base, bytes;
  };

  SmallVector<Place> placesOf(ArrayRef<Partial> partials) {
    SmallVector<Type> elements;
    for (Value input : op.getInputs())
      elements.push_back(getElementTypeOrSelf(input.getType()));
    if (needsFlags(partials))
      elements.push_back(b.getI1Type());
    int64_t count = product(kept.shape()) * warpsAlong(layout, dim);
    SmallVector<Place> places;
    int64_t base = e.sharedOffset[op];
    for (Type element : elements) {
      places.push_back({element, base, bytesOf(element)});
      base += llvm::alignTo(count * bytesOf(element), 16);
    }
    return places;
  }

  int64_t placeOf(const Place &place, size_t reg) {
    return place.base + lineOf(kept.coordinates(reg, 0, 0)) *
                            warpsAlong(layout, dim) * place.bytes;
  }

  /// Every warp leaves its partials, in all blocks where these are of several.
  void leave(ArrayRef<Partial> partials, ArrayRef<Place> places, bool crosses) {
    Value slot = warpSlot(), writer = writes();
    const bool sends = e.sendsParts(op);
    for (auto [number, each] : llvm::enumerate(places)) {
      Value address = place(slot, warpsAlong(layout, dim), each.bytes);
      for (int64_t block = 0; block < (crosses ? e.spreadBlocks : 1); ++block) {
        Value at = crosses ? e.clusterAddress(address, block) : address;
        for (auto [reg, partial] : llvm::enumerate(partials))
          if (sends)
            send(block, at, placeOf(each, reg), partial.values[number], writer);
          else
            e.storeShared(at, placeOf(each, reg), valueOf(partial, number),
                          each.element, writer,
                          crosses ? "shared::cluster" : "shared");
      }
    }
  }

  /// Every warp leaves its partials and combines those of all.
  void overWarps(MutableArrayRef<Partial> partials) {
    int64_t warps = warpsAlong(layout, dim);
    SmallVector<Place> places = placesOf(partials);
    const bool crosses =
        e.spreadBlocks > 1 && crossesBlocks(op, e.blockWarps());
    auto meet = [&] {
      e.sendsParts(op) ? e.awaitParts(op)
      : crosses        ? e.meetCluster(true)
                       : e.barrier();
    };
    if (!ownsScratch(op))
      meet(); // whoever used this memory before is done
    leave(partials, places, crosses);
    meet();
    SmallVector<SmallVector<Partial>> all(partials.size());
    for (auto &each : all)
      each.resize(warps);
    for (auto [number, each] : llvm::enumerate(places)) {
      Value address = place({}, warps, each.bytes);
      int64_t vector = std::min(warps & -warps, 16 / each.bytes);
      for (size_t reg = 0; reg < partials.size(); ++reg)
        for (int64_t from = 0; from < warps; from += vector) {
          Registers read =
              e.loadShared(address, placeOf(each, reg) + from * each.bytes,
                           vector, each.element);
          for (int64_t i = 0; i < vector; ++i)
            keep(all[reg][from + i], number, read[i]);
        }
    }
    for (auto [partial, each] : llvm::zip_equal(partials, all)) {
      partial = each.front();
      for (const Partial &other : ArrayRef(each).drop_front())
        partial = combine(partial, other);
    }
  }

  static bool needsFlags(ArrayRef<Partial> partials) {
    return llvm::any_of(partials, [](const Partial &partial) {
      return static_cast<bool>(partial.valid);
    });
  }

  /// A partial's value for input `number`, after the last its flag.
  Value valueOf(const Partial &partial, size_t number) {
    if (number < partial.values.size())
      return partial.values[number];
    return partial.valid ? partial.valid
                         : e.inEntry([&] { return e.words().truth(true); });
  }
  void keep(Partial &partial, size_t number, Value value) {
    if (number < op.getInputs().size())
      partial.values.push_back(value);
    else
      partial.valid = value;
  }

  Emitter &e;
  OpBuilder &b;
  tile::ReduceOp op;
  int dim;
  Layout layout, kept;
  Operation *single;
  TypedAttr identity;
  bool unknown = false; // the region has no lowering
};

LogicalResult Emitter::emitReduce(tile::ReduceOp op) {
  return Reducer(*this, op).run();
}

} // namespace girih::compiler
