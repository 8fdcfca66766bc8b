// SPDX-License-Identifier: Apache-2.0
// The order `hilbert`: analysis/hilbert.h as code, the part that has a place
// found in a loop.
#include "girih/compiler/conversion/nvptx/emitter.h"

using namespace mlir;

namespace girih::compiler {

namespace {

/// HilbertPart, and the place within it, as what a loop carries.
enum Carried {
  number,
  row,
  column,
  along,
  across,
  ahead0,
  ahead1,
  aside0,
  aside1,
  carried
};

/// The next part, of two or three, as selections.
class HilbertStep {
public:
  HilbertStep(IntegerBuilder integers, ArrayRef<Value> whole)
      : i(integers), whole(whole) {}

  Registers next() {
    Value first = half(whole[along]);
    Value firstSize = i.mul(first, whole[across]);
    Registers two = choose(i.greaterEqual(whole[number], firstSize),
                           behind(first, firstSize, along, ahead0, ahead1),
                           shortened(first));
    Value isLong = i.greaterEqual(
        i.mul(whole[along], i.constant(2)),
        i.add(i.mul(whole[across], i.constant(3)), i.constant(1)));
    return choose(isLong, two, three());
  }

private:
  Registers three() {
    Value side = half(whole[across]);
    Value front = i.floorDiv(whole[along], i.constant(2), true);
    Value frontSize = i.mul(side, front);
    Value middleSize = i.mul(whole[along], i.sub(whole[across], side));
    Value beforeLast = i.add(frontSize, middleSize);
    Registers rest = choose(i.greaterEqual(whole[number], beforeLast),
                            back(side, front, beforeLast),
                            behind(side, frontSize, across, aside0, aside1));
    return choose(i.greaterEqual(whole[number], frontSize), rest,
                  turned(side, front));
  }

  Registers shortened(Value first) {
    Registers part(whole.begin(), whole.end());
    part[along] = first;
    return part;
  }

  /// What is left of the rectangle behind `steps` along one of its sides.
  Registers behind(Value steps, Value skipped, Carried side, Carried step0,
                   Carried step1) {
    Registers part(whole.begin(), whole.end());
    part[number] = i.sub(whole[number], skipped);
    part[row] = moved(whole[row], steps, whole[step0]);
    part[column] = moved(whole[column], steps, whole[step1]);
    part[side] = i.sub(whole[side], steps);
    return part;
  }

  Registers turned(Value side, Value front) {
    return {whole[number], whole[row],    whole[column], side,         front,
            whole[aside0], whole[aside1], whole[ahead0], whole[ahead1]};
  }

  Registers back(Value side, Value front, Value skipped) {
    Value wide = i.sub(whole[along], i.constant(1));
    Value high = i.sub(side, i.constant(1));
    Registers part(carried);
    part[number] = i.sub(whole[number], skipped);
    part[row] =
        moved(moved(whole[row], wide, whole[ahead0]), high, whole[aside0]);
    part[column] =
        moved(moved(whole[column], wide, whole[ahead1]), high, whole[aside1]);
    part[along] = side;
    part[across] = i.sub(whole[along], front);
    part[ahead0] = i.sub(i.constant(0), whole[aside0]);
    part[ahead1] = i.sub(i.constant(0), whole[aside1]);
    part[aside0] = i.sub(i.constant(0), whole[ahead0]);
    part[aside1] = i.sub(i.constant(0), whole[ahead1]);
    return part;
  }

  Value half(Value side) {
    Value half = i.floorDiv(side, i.constant(2), true);
    Value odd = i.floorMod(half, i.constant(2), true);
    Value leaves = i.greaterEqual(side, i.constant(3));
    return i.add(half, i.select(leaves, odd, i.constant(0)));
  }

  Value moved(Value from, Value steps, Value step) {
    return i.add(from, i.mul(steps, step));
  }

  Registers choose(Value condition, ArrayRef<Value> yes, ArrayRef<Value> no) {
    Registers chosen;
    for (auto [one, other] : llvm::zip_equal(yes, no))
      chosen.push_back(one == other ? one : i.select(condition, one, other));
    return chosen;
  }

  IntegerBuilder i;
  ArrayRef<Value> whole;
};

} // namespace

SmallVector<Value> Emitter::hilbertCoordinates(Value flat, Value rows,
                                               Value columns) {
  IntegerBuilder integers = indices();
  Value zero = integers.constant(0), one = integers.constant(1);
  Value wide = integers.greaterEqual(columns, rows);
  Value right = integers.select(wide, one, zero);
  Value down = integers.select(wide, zero, one);
  Registers start{flat,
                  zero,
                  zero,
                  integers.max(rows, columns),
                  integers.min(rows, columns),
                  down,
                  right,
                  right,
                  down};
  Registers last = repeatWhile(
      start,
      [&](Values part) {
        Value two = integers.constant(2);
        return integers.both(integers.greaterEqual(part[along], two),
                             integers.greaterEqual(part[across], two));
      },
      [&](Values part) { return HilbertStep(integers, part).next(); });
  Value isRow = integers.equal(last[across], one);
  auto place = [&](Carried corner, Carried ahead, Carried aside) {
    Value step = integers.select(isRow, last[ahead], last[aside]);
    return integers.add(last[corner], integers.mul(last[number], step));
  };
  return {place(row, ahead0, aside0), place(column, ahead1, aside1)};
}

} // namespace girih::compiler
