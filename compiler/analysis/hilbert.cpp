// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/analysis/hilbert.h"

namespace girih::compiler {
namespace {

using Place = std::array<std::int64_t, 2>;

Place moved(const Place &from, std::int64_t steps, const Place &step) {
  return {from[0] + steps * step[0], from[1] + steps * step[1]};
}

/// Half of a side, an even number where that leaves something.
std::int64_t half(std::int64_t side) {
  const std::int64_t half = side / 2;
  return half % 2 == 1 && side > 2 ? half + 1 : half;
}

/// The part of `whole` that has place `number`, which becomes its place there.
HilbertPart partOf(HilbertPart whole, std::int64_t &number) {
  if (2 * whole.along > 3 * whole.across) {
    const std::int64_t first = half(whole.along);
    if (number < first * whole.across) {
      whole.along = first;
      return whole;
    }
    number -= first * whole.across;
    whole.corner = moved(whole.corner, first, whole.ahead);
    whole.along -= first;
    return whole;
  }
  const std::int64_t aside = half(whole.across), ahead = whole.along / 2;
  if (number < aside * ahead)
    return {whole.corner, aside, ahead, whole.aside, whole.ahead};
  number -= aside * ahead;
  const std::int64_t middle = whole.along * (whole.across - aside);
  if (number < middle) {
    whole.corner = moved(whole.corner, aside, whole.aside);
    whole.across -= aside;
    return whole;
  }
  number -= middle;
  const Place end = moved(moved(whole.corner, whole.along - 1, whole.ahead),
                          aside - 1, whole.aside);
  return {end,
          aside,
          whole.along - ahead,
          {-whole.aside[0], -whole.aside[1]},
          {-whole.ahead[0], -whole.ahead[1]}};
}

} // namespace

std::array<std::int64_t, 2> hilbertPlace(std::int64_t number, std::int64_t rows,
                                         std::int64_t columns) {
  HilbertPart part{.along = columns, .across = rows};
  if (rows > columns)
    part = {.along = rows, .across = columns, .ahead = {1, 0}, .aside = {0, 1}};
  while (part.along > 1 && part.across > 1)
    part = partOf(part, number);
  return moved(part.corner, number, part.across == 1 ? part.ahead : part.aside);
}

} // namespace girih::compiler
