// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/sampling/filters.h"
#include "girih/ops/sampling/sample_kernels.h"
#include "girih/ops/sampling/sample_records.h"
#include "girih/ops/sampling/sample_views.h"
#include "girih/ops/sampling/scores.h"

#include <cmath>

namespace girih::ops::sampling {

namespace {

// What a pass over some of a row's tokens finds.
struct Found {
  Tile mass, score, token, key;
};

// What is drawn: tokens with keys from `from` on whose scaled logits are at
// least `least`.
struct Bound {
  Tile from, least; // i64, f32
};

// Candidates, a lane each; keys of lanes without one are the lowest.
struct Candidates {
  Tile keys, tokens, scores, masses, scaled;
};

struct Row {
  const In &logits;
  Filters filters;
  Request request;
  Tile top; // the largest logit
  Candidates candidates;
  Tile complete; // i64: all tokens with keys from there on are candidates
  int idle;
};

// Lanes of a pass before they are combined.
struct Lanes {
  Tile score, token, key;
};

Found combined(const Tile &masses, const Lanes &lanes) {
  const Best best = best_of(lanes.score, lanes.token);
  const Tile key = reduce(where(lanes.token == best.token, lanes.key, lowest),
                          all_dims, [](Tile a, Tile b) { return max(a, b); });
  return {sum(masses), best.score, best.token, key};
}

Tile among(const Tile &keys, const Tile &scaled, const Bound &bound) {
  // Of i32: `from` is at most one more than a key.
  return (keys >= cast(bound.from, i32)) & (scaled >= bound.least);
}

Found pass_of_candidates(const Row &row, const Bound &bound) {
  const Candidates &all = row.candidates;
  const Tile in = among(all.keys, all.scaled, bound) & (all.keys > lowest);
  return combined(where(in, all.masses, 0.f),
                  {where(in, all.scores, -INFINITY),
                   where(in, all.tokens, no_token), all.keys});
}

struct Piece {
  Tile logit, key, in;
};
Piece piece_of(const Row &row, const Index &i) {
  const Tile logit = tamed(row.logits[i]);
  return {logit, key_of(logit) >> row.idle, row.logits[i].in_bounds()};
}

Tile mass_of_row(const Row &row, const Bound &bound) {
  Tile mass = zeros(row.logits.shape(), f32);
  for (Index i : range(row.logits.size(0))) {
    const Piece piece = piece_of(row, i);
    const Tile &inverse = row.filters.inverse;
    const Tile in = piece.in & among(piece.key, piece.logit * inverse, bound);
    mass = mass + where(in, mass_of(piece.logit, row.top, inverse), 0.f);
  }
  return mass;
}

Lanes best_of_row(const Row &row, const Bound &bound) {
  const Shape shape = row.logits.shape();
  Lanes all{full(shape, -INFINITY, f32), full(shape, no_token, i32),
            full(shape, 0, i32)};
  for (Index i : range(row.logits.size(0))) {
    const Piece piece = piece_of(row, i);
    const std::int64_t fours = shape[0] / 4;
    const Tile counters = arange(static_cast<int>(fours), i64) + i * fours;
    const Tile scaled = piece.logit * row.filters.inverse;
    const Tile in = piece.in & among(piece.key, scaled, bound);
    const Tile score = scaled + noise_of_fours(row.request, counters);
    // Of equal scores the first that is drawn stays.
    const Tile better = in & ((score > all.score) | (all.token == no_token));
    all.score = where(better, score, all.score);
    all.token = where(better, cast(row.logits[i].offsets(1), i32), all.token);
    all.key = where(better, piece.key, all.key);
  }
  return all;
}

// A pass over the candidates where all that is drawn is among them. Without
// `wanted`, and where the mass stays below `enough`, nothing is drawn.
Found pass(const Row &row, const Bound &bound, const Tile &wanted,
           const Tile &enough) {
  Found out{full({}, 0, f32), full({}, -INFINITY, f32), full({}, no_token, i32),
            full({}, 0, i32)};
  const auto take = [&](const Found &found) {
    out.score = found.score;
    out.token = found.token;
    out.key = found.key;
  };
  const Tile others =
      value_of_key(cast(row.complete, i32), row.idle) * row.filters.inverse;
  when((bound.from >= row.complete) | (others < bound.least),
       [&] {
         const Found found = pass_of_candidates(row, bound);
         out.mass = found.mass;
         take(found);
       },
       [&] {
         out.mass = sum(mass_of_row(row, bound));
         when(wanted | (out.mass >= enough), [&] {
           const Lanes lanes = best_of_row(row, bound);
           take(combined(lanes.score, lanes));
         });
       });
  return out;
}

// How many tokens of the row have keys from each pivot on.
Pivots counts_of_row(const Row &row, const Pivots &pivots) {
  const Shape shape = row.logits.shape();
  const Tile at_first = cast(pivots.first, i32),
             at_second = cast(pivots.second, i32);
  Tile first = zeros(shape, i32), second = zeros(shape, i32);
  for (Index i : range(row.logits.size(0))) {
    const Piece piece = piece_of(row, i);
    first = first + cast(piece.in & (piece.key >= at_first), i32);
    second = second + cast(piece.in & (piece.key >= at_second), i32);
  }
  return {count_of(first), count_of(second)};
}

// The key of the top_k-th of the candidates, between two bounds.
Tile step_down(const Row &row, Bounds bounds, const Tile &enough) {
  const Tile &keys = row.candidates.keys;
  loop_while([&] { return bounds.high - bounds.low > 1; },
             [&] {
               const Tile below = keys < cast(bounds.high, i32);
               const Tile next =
                   reduce(where(below, keys, lowest), all_dims,
                          [](Tile a, Tile b) { return max(a, b); });
               const Tile found = count_of(cast(keys >= next, i32)) > enough;
               bounds.high = cast(next, i64) + cast(found, i64);
               bounds.low = where(found, cast(next, i64), bounds.low);
             });
  return bounds.low;
}

// The key of the top_k-th token: the largest from which on there are so many.
Tile bound_of_top_k(const Row &row) {
  const Tile enough = row.filters.top_k - 1;
  const Tile &keys = row.candidates.keys;
  const Tile all = count_of(cast(keys >= cast(row.complete, i32), i32));
  const Tile inside = all > enough; // whether it is a candidate
  const Tile last = cast(key_of(row.top) >> row.idle, i64) + 1;
  Bounds bounds{where(inside, row.complete, full({}, lowest, i64)),
                where(inside, last, min(row.complete, last)), all,
                full({}, 0, i32)};
  loop_while(
      [&] {
        return (bounds.high - bounds.low > 1) &
               (!inside | (bounds.from_low - bounds.from_high > 2));
      },
      [&] {
        const Pivots pivots = pivots_between(bounds);
        Tile first = full({}, 0, i32), second = full({}, 0, i32);
        when(
            inside,
            [&] {
              const Tile counts = counts_from(
                  keys, {cast(pivots.first, i32), cast(pivots.second, i32)});
              first = counts & 0xffff;
              second = counts >> 16;
            },
            [&] {
              const Pivots counts = counts_of_row(row, pivots);
              first = counts.first;
              second = counts.second;
            });
        narrow(bounds, pivots, first, second, enough);
      });
  return step_down(row, bounds, enough);
}

// The token that is drawn, where there are filters.
Tile filtered(const Row &row, const Found &best_of_all) {
  const Filters &filters = row.filters;
  Bound bound{full({}, lowest, i64), full({}, -INFINITY, f32)};
  when(filters.has_top_k, [&] { bound.from = bound_of_top_k(row); });
  bound.least = least_of(filters, row.top);
  Tile mass = best_of_all.mass, token = best_of_all.token;
  Tile open = filters.has_bound; // whether nothing is drawn yet
  Tile goes_on = filters.any;
  bound.from = where(open, bound.from, cast(best_of_all.key, i64) + 1);
  loop_while([&] { return goes_on; },
             [&] {
               const Tile enough = filters.top_p * mass;
               const Found found = pass(row, bound, open, enough);
               // Those above have what top_p asks for: what was drawn lies
               // outside, and found is the next.
               const Tile outside =
                   (found.mass >= enough) & (found.token != no_token);
               mass = where(open, found.mass, mass);
               token = where(open | outside, found.token, token);
               bound.from =
                   where(open | outside, cast(found.key, i64) + 1, bound.from);
               goes_on = where(open, filters.has_top_p, outside);
               open = full({}, 0, b1);
             });
  return token;
}

Tensor pieces_of_row(const Tensor &logits) {
  return logits.tile({1, block_size("W") * 4})
      .tile({1, whole})
      .squeeze(1)
      .at(1, squeeze(0))
      .at(2, squeeze(0));
}

Candidates candidates_of(const Filters &filters, const Tile &top, int idle,
                         const Tile &counts, const Tile &keys,
                         const Tile &places, const Tile &noisy) {
  const Tile there = unsqueeze(counts, 1) > arange(static_cast<int>(kept));
  const Shape flat{keys.shape()[0] * kept};
  const Tile key = reshape(where(there, keys, lowest), flat);
  const Tile logit = value_of_key(key, idle);
  return {key, reshape(places, flat), reshape(noisy, flat),
          mass_of(logit, top, filters.inverse), logit * filters.inverse};
}

// A row whose candidates nobody looked for.
Candidates no_candidates() {
  const Tile none = full({1}, lowest, i32), zero = full({1}, 0, f32);
  return {none, none, zero, zero, zero};
}

// The records of a row, and how many tokens have larger keys than each, and
// what they weigh together; `whole` is what all that min_p leaves weigh.
struct Weighed {
  Tile keys, tokens, before, mass, whole;
  Tile least, most; // what all that top_k leaves weigh
};

// The first record that stays, or none where the mass of what top_k leaves is
// not known so closely.
Tile first_that_stays(const Filters &filters, const Weighed &line,
                      const Tile &top, int idle) {
  const Tile scaled = value_of_key(line.keys, idle) * filters.inverse;
  const Tile there = line.tokens != no_token, lane = arange(records);
  const Tile few = !filters.has_top_k | (line.before < filters.top_k);
  const Tile in = there & few & (scaled >= least_of(filters, top));
  // What top_k leaves are those above each record that stays, with the record
  // itself, and not those above one that goes.
  const Tile own = mass_of(value_of_key(line.keys, idle), top, filters.inverse);
  const Tile least = max(where(there & few, line.mass + own, line.least)),
             most = min(where(there & !few, line.mass, line.most));
  const auto whole = [&](const Tile &mass) {
    return where(filters.has_top_k, min(mass, line.whole), line.whole);
  };
  const Tile first = line.before == 0, p = filters.top_p;
  const Tile may = !filters.has_top_p | first | (line.mass < p * whole(most)),
             must = !filters.has_top_p | first | (line.mass < p * whole(least));
  const Tile at = reduce(where(in & may, lane, records), all_dims,
                         [](Tile a, Tile b) { return min(a, b); });
  return reduce(where((lane == at) & must, line.tokens, no_token), all_dims,
                [](Tile a, Tile b) { return min(a, b); });
}

Kernel make_merge() {
  return Kernel(make_source(
      "sample_merge",
      [](Tensor logits, Tensor temperature, Tensor top_k, Tensor top_p,
         Tensor min_p, Tensor seed, Tensor position, Tensor tops, Tensor sums,
         Tensor scores, Tensor tokens, Tensor counts, Tensor bounds,
         Tensor keys, Tensor places, Tensor noisy, Tensor out) {
        const Tensor grid = out.tile({1});
        const auto one = [&](const Tensor &t) { return of_request(t, grid); };
        return arranged(pieces_of_row(logits), one(temperature), one(top_k),
                        one(top_p), one(min_p), one(seed), one(position),
                        row_of(tops.other(-INFINITY)), row_of(sums),
                        row_of(scores.other(-INFINITY)),
                        row_of(tokens.other(no_token)), row_of(counts),
                        row_of(bounds.other(lowest)), found_of(keys),
                        found_of(places), found_of(noisy), grid);
      },
      [](In logits, In temperature, In top_k, In top_p, In min_p, In seed,
         In position, In tops, In sums, In scores, In tokens, In counts,
         In bounds, In keys, In places, In noisy, Out out) {
        const Filters filters =
            filters_of(temperature, top_k, top_p, min_p, logits.source_size(1));
        // Loaded before it is known whether they are needed, which is a load
        // away as well.
        const Tile key = keys, place = places, score = noisy, count = counts;
        const Best best = best_of(scores, tokens);
        Tile token = best.token;
        when(filters.any, [&] {
          const Tile top = max(tops);
          const int idle = idle_bits(logits.dtype());
          const Tile complete = reduce(
              bounds, all_dims, [](Tile a, Tile b) { return max(a, b); });
          const Row row{
              logits,
              filters,
              {number_of(seed, i64), number_of(position, i64)},
              top,
              candidates_of(filters, top, idle, count, key, place, score),
              cast(complete, i64),
              idle};
          const Tile total = sum(sums * mass_of(tops, top, filters.inverse));
          // Where there is a bound, it is drawn again.
          Tile drawn = full({}, lowest, i32);
          when(!filters.has_bound, [&] {
            const Tile logit =
                tamed(logits.gather({program_id(0), cast(best.token, i64)}));
            drawn = key_of(logit) >> idle;
          });
          token = filtered(row, {total, best.score, best.token, drawn});
        });
        out = token;
      },
      {"logits", "temperature", "top_k", "top_p", "min_p", "seed", "position",
       "tops", "sums", "scores", "tokens", "counts", "bounds", "keys", "places",
       "noisy", "out"}));
}

Kernel make_choose() {
  return Kernel(make_source(
      "sample_choose",
      [](Tensor logits, Tensor temperature, Tensor top_k, Tensor top_p,
         Tensor min_p, Tensor seed, Tensor position, Tensor tops, Tensor keys,
         Tensor tokens, Tensor above, Tensor masses, Tensor wholes,
         Tensor least, Tensor most, Tensor out) {
        const Tensor grid = out.tile({1});
        const auto one = [&](const Tensor &t) { return of_request(t, grid); };
        const auto line = [&](const Tensor &t) {
          return t.tile({1, records}).select(1, 0).at(1, squeeze(0));
        };
        return arranged(pieces_of_row(logits), one(temperature), one(top_k),
                        one(top_p), one(min_p), one(seed), one(position),
                        row_of(tops.other(-INFINITY)), line(keys), line(tokens),
                        found_of(above, records), found_of(masses, records),
                        row_of(wholes), one(least), one(most), grid);
      },
      [](In logits, In temperature, In top_k, In top_p, In min_p, In seed,
         In position, In tops, In keys, In tokens, In above, In masses,
         In wholes, In least, In most, Out out) {
        const Filters filters =
            filters_of(temperature, top_k, top_p, min_p, logits.source_size(1));
        const int idle = idle_bits(logits.dtype());
        const Tile top = max(tops);
        const Weighed line{
            keys,
            tokens,
            reduce(above, dim(0), [](Tile a, Tile b) { return a + b; }),
            sum(masses, dim(0)),
            sum(wholes),
            number_of(least, f32),
            number_of(most, f32)};
        Tile token = first_that_stays(filters, line, top, idle);
        when(token == no_token, [&] {
          const Row row{logits,
                        filters,
                        {number_of(seed, i64), number_of(position, i64)},
                        top,
                        no_candidates(),
                        full({}, no_token, i64),
                        idle};
          const auto first = [](const Tile &list) {
            return reshape(slice(list, 0, 0, 1), {});
          };
          token = filtered(row, {line.whole, full({}, 0, f32),
                                 first(line.tokens), first(line.keys)});
        });
        out = token;
      },
      {"logits", "temperature", "top_k", "top_p", "min_p", "seed", "position",
       "tops", "keys", "tokens", "above", "masses", "wholes", "least", "most",
       "out"}));
}

} // namespace

const Kernel &merge_kernel() {
  static const Kernel made = make_merge();
  return made;
}
const Kernel &choose_kernel() {
  static const Kernel made = make_choose();
  return made;
}

} // namespace girih::ops::sampling
