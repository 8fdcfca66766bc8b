// SPDX-License-Identifier: Apache-2.0
// Offsets and bounds of one access.
#include "girih/compiler/analysis/emit.h"

#include "girih/compiler/analysis/constant_part.h"

using namespace mlir;

namespace girih::compiler {

/// Sum of steps[d] * stride d.
Value AccessEmitter::weigh(ArrayRef<int64_t> steps) {
  int64_t unit = access.viewType().getUnit();
  Value sum = integers.constant(0);
  for (auto [dim, step] : llvm::enumerate(steps)) {
    if (step == 0)
      continue;
    Value factor = integers.constant(step);
    if (static_cast<int64_t>(dim) != unit)
      factor = integers.mul(strides[dim], factor);
    sum = integers.add(sum, factor);
  }
  return sum;
}

Value AccessEmitter::offset(ValueRange lanes) {
  int64_t unit = access.viewType().getUnit();
  Value sum = integers.constant(0), further = integers.constant(0);
  for (auto [dim, index] : llvm::enumerate(access.map().getResults())) {
    Value term = integers.expr(index, lanes, scalars, access.laneFacts(),
                               access.scalarFacts());
    auto [rest, number] = withoutConstant(integers, term);
    Value more = integers.constant(number);
    if (static_cast<int64_t>(dim) != unit) {
      rest = rest ? integers.mul(rest, strides[dim]) : rest;
      more = integers.mul(strides[dim], more);
    }
    sum = rest ? integers.add(sum, rest) : sum;
    further = integers.add(further, more);
  }
  return integers.add(sum, further);
}

Value AccessEmitter::base() {
  SmallVector<Value> zeros(access.lanes().size(), integers.constant(0));
  return offset(zeros);
}

Value AccessEmitter::step(unsigned lane) {
  return weigh(access.lanes()[lane].steps);
}

Value AccessEmitter::scalarStep(unsigned scalar) {
  return weigh(*access.scalarSteps(scalar));
}

Value AccessEmitter::holds(const Constraint &constraint, ValueRange lanes) {
  Value value = integers.expr(constraint.expr, lanes, scalars,
                              access.laneFacts(), access.scalarFacts());
  auto [rest, number] = withoutConstant(integers, value);
  if (!rest)
    rest = integers.constant(0);
  Value limit = integers.constant(-number);
  return constraint.equality ? integers.equal(rest, limit)
                             : integers.greaterEqual(rest, limit);
}

Value AccessEmitter::inBounds(ValueRange lanes) {
  // By the lanes that they tell apart: what a row has in common is then one
  // value for all of its lanes, and so is what a column has.
  SmallVector<std::pair<ArrayRef<unsigned>, Value>> groups{{{}, nullptr}};
  for (const Constraint &constraint : access.constraints()) {
    auto *group = llvm::find_if(groups, [&](const auto &each) {
      return each.first == ArrayRef(constraint.lanes);
    });
    if (group == groups.end())
      group = &groups.emplace_back(constraint.lanes, nullptr);
    group->second = integers.both(group->second, holds(constraint, lanes));
  }
  Value all;
  for (auto [which, value] : groups)
    if (value)
      all = integers.both(all, value);
  return all;
}

Value AccessEmitter::inBounds(ValueRange lanes, unsigned lane, bool involving) {
  Value all;
  for (const Constraint &constraint : access.constraints())
    if (llvm::is_contained(constraint.lanes, lane) == involving)
      all = integers.both(all, holds(constraint, lanes));
  return all;
}

Value AccessEmitter::allInBounds() {
  Value all;
  for (const Constraint &constraint : access.constraints()) {
    if (!constraint.linear ||
        (constraint.equality && !constraint.lanes.empty()))
      return integers.truth(false);
    // A linear constraint is smallest in one corner of the tile.
    SmallVector<Value> corner(access.lanes().size(), integers.constant(0));
    for (auto [lane, coefficient] :
         llvm::zip_equal(constraint.lanes, constraint.coefficients))
      if (coefficient < 0)
        corner[lane] = integers.constant(access.lanes()[lane].extent - 1);
    all = integers.both(all, holds(constraint, corner));
  }
  return all;
}

std::pair<Value, Value> AccessEmitter::validRange(unsigned lane) {
  int64_t count = access.lanes()[lane].extent;
  Value zero = integers.constant(0), extent = integers.constant(count);
  Value begin = zero, end = extent;
  SmallVector<Value> origin(access.lanes().size(), zero);
  for (const Constraint &constraint : access.constraints()) {
    if (constraint.lanes.empty()) {
      end = integers.select(holds(constraint, origin), end, zero);
      continue;
    }
    if (constraint.lanes.front() != lane)
      continue;
    // rest + coefficient * t >= 0, solved for t.
    Value rest = integers.expr(constraint.expr, origin, scalars,
                               access.laneFacts(), access.scalarFacts());
    int64_t coefficient = constraint.coefficients.front();
    Value by = integers.constant(std::abs(coefficient));
    if (coefficient < 0) {
      Value last = integers.floorDiv(rest, by, false);
      end = integers.min(end, integers.add(last, integers.constant(1)));
    } else if (coefficient > 0) {
      Value least = integers.floorDiv(
          integers.sub(integers.constant(coefficient - 1), rest), by, false);
      begin = integers.max(begin, least);
    }
  }
  begin = integers.min(begin, extent);
  return {begin, integers.max(begin, end)};
}

} // namespace girih::compiler
