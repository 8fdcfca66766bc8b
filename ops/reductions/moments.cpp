// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/reductions/moments.h"

#include <limits>

namespace girih::ops::moments {

namespace {

std::vector<DType> parts(DType x, DType) {
  const DType type = accumulator(x);
  return {type, type, type};
}

Tiles start(const Shape &shape, const std::vector<DType> &types) {
  const Tile zero = zeros(shape, types[0]);
  return {zero, zero, zero};
}

// All lanes inside have seen as many elements: one division a turn.
Tiles step(const Tiles &parts, const Tile &x, const Index &turn,
           const Tiles &) {
  const DType type = parts[0].dtype();
  const Tile count = cast(turn + 1, type);
  const Tile apart = cast(x, type) - parts[1];
  const Tile mean = parts[1] + apart * (1 / count);
  return {parts[0] + 1, mean, parts[2] + apart * (cast(x, type) - mean)};
}

Tiles combine(Tiles a, Tiles b) {
  const Tile count = a[0] + b[0];
  const Tile share = b[0] / max(count, 1);
  const Tile apart = b[1] - a[1];
  // Beside no elements, what is there stays bit for bit.
  const Tile mean = where(a[0] == 0, b[1], a[1] + apart * share);
  return {count, mean, a[2] + b[2] + apart * apart * (a[0] * share)};
}

// All lanes at once, around one of their means, so that equal elements have a
// variance of 0: no division for each lane.
Tiles fold(const Tiles &parts, Dim over) {
  const Tile &count = parts[0], &mean = parts[1];
  const Tile none = count == 0;
  const Tile pivot =
      max(where(none, std::numeric_limits<float>::lowest(), mean), over);
  const Tile total = sum(count, over);
  const Tile apart = where(none, 0, mean - pivot);
  const Tile shift = sum(apart * count, over) / max(total, 1);
  const Tile rest = apart - shift;
  return {total, where(total == 0, 0, pivot + shift),
          sum(fma(count * rest, rest, parts[2]), over)};
}

// As fold(), of elements: relative to one of each row.
Tiles row(const WholeRows &rows) {
  const Dim along = dim(1).kept();
  const Tile apart = where(rows.inside, rows.elements - rows.first, 0);
  const Tile shift = sum(apart, along) / rows.length;
  const Tile rest = where(rows.inside, apart - shift, 0);
  return {rows.length, rows.first + shift, sum(rest * rest, along)};
}

Tiles variance(const Tiles &parts, const Tiles &numbers) {
  return {parts[2] / max(parts[0] - numbers[0], 0)};
}

Tiles deviation(const Tiles &parts, const Tiles &numbers) {
  return {sqrt(variance(parts, numbers)[0])};
}

} // namespace

Reduction spread(std::string name, bool root) {
  return {.name = std::move(name),
          .parts = parts,
          .numbers = 1,
          .other = {},
          .start = start,
          .step = step,
          .combine = combine,
          .row = row,
          .fold = fold,
          .finish = root ? deviation : variance};
}

} // namespace girih::ops::moments
