// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/sampling/sample_weights.h"

namespace girih::ops::sampling {

namespace {

constexpr std::int64_t at_once = 8;

Tiles above_some(const Weights &part, const Tile &keys) {
  const Tile larger = unsqueeze(part.keys, 0) > unsqueeze(keys, 1);
  return reduce(
      {cast(larger, i32), where(larger, unsqueeze(part.masses, 0), 0.f)},
      dim(1), [](Tiles a, Tiles b) { return Tiles{a[0] + b[0], a[1] + b[1]}; });
}

} // namespace

Weights weights_of(const In &logits, const Filters &filters, const Tile &top) {
  const Tile x = tamed(logits);
  const Tile mass =
      where(logits.in_bounds(), mass_of(x, top, filters.inverse), 0.f);
  const Shape flat{x.shape()[0] * x.shape()[1]};
  return {reshape(key_of(x) >> idle_bits(logits.dtype()), flat),
          reshape(mass, flat), reshape(x * filters.inverse, flat)};
}

Tiles above(const Weights &part, const Tile &keys) {
  Tiles out = above_some(part, slice(keys, 0, 0, at_once));
  for (std::int64_t from = at_once; from < records; from += at_once) {
    const Tiles next = above_some(part, slice(keys, 0, from, at_once));
    for (std::size_t i = 0; i < 2; ++i)
      out[i] = cat(out[i], next[i], 0);
  }
  return out;
}

} // namespace girih::ops::sampling
