// SPDX-License-Identifier: Apache-2.0
// Sorts: a bitonic network over pairs of a key's order, as an unsigned integer,
// and the lane's number, which makes it stable. Lanes up to 32 apart are
// compared in registers, by shuffles, others in shared memory. Loops at run
// time: code does not grow with the tile. Afterwards every input is read at
// the lanes that the network has found.
#include "girih/compiler/conversion/nvptx/emitter.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace girih::compiler {

namespace {

/// Lanes that a warp sorts in registers, two a thread.
constexpr int64_t blockSize = 64;

/// What is where in shared memory.
struct SortPlan {
  int64_t extent, padded, rows, elements, held; // padded to a power of two
  unsigned keyBits, indexBits, wordBits; // of a pair; index apart from 64 bits
  int64_t wordBytes = 0, indexBytes = 0, valueBytes = 0; // of the whole tile

  explicit SortPlan(tile::SortOp sort) {
    auto type = cast<RankedTensorType>(sort.getInputs()[0].getType());
    extent = type.getDimSize(sort.getDim());
    padded = static_cast<int64_t>(llvm::PowerOf2Ceil(extent));
    rows = type.getNumElements() / extent;
    elements = rows * padded;
    // Warps work on whole blocks.
    held = static_cast<int64_t>(llvm::alignTo(elements, blockSize));
    keyBits = std::max(8U, type.getElementTypeBitWidth());
    bool small = keyBits <= 16 && padded <= 65536;
    indexBits = small ? 16 : 32;
    wordBits = small ? 32 : 64;
    wordBytes = held * wordBits / 8;
    if (keyBits == 64)
      indexBytes = held * 4;
    for (Value input : sort.getInputs())
      valueBytes =
          std::max(valueBytes,
                   elements * bytesOf(getElementTypeOrSelf(input.getType())));
  }
};

} // namespace

int64_t sortScratch(tile::SortOp sort) {
  SortPlan plan(sort);
  // Values move after all pairs have been read.
  return std::max(plan.wordBytes + plan.indexBytes, plan.valueBytes);
}

/// Emits one sort.
class SortEmitter {
public:
  SortEmitter(Emitter &emitter, tile::SortOp sort)
      : e(emitter), sort(sort), plan(sort),
        dim(static_cast<int>(sort.getDim())),
        words(e.b.getIntegerType(plan.wordBits)), pairsAt(e.sharedOffset[sort]),
        indicesAt(pairsAt + plan.wordBytes), valuesAt(pairsAt),
        threads(32 * e.options.warps) {}

  void run() {
    thread = LLVM::AddOp::create(e.b, e.loc, e.lane,
                                 e.words().mul(e.warp, number(32)));
    e.barrier();
    if (plan.padded > plan.extent)
      storePadding();
    storeKeys();
    e.barrier();
    sortPairs();
    for (Value result : sort.getResults()) {
      Registers &lanes =
          places[cast<RankedTensorType>(result.getType()).getEncoding()];
      if (lanes.empty())
        lanes = placesFor(Emitter::layoutOf(result));
    }
    for (auto [input, result] :
         llvm::zip_equal(sort.getInputs(), sort.getResults()))
      permute(input, result);
  }

private:
  using Values = ArrayRef<Value>;
  using Pair = std::pair<Value, Value>; // key and index, or both in the first

  Value number(int64_t value) { return e.constant32(value); }
  Value word(uint64_t value, Type type) {
    return LLVM::ConstantOp::create(
        e.b, e.loc, type,
        e.b.getIntegerAttr(type, llvm::APInt(type.getIntOrFloatBitWidth(),
                                             value, false, true)));
  }
  IntegerBuilder integers() { return e.words(); }

  PlainTile tileOf(Type element, int64_t base) {
    auto type = cast<RankedTensorType>(sort.getInputs()[0].getType());
    return PlainTile(type.getShape(), dim, plan.padded, element, base);
  }

  /// An unsigned integer that is ordered as the sort orders keys.
  Value orderOf(Value key, Type element) {
    Type type = e.b.getIntegerType(plan.keyBits);
    Value bits = e.bitcast(
        key, e.b.getIntegerType(key.getType().getIntOrFloatBitWidth()));
    if (bits.getType() != type) // a bool
      bits = LLVM::ZExtOp::create(e.b, e.loc, type, bits);
    uint64_t sign = uint64_t(1) << (plan.keyBits - 1);
    if (isa<FloatType>(element))
      bits = orderOfFloat(bits, element, sign);
    else if (!sort.getIsUnsigned() && !element.isInteger(1))
      bits = LLVM::XOrOp::create(e.b, e.loc, bits, word(sign, type));
    if (sort.getDescending())
      bits = LLVM::XOrOp::create(e.b, e.loc, bits, word(~uint64_t(0), type));
    return bits;
  }

  /// Negative numbers reversed, below the others; one zero; NaN above all.
  Value orderOfFloat(Value bits, Type element, uint64_t sign) {
    const llvm::fltSemantics &semantics =
        cast<FloatType>(element).getFloatSemantics();
    // The largest magnitude that is a number.
    llvm::APFloat top = isa<Float8E4M3FNType>(element)
                            ? llvm::APFloat::getLargest(semantics)
                            : llvm::APFloat::getInf(semantics);
    uint64_t largest = top.bitcastToAPInt().getZExtValue();
    Type type = bits.getType();
    auto compare = [&](LLVM::ICmpPredicate predicate, Value x, Value y) {
      return LLVM::ICmpOp::create(e.b, e.loc, predicate, x, y);
    };
    Value magnitude =
        LLVM::AndOp::create(e.b, e.loc, bits, word(sign - 1, type));
    Value negative = compare(LLVM::ICmpPredicate::ugt, bits, word(sign, type));
    Value reversed =
        LLVM::XOrOp::create(e.b, e.loc, bits, word(~uint64_t(0), type));
    Value raised = LLVM::OrOp::create(e.b, e.loc, bits, word(sign, type));
    Value order =
        LLVM::SelectOp::create(e.b, e.loc, negative, reversed, raised);
    Value isNaN =
        compare(LLVM::ICmpPredicate::ugt, magnitude, word(largest, type));
    return LLVM::SelectOp::create(e.b, e.loc, isNaN, word(~uint64_t(0), type),
                                  order);
  }

  Pair pairOf(Value order, Value index) {
    if (plan.keyBits == 64)
      return {order, index};
    Value wide = LLVM::ZExtOp::create(e.b, e.loc, words, order);
    wide = LLVM::ShlOp::create(e.b, e.loc, wide, word(plan.indexBits, words));
    if (plan.wordBits > 32)
      index = LLVM::ZExtOp::create(e.b, e.loc, words, index);
    return {LLVM::OrOp::create(e.b, e.loc, wide, index), {}};
  }

  Value wordAddress(Value element) {
    return integers().add(e.sharedBase,
                          integers().mul(element, number(plan.wordBits / 8)));
  }
  Value indexAddress(Value element) {
    return integers().add(e.sharedBase, integers().mul(element, number(4)));
  }

  Pair loadPair(Value element) {
    Pair pair;
    pair.first = e.loadShared(wordAddress(element), pairsAt, 1, words).front();
    if (plan.keyBits == 64)
      pair.second =
          e.loadShared(indexAddress(element), indicesAt, 1, e.i32()).front();
    return pair;
  }

  void storePair(Value element, Pair pair, Value mask) {
    e.storeShared(wordAddress(element), pairsAt, pair.first, words, mask);
    if (plan.keyBits == 64)
      e.storeShared(indexAddress(element), indicesAt, pair.second, e.i32(),
                    mask);
  }

  /// What is past the tile sorts after all there is, as its number is larger.
  void storePadding() {
    int64_t perRow = plan.padded - plan.extent;
    forEach(thread, threads, plan.rows * perRow, [&](Value i) {
      Value row = LLVM::UDivOp::create(e.b, e.loc, i, number(perRow));
      Value index =
          integers().add(number(plan.extent),
                         LLVM::URemOp::create(e.b, e.loc, i, number(perRow)));
      Type type = e.b.getIntegerType(plan.keyBits);
      Value element =
          integers().add(integers().mul(row, number(plan.padded)), index);
      storePair(element, pairOf(word(~uint64_t(0), type), index), {});
    });
  }

  /// For i = from, from + step, ... below `end`.
  void forEach(Value from, int64_t step, int64_t end,
               function_ref<void(Value)> body) {
    e.repeatWhile(
        from, [&](Values i) { return e.unsignedLess(i[0], number(end)); },
        [&](Values i) -> Registers {
          body(i[0]);
          return {integers().add(i[0], number(step))};
        });
  }

  void storeKeys() {
    Value input = sort.getInputs()[0];
    Type element = getElementTypeOrSelf(input.getType());
    Layout layout = Emitter::layoutOf(input);
    SmallVector<Value> coords = e.threadCoords(layout);
    Value owner = e.inEntry([&] { return e.ownerMask(layout); });
    PlainTile pairs = tileOf(words, pairsAt);
    PlainTile indices = tileOf(e.i32(), indicesAt);
    Value address = e.plainAddress(pairs, coords);
    Value indexAddress = e.plainAddress(indices, coords);
    for (auto [reg, key] : llvm::enumerate(e.registers(input))) {
      Coords constant = layout.coordinates(static_cast<int64_t>(reg), 0, 0);
      Value mask = integers().both(
          owner, e.insideMask(layout, pairs.shape, constant, coords));
      Value index = integers().add(coords[dim], number(constant[dim]));
      Pair pair = pairOf(orderOf(key, element), index);
      e.storeShared(address, e.plainOffset(pairs, constant), pair.first, words,
                    mask);
      if (plan.keyBits == 64)
        e.storeShared(indexAddress, e.plainOffset(indices, constant),
                      pair.second, e.i32(), mask);
    }
  }

  /// Sequences of 2, 4, ... lanes, up and down in turn, are merged: `size` is
  /// the merged length, `distance` that of the lanes compared.
  void sortPairs() {
    int64_t first = std::min(plan.padded, blockSize);
    forBlocks([&](Value at, Registers state) {
      state.insert(state.begin(), number(2));
      Registers last = e.repeatWhile(
          state,
          [&](Values now) { return e.unsignedLess(now[0], number(first + 1)); },
          [&](Values now) {
            Registers next = mergeBlock(at, now[0], now.drop_front());
            next.insert(next.begin(), integers().add(now[0], now[0]));
            return next;
          });
      last.erase(last.begin());
      return last;
    });
    e.barrier();
    if (plan.padded <= blockSize)
      return;
    e.repeatWhile(
        number(2 * blockSize),
        [&](Values size) {
          return e.unsignedLess(size[0], number(plan.padded + 1));
        },
        [&](Values size) -> Registers {
          mergeBlocks(size[0]);
          forBlocks([&](Value at, const Registers &state) {
            return mergeBlock(at, size[0], state);
          });
          e.barrier();
          return {integers().add(size[0], size[0])};
        });
  }

  /// Compares lanes of different blocks.
  void mergeBlocks(Value size) {
    auto half = [&](Value value) -> Value {
      return LLVM::LShrOp::create(e.b, e.loc, value, number(1));
    };
    e.repeatWhile(
        half(size),
        [&](Values distance) {
          return e.unsignedLess(number(blockSize - 1), distance[0]);
        },
        [&](Values distance) -> Registers {
          forEach(thread, threads, plan.elements / 2,
                  [&](Value i) { exchange(i, size, distance[0]); });
          e.barrier();
          return {half(distance[0])};
        });
  }

  /// i1: where the lane is, sequences of this size go up. The last merge of
  /// every row does.
  Value goesUp(Value at, Value size) {
    Value bit = LLVM::AndOp::create(
        e.b, e.loc, at,
        LLVM::AndOp::create(e.b, e.loc, size, number(plan.padded - 1)));
    return integers().equal(bit, number(0));
  }

  Value agree(Value x, Value y) {
    return LLVM::ICmpOp::create(e.b, e.loc, LLVM::ICmpPredicate::eq, x, y);
  }

  void exchange(Value i, Value size, Value distance) {
    IntegerBuilder n = integers();
    Value below =
        LLVM::AndOp::create(e.b, e.loc, i, n.sub(distance, number(1)));
    Value above = LLVM::XOrOp::create(e.b, e.loc, i, below);
    Value left = n.add(n.add(above, above), below);
    Value right = n.add(left, distance);
    Pair a = loadPair(left), c = loadPair(right);
    Value wrong = agree(less(c, a), goesUp(left, size));
    storePair(left, c, wrong);
    storePair(right, a, wrong);
  }

  Value less(Pair a, Pair c) {
    Value below = e.unsignedLess(a.first, c.first);
    if (plan.keyBits != 64)
      return below;
    Value same = integers().equal(a.first, c.first);
    Value first = e.unsignedLess(a.second, c.second);
    return LLVM::SelectOp::create(e.b, e.loc, same, first, below);
  }

  Pair select(Value condition, Pair yes, Pair no) {
    Pair pair;
    pair.first =
        LLVM::SelectOp::create(e.b, e.loc, condition, yes.first, no.first);
    if (yes.second)
      pair.second =
          LLVM::SelectOp::create(e.b, e.loc, condition, yes.second, no.second);
    return pair;
  }

  /// Two pairs as values of a loop, and back.
  static Registers flat(Pair a, Pair c) {
    if (!a.second)
      return {a.first, c.first};
    return {a.first, a.second, c.first, c.second};
  }
  static std::pair<Pair, Pair> pairs(Values state) {
    if (state.size() == 2)
      return {{state[0], {}}, {state[1], {}}};
    return {{state[0], state[1]}, {state[2], state[3]}};
  }

  /// Each warp takes its blocks to registers, lanes `at` and `at` + 32 of the
  /// tile in each thread, and puts back what `body` makes of them.
  void forBlocks(function_ref<Registers(Value, const Registers &)> body) {
    forEach(e.warp, e.options.warps, plan.held / blockSize, [&](Value block) {
      IntegerBuilder n = integers();
      Value at = n.add(n.mul(block, number(blockSize)), e.lane);
      Value other = n.add(at, number(32));
      auto [a, c] = pairs(body(at, flat(loadPair(at), loadPair(other))));
      storePair(at, a, {});
      storePair(other, c, {});
    });
  }

  /// The last steps of a merge, or all of a short one, within a block.
  Registers mergeBlock(Value at, Value size, Values state) {
    IntegerBuilder n = integers();
    auto [a, c] = pairs(state);
    Value whole = e.unsignedLess(number(blockSize - 1), size);
    Value wrong = LLVM::AndOp::create(e.b, e.loc, whole,
                                      agree(less(c, a), goesUp(at, size)));
    Registers swapped = flat(select(wrong, c, a), select(wrong, a, c));
    Value up = goesUp(at, size);
    Value otherUp = goesUp(n.add(at, number(32)), size);
    Value half = LLVM::LShrOp::create(e.b, e.loc, size, number(1));
    swapped.insert(swapped.begin(), n.min(half, number(16)));
    Registers merged = e.repeatWhile(
        swapped, [&](Values now) { return e.unsignedLess(number(0), now[0]); },
        [&](Values now) -> Registers {
          auto [x, y] = pairs(now.drop_front());
          Value lower = n.equal(LLVM::AndOp::create(e.b, e.loc, e.lane, now[0]),
                                number(0));
          Registers next = flat(choose(x, now[0], agree(lower, up)),
                                choose(y, now[0], agree(lower, otherUp)));
          next.insert(next.begin(),
                      LLVM::LShrOp::create(e.b, e.loc, now[0], number(1)));
          return next;
        });
    merged.erase(merged.begin());
    return merged;
  }

  /// The smaller or the larger of a pair and that of the lane opposite.
  Pair choose(Pair mine, Value distance, Value smaller) {
    auto other = [&](Value value) {
      return value ? e.shuffle("bfly", value, distance) : value;
    };
    Pair theirs{other(mine.first), other(mine.second)};
    return select(agree(less(theirs, mine), smaller), theirs, mine);
  }

  /// Lane of the source for each register of the result, as an element.
  Registers placesFor(const Layout &layout) {
    PlainTile pairs = tileOf(words, pairsAt);
    if (plan.keyBits == 64)
      return e.loadPlain(tileOf(e.i32(), indicesAt), layout);
    Registers values = e.loadPlain(pairs, layout);
    for (Value &value : values) {
      value = LLVM::AndOp::create(
          e.b, e.loc, value, word((uint64_t(1) << plan.indexBits) - 1, words));
      if (plan.wordBits > 32)
        value = LLVM::TruncOp::create(e.b, e.loc, e.i32(), value);
    }
    return values;
  }

  void permute(Value input, Value result) {
    auto type = cast<RankedTensorType>(result.getType());
    PlainTile held = tileOf(type.getElementType(), valuesAt);
    e.barrier(); // pairs, or the values before these, have been read
    e.storePlain(held, Emitter::layoutOf(input), e.registers(input));
    e.barrier();
    Layout layout = Emitter::layoutOf(result);
    SmallVector<Value> coords = e.threadCoords(layout), others = coords;
    others[dim] = number(0);
    Value address = e.plainAddress(held, others);
    Registers values;
    for (auto [reg, lane] : llvm::enumerate(places[type.getEncoding()])) {
      Coords constant = layout.coordinates(static_cast<int64_t>(reg), 0, 0);
      Value inside = e.insideMask(layout, held.shape, constant, coords);
      constant[dim] = 0;
      int64_t offset = e.plainOffset(held, constant);
      Value at = integers().add(
          address, integers().mul(lane, number(held.elementBytes)));
      if (inside)
        at = LLVM::SelectOp::create(
            e.b, e.loc, inside, at,
            integers().add(e.sharedBase, number(held.base - offset)));
      values.push_back(e.loadShared(at, offset, 1, held.element).front());
    }
    e.tiles[result] = std::move(values);
  }

  Emitter &e;
  tile::SortOp sort;
  SortPlan plan;
  int dim;
  Type words;
  int64_t pairsAt, indicesAt, valuesAt, threads;
  Value thread;
  DenseMap<Attribute, Registers> places; // by layout: the lane to read
};

LogicalResult Emitter::emitTile(tile::SortOp sort) {
  SortEmitter(*this, sort).run();
  return success();
}

} // namespace girih::compiler
