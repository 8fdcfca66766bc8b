// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/sampling/filters.h"
#include "girih/ops/sampling/sample_kernels.h"
#include "girih/ops/sampling/sample_records.h"
#include "girih/ops/sampling/sample_views.h"
#include "girih/ops/sampling/scores.h"

#include <cmath>

namespace girih::ops::sampling {

namespace {

// [B, P, K]: all of it for each program, which scatters.
Tensor reached(const Tensor &t, const Tensor &grid) {
  return partial(t.tile({1, 1, 1})
                     .tile({whole, whole, whole})
                     .squeeze(2)
                     .expand({grid.size(0), grid.size(1)}));
}

// A reduction over one row of integers is one instruction of a warp.
Tile in_one_row(const Tile &x) {
  return reshape(x, Shape{x.shape()[0] * x.shape()[1]});
}

// Bounds whose upper one has at most `kept` of keys[J, 32] from it on, and not
// many fewer.
Bounds bounds_of(const Tile &keys, const Tile &largest) {
  const auto smaller = [](Tile a, Tile b) { return min(a, b); };
  // Each chunk has one from the least of their largest on: there are more.
  Bounds bounds{reduce(max(keys, dim(1)), all_dims, smaller), largest + 1,
                full({}, chunk, i32), full({}, 0, i32)};
  const Tile most = full({}, kept, i32), lanes = in_one_row(keys);
  loop_while(
      [&] {
        return (bounds.high - bounds.low > 1) & (bounds.from_high < kept / 2);
      },
      [&] {
        const Pivots pivots = pivots_between(bounds);
        const Tile counts = counts_from(lanes, pivots);
        narrow(bounds, pivots, counts & 0xffff, counts >> 16, most);
      });
  return bounds;
}

struct Candidates {
  Tile count, bound;
};

// Writes the largest of a part.
Candidates write_largest(const Tile &x, const Tile &top, const Tile &token,
                         const Tile &score, const In &logits, const Out &keys,
                         const Out &places, const Out &noisy) {
  const int idle = idle_bits(logits.dtype());
  const Tile key = key_of(x), coarse = key >> 16;
  const Bounds bounds = bounds_of(coarse, key_of(top) >> 16);
  const Tile mask = coarse >= bounds.high, one = cast(mask, i32);
  const Shape flat{x.shape()[0] * x.shape()[1]};
  const Tile number =
      scan(reshape(one, flat), 0, [](Tile a, Tile b) { return a + b; });
  const Tile place = where(mask, reshape(number, x.shape()) - 1, kept);
  const Located row = program_id(0), part = program_id(1);
  keys.scatter({row, part, place}, key >> idle);
  places.scatter({row, part, place}, token);
  noisy.scatter({row, part, place}, score);
  return {bounds.from_high, bounds.high << (16 - idle)};
}

Tile noise_of_part(const Request &request, const In &logits,
                   const Index &parts) {
  const std::int64_t rows = logits.shape()[0];
  const Tile chunks =
      arange(static_cast<int>(rows), i64) * parts + program_id(1);
  const Tile first = unsqueeze(chunks * (chunk / 4), 1);
  return noise_of_fours(request, first + arange(chunk / 4, i64));
}

// What both kernels find first: the part's logits, and its largest.
struct Part {
  Tile x, token, top;
};
Part part_of(const In &logits) {
  const Tile x = tamed(logits);
  return {x, cast(logits.offsets(1), i32), max(x)};
}

// Logits by the temperature and with noise; without either where greedy.
Tile scores_of(const Part &part, const Filters &filters, const In &logits,
               const Request &request, const Index &parts) {
  Tile score = part.x;
  when(!filters.greedy, [&] {
    score = part.x * filters.inverse + noise_of_part(request, logits, parts);
  });
  return score;
}

Kernel make_parts() {
  return Kernel(make_source(
      "sample_parts",
      [](Tensor logits, Tensor temperature, Tensor top_k, Tensor top_p,
         Tensor min_p, Tensor seed, Tensor position, Tensor tops, Tensor sums,
         Tensor scores, Tensor tokens, Tensor counts, Tensor bounds,
         Tensor keys, Tensor places, Tensor noisy) {
        const Tensor grid = tops.tile({1, 1});
        const auto one = [&](const Tensor &t) { return of_request(t, grid); };
        return arranged(cut_row(logits, tops), one(temperature), one(top_k),
                        one(top_p), one(min_p), one(seed), one(position), grid,
                        sums.tile({1, 1}), scores.tile({1, 1}),
                        tokens.tile({1, 1}), counts.tile({1, 1}),
                        bounds.tile({1, 1}), reached(keys, grid),
                        reached(places, grid), reached(noisy, grid));
      },
      [](In logits, In temperature, In top_k, In top_p, In min_p, In seed,
         In position, Out tops, Out sums, Out scores, Out tokens, Out counts,
         Out bounds, Out keys, Out places, Out noisy) {
        const Filters filters =
            filters_of(temperature, top_k, top_p, min_p, logits.source_size(1));
        // Asked for before it is known whether there is noise.
        const Request request{number_of(seed, i64), number_of(position, i64)};
        const Part part = part_of(logits);
        tops = part.top;
        sums = sum(mass_of(part.x, part.top, filters.inverse));
        const Tile score =
            scores_of(part, filters, logits, request, tops.source_size(1));
        Tile best_score = part.top, best_token = full({}, 0, i32);
        when(!filters.has_bound, [&] {
          const Best best = best_of(in_one_row(score), in_one_row(part.token));
          best_score = best.score;
          best_token = best.token;
        });
        scores = best_score;
        tokens = best_token;
        Tile count = full({}, 0, i32), bound = full({}, 0, i32);
        when(filters.any, [&] {
          const Candidates found = write_largest(
              part.x, part.top, part.token, score, logits, keys, places, noisy);
          count = found.count;
          bound = found.bound;
        });
        counts = count;
        bounds = bound;
      },
      {"logits", "temperature", "top_k", "top_p", "min_p", "seed", "position",
       "tops", "sums", "scores", "tokens", "counts", "bounds", "keys", "places",
       "noisy"}));
}

Kernel make_records() {
  return Kernel(make_source(
      "sample_records",
      [](Tensor logits, Tensor temperature, Tensor top_k, Tensor top_p,
         Tensor min_p, Tensor seed, Tensor position, Tensor tops, Tensor lows,
         Tensor keys, Tensor tokens, Tensor scores) {
        const Tensor grid = tops.tile({1, 1});
        const auto one = [&](const Tensor &t) { return of_request(t, grid); };
        return arranged(cut_row(logits, tops), one(temperature), one(top_k),
                        one(top_p), one(min_p), one(seed), one(position), grid,
                        lows.tile({1, 1}), lists_of(keys, told),
                        lists_of(tokens, told), lists_of(scores, told));
      },
      [](In logits, In temperature, In top_k, In top_p, In min_p, In seed,
         In position, Out tops, Out lows, Out keys, Out tokens, Out scores) {
        const Filters filters =
            filters_of(temperature, top_k, top_p, min_p, logits.source_size(1));
        // Asked for before it is known whether there is noise.
        const Request request{number_of(seed, i64), number_of(position, i64)};
        const Part part = part_of(logits);
        tops = part.top;
        lows = min(
            where(logits.in_bounds() & (part.x > -INFINITY), part.x, INFINITY));
        const Tile score =
            scores_of(part, filters, logits, request, tops.source_size(1));
        const Told best = best_scores(
            in_one_row(part.token),
            in_one_row(where(logits.in_bounds(), key_of(score), lowest)));
        const Tile there = best.tokens != no_token;
        const Tile logit = tamed(logits.gather(
            {program_id(0), cast(where(there, best.tokens, 0), i64)}));
        keys = where(there, key_of(logit) >> idle_bits(logits.dtype()), lowest);
        tokens = best.tokens;
        scores = best.scores;
      },
      {"logits", "temperature", "top_k", "top_p", "min_p", "seed", "position",
       "tops", "lows", "keys", "tokens", "scores"}));
}

} // namespace

const Kernel &parts_kernel() {
  static const Kernel made = make_parts();
  return made;
}
const Kernel &records_kernel() {
  static const Kernel made = make_records();
  return made;
}

} // namespace girih::ops::sampling
