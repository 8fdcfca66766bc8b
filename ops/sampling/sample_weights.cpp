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

PartLogits logits_of(const In &logits) {
  return {tamed(logits), logits.in_bounds(), idle_bits(logits.dtype())};
}

Weights weights_of(const PartLogits &part, const Filters &filters,
                   const Tile &top) {
  const Tile &x = part.values;
  const Tile mass = where(part.inside, mass_of(x, top, filters.inverse), 0.f);
  const Shape flat{x.shape()[0] * x.shape()[1]};
  return {reshape(key_of(x) >> part.idle, flat), reshape(mass, flat),
          reshape(x * filters.inverse, flat)};
}

Tiles above(const Weights &part, const Tile &keys) {
  Tiles out;
  for (std::int64_t from = 0; from < keys.shape()[0]; from += at_once) {
    const Tile some = slice(keys, 0, from, at_once);
    const Tile last =
        reduce(some, all_dims, [](Tile a, Tile b) { return max(a, b); });
    Tiles next{zeros({at_once}, i32), zeros({at_once}, f32)};
    when(last > lowest, [&] {
      const Tiles found = above_some(part, some);
      for (std::size_t i = 0; i < 2; ++i)
        next[i] = found[i];
    });
    for (std::size_t i = 0; i < 2; ++i)
      if (from == 0)
        out.push_back(next[i]);
      else
        out[i] = cat(out[i], next[i], 0);
  }
  return out;
}

} // namespace girih::ops::sampling
