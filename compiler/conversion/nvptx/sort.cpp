// SPDX-License-Identifier: Apache-2.0
// Sorts: pairs of a key's order, as an unsigned integer, and the lane's number,
// which makes it stable, are put in order in shared memory. Afterwards every
// input is read at the lanes that were found.
#include "girih/compiler/conversion/nvptx/sort.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace girih::compiler {

SortPlan::SortPlan(tile::SortOp sort, int64_t warps) {
  auto type = cast<RankedTensorType>(sort.getInputs()[0].getType());
  extent = type.getDimSize(sort.getDim());
  rows = type.getNumElements() / extent;
  keyBits = std::max(8U, type.getElementTypeBitWidth());
  padded = static_cast<int64_t>(llvm::PowerOf2Ceil(extent));
  bool small = keyBits <= 16 && padded <= 65536;
  indexBits = small ? 16 : 32;
  wordBits = small ? 32 : 64;
  chooseDigits(warps);
  elements = rows * padded;
  // Warps work on whole blocks.
  held = byDigits ? elements
                  : static_cast<int64_t>(llvm::alignTo(elements, networkBlock));
  wordBytes = held * wordBits / 8;
  if (keyBits == 64)
    indexBytes = held * 4;
  if (byDigits)
    countBytes = (warps * 256 + 8) * 4;
  placeValues(sort);
}

/// Whether the input's lanes are their own numbers along `dim`.
static bool isLaneNumber(Value input, int64_t dim) {
  auto coordinate = input.getDefiningOp<tile::CoordinateOp>();
  if (!coordinate || getElementTypeOrSelf(input).getIntOrFloatBitWidth() < 32)
    return false;
  AffineMap map = coordinate.getMap();
  return map.getResult(0) ==
         getAffineDimExpr(static_cast<unsigned>(dim), map.getContext());
}

void SortPlan::placeValues(tile::SortOp sort) {
  constexpr int64_t mostBytes = 96 * 1024;
  int64_t pairs = wordBytes + indexBytes + countBytes, all = pairs, largest = 0;
  auto place = [](int64_t &end, int64_t bytes) {
    int64_t at = static_cast<int64_t>(llvm::alignTo(end, 16));
    end = at + bytes;
    return at;
  };
  for (auto [input, result] :
       llvm::zip_equal(sort.getInputs(), sort.getResults())) {
    std::optional<int64_t> &at = valuesAt.emplace_back();
    if (result.use_empty() || isLaneNumber(input, sort.getDim()))
      continue;
    int64_t size = elements * bytesOf(getElementTypeOrSelf(input.getType()));
    at = place(all, size);
    largest = std::max(largest, size);
  }
  aside = byDigits && all <= mostBytes;
  bytes = aside ? all : std::max(pairs, largest);
  if (!aside)
    for (std::optional<int64_t> &at : valuesAt)
      if (at)
        at = 0;
}

/// By the instructions that either way has for an element: a digit some 56, and
/// for each thread 70 more; a stage of the network 9.
void SortPlan::chooseDigits(int64_t warps) {
  constexpr int64_t mostRegisters = 96;
  int64_t each = wordBits / 32 + (keyBits == 64) + 1;
  int64_t alone = llvm::divideCeil(extent, 32);
  team = rows >= warps && alone * each <= mostRegisters ? 1 : warps;
  perThread = llvm::divideCeil(extent, 32 * team);
  int64_t stages = llvm::Log2_64(padded) * (llvm::Log2_64(padded) + 1) / 2;
  int64_t network = stages * padded * (keyBits == 64 ? 14 : 9);
  int64_t digits =
      int64_t{keyBits / 8} * (56 * 32 * perThread + 70 * 32) * team;
  byDigits = perThread * each <= mostRegisters && digits < network;
  if (byDigits)
    padded = perThread * 32 * team;
}

int64_t sortScratch(tile::SortOp sort, int64_t warps) {
  return SortPlan(sort, warps).bytes;
}

SortEmitter::SortEmitter(Emitter &emitter, tile::SortOp sort)
    : e(emitter), sort(sort), plan(sort, emitter.options.warps),
      dim(static_cast<int>(sort.getDim())),
      words(e.b.getIntegerType(plan.wordBits)), pairsAt(e.sharedOffset[sort]),
      indicesAt(pairsAt + plan.wordBytes),
      countsAt(indicesAt + plan.indexBytes), threads(32 * e.options.warps) {}

void SortEmitter::run() {
  thread = LLVM::AddOp::create(e.b, e.loc, e.lane,
                               e.words().mul(e.warp, number(32)));
  e.barrier();
  if (plan.padded > plan.extent)
    storePadding();
  storeKeys();
  for (size_t input = 0; plan.aside && input < plan.valuesAt.size(); ++input)
    if (plan.valuesAt[input])
      storeValues(input);
  e.barrier();
  if (plan.byDigits)
    sortByDigits();
  else
    sortByNetwork();
  for (Value result : sort.getResults()) {
    Registers &lanes =
        places[cast<RankedTensorType>(result.getType()).getEncoding()];
    if (lanes.empty())
      lanes = placesFor(Emitter::layoutOf(result));
  }
  for (auto [input, result] : llvm::enumerate(sort.getResults()))
    if (plan.valuesAt[input])
      permute(input);
    else if (!result.use_empty())
      e.tiles[result] = numbersOf(result);
}

/// What is found, where lanes' numbers are sorted.
Registers SortEmitter::numbersOf(Value result) {
  auto type = cast<RankedTensorType>(result.getType());
  Registers numbers = places[type.getEncoding()];
  if (type.getElementType() != e.i32())
    for (Value &number : numbers)
      number = LLVM::ZExtOp::create(e.b, e.loc, type.getElementType(), number);
  return numbers;
}

Value SortEmitter::word(uint64_t value, Type type) {
  return LLVM::ConstantOp::create(
      e.b, e.loc, type,
      e.b.getIntegerAttr(
          type, llvm::APInt(type.getIntOrFloatBitWidth(), value, false, true)));
}
PlainTile SortEmitter::tileOf(Type element, int64_t base) {
  auto type = cast<RankedTensorType>(sort.getInputs()[0].getType());
  return PlainTile(type.getShape(), dim, plan.padded, element, base);
}

/// An unsigned integer that is ordered as the sort orders keys.
Value SortEmitter::orderOf(Value key, Type element) {
  Type type = e.b.getIntegerType(plan.keyBits);
  Value bits =
      e.bitcast(key, e.b.getIntegerType(key.getType().getIntOrFloatBitWidth()));
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
Value SortEmitter::orderOfFloat(Value bits, Type element, uint64_t sign) {
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
  Value magnitude = LLVM::AndOp::create(e.b, e.loc, bits, word(sign - 1, type));
  Value negative = compare(LLVM::ICmpPredicate::ugt, bits, word(sign, type));
  Value reversed =
      LLVM::XOrOp::create(e.b, e.loc, bits, word(~uint64_t(0), type));
  Value raised = LLVM::OrOp::create(e.b, e.loc, bits, word(sign, type));
  Value order = LLVM::SelectOp::create(e.b, e.loc, negative, reversed, raised);
  Value isNaN =
      compare(LLVM::ICmpPredicate::ugt, magnitude, word(largest, type));
  return LLVM::SelectOp::create(e.b, e.loc, isNaN, word(~uint64_t(0), type),
                                order);
}

SortEmitter::Pair SortEmitter::pairOf(Value order, Value index) {
  if (plan.keyBits == 64)
    return {order, index};
  Value wide = LLVM::ZExtOp::create(e.b, e.loc, words, order);
  wide = LLVM::ShlOp::create(e.b, e.loc, wide, word(plan.indexBits, words));
  if (plan.wordBits > 32)
    index = LLVM::ZExtOp::create(e.b, e.loc, words, index);
  return {LLVM::OrOp::create(e.b, e.loc, wide, index), {}};
}

Value SortEmitter::wordAddress(Value element) {
  return integers().add(e.sharedBase,
                        integers().mul(element, number(plan.wordBits / 8)));
}
Value SortEmitter::indexAddress(Value element) {
  return integers().add(e.sharedBase, integers().mul(element, number(4)));
}

SortEmitter::Pair SortEmitter::loadPair(Value element, int64_t further) {
  Pair pair;
  pair.first = e.loadShared(wordAddress(element),
                            pairsAt + further * plan.wordBits / 8, 1, words)
                   .front();
  if (plan.keyBits == 64)
    pair.second =
        e.loadShared(indexAddress(element), indicesAt + further * 4, 1, e.i32())
            .front();
  return pair;
}

void SortEmitter::storePair(Value element, Pair pair, Value mask) {
  e.storeShared(wordAddress(element), pairsAt, pair.first, words, mask);
  if (plan.keyBits == 64)
    e.storeShared(indexAddress(element), indicesAt, pair.second, e.i32(), mask);
}

/// What is past the tile sorts after all there is, as its number is larger.
void SortEmitter::storePadding() {
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
void SortEmitter::forEach(Value from, int64_t step, int64_t end,
                          function_ref<void(Value)> body) {
  e.repeatWhile(
      from, [&](Values i) { return e.unsignedLess(i[0], number(end)); },
      [&](Values i) -> Registers {
        body(i[0]);
        return {integers().add(i[0], number(step))};
      });
}

void SortEmitter::storeKeys() {
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
      e.storeShared(indexAddress, e.plainOffset(indices, constant), pair.second,
                    e.i32(), mask);
  }
}

/// Lane of the source for each register of the result, as an element.
Registers SortEmitter::placesFor(const Layout &layout) {
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

PlainTile SortEmitter::valuesOf(size_t input) {
  return tileOf(getElementTypeOrSelf(sort.getInputs()[input].getType()),
                pairsAt + *plan.valuesAt[input]);
}

void SortEmitter::storeValues(size_t input) {
  Value value = sort.getInputs()[input];
  e.storePlain(valuesOf(input), Emitter::layoutOf(value), e.registers(value));
}

void SortEmitter::permute(size_t input) {
  if (!plan.aside) {
    e.barrier(); // pairs, or the values before these, have been read
    storeValues(input);
    e.barrier();
  }
  PlainTile held = valuesOf(input);
  Value result = sort.getResults()[input];
  auto type = cast<RankedTensorType>(result.getType());
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
    Value at = integers().add(address,
                              integers().mul(lane, number(held.elementBytes)));
    if (inside)
      at = LLVM::SelectOp::create(
          e.b, e.loc, inside, at,
          integers().add(e.sharedBase, number(held.base - offset)));
    values.push_back(e.loadShared(at, offset, 1, held.element).front());
  }
  e.tiles[result] = std::move(values);
}

LogicalResult Emitter::emitTile(tile::SortOp sort) {
  SortEmitter(*this, sort).run();
  return success();
}

} // namespace girih::compiler
