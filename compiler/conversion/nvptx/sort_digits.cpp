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

#include "llvm/Support/FormatVariadic.h"
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
  Registers counted;
  for (const Pair &pair : pairs)
    counted.push_back(countDigit(digitOf(pair, digit)));
  meetTeam();
  addUpCounts();
  meetTeam();
  for (auto [pair, each] : llvm::zip_equal(pairs, counted)) {
    auto [ofKey, rank] = parts(each);
    Value begin = e.loadShared(countOf(ofKey), countsAt, 1, e.i32()).front();
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

/// Lanes of the warp that have the same digit, a bit each. Four instructions
/// for each bit of it; LLVM, which sees what is tested, would make six.
Value SortEmitter::peersOf(Value digit) {
  std::string text = "{ .reg .pred p; .reg .b32 t;";
  for (int64_t bit = 1; bit < digits; bit *= 2) {
    StringRef votes = bit == 1 ? "$0" : "t";
    text += llvm::formatv(" and.b32 t, $1, {0}; setp.ne.b32 p, t, 0;"
                          " vote.sync.ballot.b32 {1}, p, -1;"
                          " @!p not.b32 {1}, {1};",
                          bit, votes);
    if (bit > 1)
      text += " and.b32 $0, $0, t;";
  }
  return e.assembly(e.i32(), text + " }", "=&r,r", digit, true);
}

/// The address of the warp's count of a digit, countsAt further.
Value SortEmitter::countOf(Value digit) {
  return integers().add(counts, integers().mul(digit, number(4)));
}

/// Counts the warp's next 32 elements. The digit, and how many of it the warp
/// has had before the lane's, in one register: a thread holds that of all its
/// elements, and would hold addresses beside it, were it seen to know them.
Value SortEmitter::countDigit(Value digit) {
  IntegerBuilder n = integers();
  auto bitsOf = [&](Value word) -> Value {
    return LLVM::CtPopOp::create(e.b, e.loc, word);
  };
  Value peers = peersOf(digit);
  Value before = bitsOf(LLVM::AndOp::create(e.b, e.loc, peers, lanesBefore));
  Value at = countOf(digit);
  Value seen = e.loadShared(at, countsAt, 1, e.i32()).front();
  meetWarp();
  e.storeShared(at, countsAt, n.add(seen, bitsOf(peers)), e.i32(),
                n.equal(before, number(0)));
  meetWarp();
  Value both = n.add(n.mul(n.add(seen, before), number(digits)), digit);
  return e.assembly(e.i32(), "mov.b32 $0, $1;", "=r,r", both, false);
}

/// The digit and the rank that countDigit gave.
std::pair<Value, Value> SortEmitter::parts(Value counted) {
  Value digit = LLVM::AndOp::create(e.b, e.loc, counted, number(digits - 1));
  Value rank =
      LLVM::LShrOp::create(e.b, e.loc, counted, number(llvm::Log2_64(digits)));
  return {digit, rank};
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
