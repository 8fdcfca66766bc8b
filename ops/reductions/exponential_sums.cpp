// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/reductions/exponential_sums.h"

#include "girih/ops/elementwise/elementwise.h"

#include <cmath>
#include <numbers>

namespace girih::ops {

namespace {

std::vector<DType> parts(DType x, DType) {
  const DType type = computed(floating(x));
  return {type, type};
}

Tiles start(const Shape &shape, const std::vector<DType> &types) {
  return {full(shape, -INFINITY, types[0]), zeros(shape, types[1])};
}

Tiles step(const Tiles &parts, const Tile &x, const Index &, const Tiles &) {
  const Tile &largest = parts[0], &total = parts[1];
  const Tile next = cast(x, largest.dtype());
  // Of the two, the smaller one by the larger.
  const Tile smaller = exponential(-abs(next - largest));
  const Tile sum = where(next > largest, total * smaller + 1, total + smaller);
  // Minus infinity adds nothing; less itself it would be no number.
  return {max(largest, next), where(next == -INFINITY, total, sum)};
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
  return {largest, sum(rebased(parts[1], parts[0], largest), over)};
}

Tiles log_of(const Tiles &parts, const Tiles &) {
  const Tile &largest = parts[0];
  return {where(largest == INFINITY, largest, largest + log(parts[1]))};
}

} // namespace

Tile exponential(const Tile &x) { return exp2(x * std::numbers::log2e); }

Reduction exponential_sums(std::string name, bool logarithm) {
  return {.name = std::move(name),
          .parts = parts,
          .results = logarithm ? 1 : 2,
          .other = -INFINITY,
          .start = start,
          .step = step,
          .combine = combine,
          .fold = fold,
          .finish = logarithm ? log_of : nullptr};
}

} // namespace girih::ops
