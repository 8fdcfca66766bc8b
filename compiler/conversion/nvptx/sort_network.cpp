// SPDX-License-Identifier: Apache-2.0
// Short sorts: a bitonic network. Lanes up to 32 apart are compared in
// registers, by shuffles, others in shared memory. Loops at run time: code does
// not grow with the tile.
#include "girih/compiler/conversion/nvptx/sort.h"

using namespace mlir;

namespace girih::compiler {

/// Sequences of 2, 4, ... lanes, up and down in turn, are merged: `size` is
/// the merged length, `distance` that of the lanes compared.
void SortEmitter::sortByNetwork() {
  int64_t first = std::min(plan.padded, networkBlock);
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
  if (plan.padded <= networkBlock)
    return;
  e.repeatWhile(
      number(2 * networkBlock),
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
void SortEmitter::mergeBlocks(Value size) {
  auto half = [&](Value value) -> Value {
    return LLVM::LShrOp::create(e.b, e.loc, value, number(1));
  };
  e.repeatWhile(
      half(size),
      [&](Values distance) {
        return e.unsignedLess(number(networkBlock - 1), distance[0]);
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
Value SortEmitter::goesUp(Value at, Value size) {
  Value bit = LLVM::AndOp::create(
      e.b, e.loc, at,
      LLVM::AndOp::create(e.b, e.loc, size, number(plan.padded - 1)));
  return integers().equal(bit, number(0));
}

Value SortEmitter::agree(Value x, Value y) {
  return LLVM::ICmpOp::create(e.b, e.loc, LLVM::ICmpPredicate::eq, x, y);
}

void SortEmitter::exchange(Value i, Value size, Value distance) {
  IntegerBuilder n = integers();
  Value below = LLVM::AndOp::create(e.b, e.loc, i, n.sub(distance, number(1)));
  Value above = LLVM::XOrOp::create(e.b, e.loc, i, below);
  Value left = n.add(n.add(above, above), below);
  Value right = n.add(left, distance);
  Pair a = loadPair(left), c = loadPair(right);
  Value wrong = agree(less(c, a), goesUp(left, size));
  storePair(left, c, wrong);
  storePair(right, a, wrong);
}

Value SortEmitter::less(Pair a, Pair c) {
  Value below = e.unsignedLess(a.first, c.first);
  if (plan.keyBits != 64)
    return below;
  Value same = integers().equal(a.first, c.first);
  Value first = e.unsignedLess(a.second, c.second);
  return LLVM::SelectOp::create(e.b, e.loc, same, first, below);
}

SortEmitter::Pair SortEmitter::select(Value condition, Pair yes, Pair no) {
  Pair pair;
  pair.first =
      LLVM::SelectOp::create(e.b, e.loc, condition, yes.first, no.first);
  if (yes.second)
    pair.second =
        LLVM::SelectOp::create(e.b, e.loc, condition, yes.second, no.second);
  return pair;
}

/// Two pairs as values of a loop, and back.
Registers SortEmitter::flat(Pair a, Pair c) {
  if (!a.second)
    return {a.first, c.first};
  return {a.first, a.second, c.first, c.second};
}
std::pair<SortEmitter::Pair, SortEmitter::Pair>
SortEmitter::pairs(Values state) {
  if (state.size() == 2)
    return {{state[0], {}}, {state[1], {}}};
  return {{state[0], state[1]}, {state[2], state[3]}};
}

/// Each warp takes its blocks to registers, lanes `at` and `at` + 32 of the
/// tile in each thread, and puts back what `body` makes of them.
void SortEmitter::forBlocks(
    function_ref<Registers(Value, const Registers &)> body) {
  forEach(e.warp, e.options.warps, plan.held / networkBlock, [&](Value block) {
    IntegerBuilder n = integers();
    Value at = n.add(n.mul(block, number(networkBlock)), e.lane);
    Value other = n.add(at, number(32));
    auto [a, c] = pairs(body(at, flat(loadPair(at), loadPair(other))));
    storePair(at, a, {});
    storePair(other, c, {});
  });
}

/// The last steps of a merge, or all of a short one, within a block.
Registers SortEmitter::mergeBlock(Value at, Value size, Values state) {
  IntegerBuilder n = integers();
  auto [a, c] = pairs(state);
  Value whole = e.unsignedLess(number(networkBlock - 1), size);
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
        Value lower =
            n.equal(LLVM::AndOp::create(e.b, e.loc, e.lane, now[0]), number(0));
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
SortEmitter::Pair SortEmitter::choose(Pair mine, Value distance,
                                      Value smaller) {
  auto other = [&](Value value) {
    return value ? e.shuffle("bfly", value, distance) : value;
  };
  Pair theirs{other(mine.first), other(mine.second)};
  return select(agree(less(theirs, mine), smaller), theirs, mine);
}

} // namespace girih::compiler
