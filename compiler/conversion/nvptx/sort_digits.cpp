// SPDX-License-Identifier: Apache-2.0
// Long sorts: by digits of 8 bits, the lowest first. The warps of a team, all
// of them or one to each row, have neighbouring parts of the row, and of its
// part each warp takes 32 elements at a time. A pass:
//
//   each warp counts its elements of each digit. Lanes whose elements have the
//     same one find each other by 8 ballots; the count so far plus those in
//     lanes before is an element's rank.
//   counts become where elements of a digit and a warp begin: sums over all
//     smaller digits, and over warps before for the same.
//   elements, which waited in registers, go there.
//
// That is stable, and takes the same time whatever the keys are. For each
// element and pass some 56 instructions, 4 accesses to shared memory at places
// that are data, and 1 in order.
#include "girih/compiler/conversion/nvptx/sort.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace girih::compiler {

/// Digits of a key that are counted in a pass, and bytes of a warp's counts.
constexpr int64_t digits = 256, countsBytes = digits * 4;

void SortEmitter::sortByDigits() {
  IntegerBuilder n = integers();
  member = plan.team == 1 ? e.lane : thread;
  counts = n.add(e.sharedBase, n.mul(e.warp, number(countsBytes)));
  lanesBefore =
      n.sub(LLVM::ShlOp::create(e.b, e.loc, number(1), e.lane), number(1));
  if (plan.rows == 1)
    return sortRow(number(0));
  bool together = plan.team > 1;
  forEach(together ? number(0) : e.warp, together ? 1 : e.options.warps,
          plan.rows, [&](Value row) { sortRow(row); });
  if (!together)
    e.barrier();
}

void SortEmitter::sortRow(Value row) {
  Value first = integers().mul(row, number(plan.padded));
  forEach(number(0), 1, plan.keyBits / 8,
          [&](Value digit) { sortByDigit(first, digit); });
}

void SortEmitter::sortByDigit(Value first, Value digit) {
  IntegerBuilder n = integers();
  Value mine = n.add(first, e.lane);
  if (plan.team > 1)
    mine = n.add(mine, n.mul(e.warp, number(32 * plan.perThread)));
  SmallVector<Pair, 0> pairs;
  for (int64_t i = 0; i < plan.perThread; ++i)
    pairs.push_back(loadPair(mine, 32 * i));
  clearCounts();
  meetWarp();
  Registers ranks;
  for (const Pair &pair : pairs)
    ranks.push_back(countDigit(digitOf(pair, digit)));
  meetTeam();
  addUpCounts();
  meetTeam();
  for (auto [pair, rank] : llvm::zip_equal(pairs, ranks)) {
    Value at = n.add(counts, n.mul(digitOf(pair, digit), number(4)));
    Value begin = e.loadShared(at, countsAt, 1, e.i32()).front();
    storePair(n.add(first, n.add(begin, rank)), pair, {});
  }
  meetTeam();
}

/// The digit of this number of a pair's key.
Value SortEmitter::digitOf(Pair pair, Value number) {
  IntegerBuilder n = integers();
  auto half = [&](bool upper) -> Value {
    Value word = pair.first;
    if (plan.wordBits == 32)
      return word;
    if (upper)
      word = LLVM::LShrOp::create(e.b, e.loc, word, this->word(32, words));
    return LLVM::TruncOp::create(e.b, e.loc, e.i32(), word);
  };
  Value word = half(true), place = number;
  if (plan.wordBits == 32) // the index is below
    place = n.add(number, this->number(2));
  if (plan.keyBits == 64) {
    word = LLVM::SelectOp::create(
        e.b, e.loc, e.unsignedLess(number, this->number(4)), half(false), word);
    place = LLVM::AndOp::create(e.b, e.loc, number, this->number(3));
  }
  Value shifted =
      LLVM::LShrOp::create(e.b, e.loc, word, n.mul(place, this->number(8)));
  return LLVM::AndOp::create(e.b, e.loc, shifted, this->number(digits - 1));
}

void SortEmitter::clearCounts() {
  Value at = integers().add(counts, integers().mul(e.lane, number(16)));
  SmallVector<Value> zeros(4, number(0));
  for (int64_t done = 0; done < countsBytes; done += 32 * 16)
    e.storeShared(at, countsAt + done, zeros, e.i32(), {});
}

/// Lanes of the warp that have the same digit, a bit each.
Value SortEmitter::peersOf(Value digit) {
  Value peers = number(-1);
  for (int64_t bit = 1; bit < digits; bit *= 2) {
    Value has = LLVM::ICmpOp::create(
        e.b, e.loc, LLVM::ICmpPredicate::ne,
        LLVM::AndOp::create(e.b, e.loc, digit, number(bit)), number(0));
    Value those =
        e.intrinsic(e.i32(), "llvm.nvvm.vote.ballot.sync", {number(-1), has});
    Value turned = LLVM::XOrOp::create(
        e.b, e.loc, those,
        LLVM::SelectOp::create(e.b, e.loc, has, number(0), number(-1)));
    peers = LLVM::AndOp::create(e.b, e.loc, peers, turned);
  }
  return peers;
}

/// Counts the warp's next 32 elements. How many of this lane's digit the warp
/// has had before.
Value SortEmitter::countDigit(Value digit) {
  IntegerBuilder n = integers();
  auto countOf = [&](Value bits) -> Value {
    return LLVM::CtPopOp::create(e.b, e.loc, bits);
  };
  Value peers = peersOf(digit);
  Value before = countOf(LLVM::AndOp::create(e.b, e.loc, peers, lanesBefore));
  Value at = n.add(counts, n.mul(digit, number(4)));
  Value seen = e.loadShared(at, countsAt, 1, e.i32()).front();
  meetWarp();
  e.storeShared(at, countsAt, n.add(seen, countOf(peers)), e.i32(),
                n.equal(before, number(0)));
  meetWarp();
  return n.add(seen, before);
}

/// Counts of a team's warps become where their elements of each digit begin.
/// Each of the first threads has some digits, of all warps.
void SortEmitter::addUpCounts() {
  IntegerBuilder n = integers();
  int64_t each =
      std::max<int64_t>(1, static_cast<int64_t>(llvm::PowerOf2Ceil(
                               llvm::divideCeil(digits, 32 * plan.team))));
  int64_t active = digits / each, vector = std::min<int64_t>(each, 4);
  Value start = plan.team == 1 ? counts : e.sharedBase;
  Value at = n.add(start, n.mul(member, number(4 * each))), mask;
  if (active < 32 * plan.team) {
    mask = e.unsignedLess(member, number(active));
    at = LLVM::SelectOp::create(e.b, e.loc, mask, at, start);
  }
  auto place = [&](int64_t warp, int64_t digit) {
    return countsAt + warp * countsBytes + digit * 4;
  };
  SmallVector<Registers, 0> held(plan.team);
  Value sum = number(0);
  for (int64_t warp = 0; warp < plan.team; ++warp)
    for (int64_t digit = 0; digit < each; digit += vector)
      for (Value count :
           e.loadShared(at, place(warp, digit), vector, e.i32())) {
        held[warp].push_back(count);
        sum = n.add(sum, count);
      }
  if (mask)
    sum = LLVM::SelectOp::create(e.b, e.loc, mask, sum, number(0));
  Value before = sumBefore(sum, active / 32);
  for (int64_t digit = 0; digit < each; ++digit)
    for (Registers &ofWarp : held) {
      Value next = n.add(before, ofWarp[digit]);
      ofWarp[digit] = std::exchange(before, next);
    }
  for (auto [warp, values] : llvm::enumerate(held))
    for (int64_t digit = 0; digit < each; digit += vector)
      e.storeShared(at, place(static_cast<int64_t>(warp), digit),
                    ArrayRef<Value>(values).slice(digit, vector), e.i32(),
                    mask);
}

/// The sum over the team's threads before this one, which are of the first
/// `warps`.
Value SortEmitter::sumBefore(Value sum, int64_t warps) {
  IntegerBuilder n = integers();
  auto where = [&](Value condition, Value value) -> Value {
    return LLVM::SelectOp::create(e.b, e.loc, condition, value, number(0));
  };
  Value total = sum;
  for (int64_t by = 1; by < 32; by *= 2) {
    Value other = e.shuffle("up", total, number(by));
    total = n.add(total, where(e.unsignedLess(number(by - 1), e.lane), other));
  }
  Value before = n.sub(total, sum);
  if (warps == 1)
    return before;
  int64_t totalsAt = countsAt + e.options.warps * countsBytes;
  Value last = n.both(n.equal(e.lane, number(31)),
                      e.unsignedLess(e.warp, number(warps)));
  e.storeShared(n.add(e.sharedBase, n.mul(e.warp, number(4))), totalsAt, total,
                e.i32(), last);
  e.barrier();
  for (int64_t warp = 0; warp + 1 < warps; ++warp) {
    Value other =
        e.loadShared(e.sharedBase, totalsAt + 4 * warp, 1, e.i32()).front();
    before = n.add(before, where(e.unsignedLess(number(warp), e.warp), other));
  }
  return before;
}

void SortEmitter::meetWarp() {
  e.intrinsic({}, "llvm.nvvm.bar.warp.sync", number(-1));
}

void SortEmitter::meetTeam() {
  if (plan.team == 1)
    meetWarp();
  else
    e.barrier();
}

} // namespace girih::compiler
