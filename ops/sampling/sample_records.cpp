// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/sampling/sample_records.h"

#include <cmath>

namespace girih::ops::sampling {

namespace {

// The better of two lanes of scores, tokens and keys.
Tiles better(Tiles a, Tiles b) {
  const Tile second = (b[0] > a[0]) | ((b[0] == a[0]) & (b[1] < a[1]));
  return {where(second, b[0], a[0]), where(second, b[1], a[1]),
          where(second, b[2], a[2])};
}

} // namespace

Records records_of(const Tile &keys, const Tile &tokens, const Tile &scores) {
  const Shape shape{records};
  Records out{full(shape, lowest, i32), full(shape, no_token, i32),
              full(shape, -INFINITY, f32), full({}, 0, i32)};
  Tile from = full({}, lowest + 1, i32);
  const Tile last =
      reduce(keys, all_dims, [](Tile a, Tile b) { return max(a, b); });
  loop_while([&] { return (from <= last) & (out.count < records); },
             [&] {
               const Tile in = keys >= from;
               const Tiles best = reduce({where(in, scores, -INFINITY),
                                          where(in, tokens, no_token),
                                          where(in, keys, lowest)},
                                         all_dims, better);
               const Tile here = arange(records) == out.count;
               out.scores = where(here, best[0], out.scores);
               out.tokens = where(here, best[1], out.tokens);
               out.keys = where(here, best[2], out.keys);
               out.count = out.count + 1;
               from = best[2] + 1;
             });
  out.count = out.count + cast(from <= last, i32);
  return out;
}

} // namespace girih::ops::sampling
