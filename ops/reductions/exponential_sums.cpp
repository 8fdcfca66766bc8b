// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/reductions/exponential_sums.h"

#include "girih/ops/elementwise/elementwise.h"

#include <cmath>
#include <limits>
#include <numbers>

namespace girih::ops {

namespace {

std::vector<DType> parts(DType x, DType) {
  const DType type = computed(floating(x));
  return {type, type};
}

// Above minus infinity: that less itself would be no number.
double least_of(DType dtype) {
  return dtype == f64 ? std::numeric_limits<double>::lowest()
                      : std::numeric_limits<float>::lowest();
}

Tiles start(const Shape &shape, const std::vector<DType> &types) {
  return {full(shape, least_of(types[0]), types[0]), zeros(shape, types[1])};
}

Tiles step(const Tiles &parts, const Tile &x, const Index &, const Tiles &) {
  const Tile &largest = parts[0], &total = parts[1];
  const Tile next = cast(x, largest.dtype());
  // Of the two, the smaller one by the larger. A NaN goes into the sum only.
  const Tile smaller = exponential(-abs(next - largest));
  const Tile grows = next > largest;
  return {where(grows, next, largest),
          fma(total, where(grows, smaller, 1), where(grows, 1, smaller))};
}

// A NaN becomes the largest, too, and stays it: the sum alone is NaN also of
// two infinities.
Tiles step_of_log(const Tiles &parts, const Tile &x, const Index &at,
                  const Tiles &numbers) {
  Tiles next = step(parts, x, at, numbers);
  next[0] = max(parts[0], cast(x, parts[0].dtype()));
  return next;
}

// e^x for x up to 0, of which the last digits of a sum from 1 on tell.
Tile term(const Tile &x) { return exponential(x, Subnormals::flush_to_zero); }

// The largest of them all is found first: one power for each, and one for the
// sum so far. Infinite ones count as one.
Tiles steps(const Tiles &parts, const Tiles &elements) {
  const Dim runs = dim(static_cast<int>(parts[0].shape().size()));
  const bool several = elements[0].shape().size() > parts[0].shape().size();
  Tile largest = parts[0];
  for (const Tile &each : elements)
    largest = max(largest, several ? max(each, runs) : each);
  const Tile above = several ? unsqueeze(largest, runs.index()) : largest;
  Tile total = parts[1] * term(parts[0] - largest);
  for (const Tile &each : elements) {
    const Tile terms = term(each - above);
    total = total + (several ? sum(terms, runs) : terms);
  }
  return {largest, where(largest == INFINITY, 1, total)};
}

// `total` relative to `to` instead of `from`; equal infinities are equal.
Tile rebased(const Tile &total, const Tile &from, const Tile &to) {
  return where(from == to, total, total * exponential(from - to));
}

Tiles combine(Tiles a, Tiles b) {
  const Tile largest = max(a[0], b[0]);
  return {largest, rebased(a[1], a[0], largest) + rebased(b[1], b[0], largest)};
}

Tiles fold(const Tiles &parts, Dim over) {
  const Tile largest = max(parts[0], over);
  const Tile total = sum(rebased(parts[1], parts[0], largest), over);
  return {largest, total};
}

Tiles row(const WholeRows &rows) {
  const Dim along = dim(1).kept();
  const Tile &elements = rows.elements;
  const Tile largest = max(max(elements, along), least_of(elements.dtype()));
  const Tile total = sum(term(elements - largest), along);
  return {largest, where(largest == INFINITY, 1, total)};
}

Tiles log_of(const Tiles &parts, const Tiles &) {
  const Tile &largest = parts[0];
  return {where(largest == INFINITY, largest, largest + log(parts[1]))};
}

} // namespace

Tile exponential(const Tile &x, Subnormals subnormals) {
  return exp2(x * std::numbers::log2e, subnormals);
}

Reduction exponential_sums(std::string name, bool logarithm) {
  return {.name = std::move(name),
          .parts = parts,
          .results = logarithm ? 1 : 2,
          .other = -INFINITY,
          .start = start,
          .step = logarithm ? step_of_log : step,
          .steps = steps,
          .combine = combine,
          .row = row,
          .fold = fold,
          .finish = logarithm ? log_of : nullptr};
}

} // namespace girih::ops
