// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/sampling/sample_records.h"

namespace girih::ops::sampling {

namespace {

Tile largest(const Tile &numbers) {
  return reduce(numbers, all_dims, [](Tile a, Tile b) { return max(a, b); });
}
Tile smallest(const Tile &numbers) {
  return reduce(numbers, all_dims, [](Tile a, Tile b) { return min(a, b); });
}

} // namespace

// Reductions of one integer each: a warp's is one instruction.
Told best_scores(const Tile &tokens, const Tile &scores) {
  const Shape shape{told};
  Told out{full(shape, no_token, i32), full(shape, lowest, i32)};
  Tile left = scores;
  for (std::int64_t i = 0; i < told; ++i) {
    const Tile best = largest(left);
    const Tile token =
        where(best > lowest, smallest(where(left == best, tokens, no_token)),
              no_token);
    const Tile here = arange(told) == i;
    out.scores = where(here, best, out.scores);
    out.tokens = where(here, token, out.tokens);
    if (i + 1 < told)
      left = where(tokens == token, lowest, left);
  }
  return out;
}

Records records_of(const Tile &keys, const Told &parts) {
  // A part that has told all that it may has others up to its last.
  const Tile lane = arange(keys.shape()[0]);
  const Tile last_told = (lane & (told - 1)) == told - 1;
  const Tile bound =
      largest(where(last_told & (keys > lowest), parts.scores, lowest));
  const Tile known = parts.scores > bound;
  const Tile last = largest(where(known, keys, lowest));
  const Shape shape{records};
  Records out{full(shape, lowest, i32), full(shape, no_token, i32)};
  Tile from = full({}, lowest + 1, i32), count = full({}, 0, i32);
  loop_while(
      [&] { return (count == 0) | ((from <= last) & (count < records)); },
      [&] {
        const Tile in = (keys >= from) & (known | (count == 0));
        const Tile scores = where(in, parts.scores, lowest);
        const Tile best = largest(scores);
        const Tile token =
            smallest(where(in & (scores == best), parts.tokens, no_token));
        const Tile key = largest(where(parts.tokens == token, keys, lowest));
        const Tile here = arange(records) == count;
        out.keys = where(here, key, out.keys);
        out.tokens = where(here, token, out.tokens);
        from = key + 1;
        count = count + 1;
      });
  return out;
}

} // namespace girih::ops::sampling
