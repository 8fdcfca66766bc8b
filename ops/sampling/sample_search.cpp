// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/sampling/sample_search.h"

#include "girih/ops/sampling/sample_views.h"
#include "girih/ops/sampling/sample_weights.h"

#include <cmath>

namespace girih::ops::sampling {

namespace {

// The key of the last token is above `low` and at most `high`: `low_mass` and
// `high_mass` are what tokens above those weigh.
struct Bracket {
  Tile low, high, low_mass, high_mass;
};

Tile at(const Tile &pair, std::int64_t i) {
  return reshape(slice(pair, 0, i, 1), {});
}
Tile pair_of(const Tile &first, const Tile &second) {
  return join(first, second);
}

Bracket narrowed(const Tile &top_k, const Tile &pivots, const Tile &ends,
                 const Tile &weights, const Tile &before, const Tile &masses) {
  const auto added = [](const Tile &a, const Tile &b) { return a + b; };
  const Tile many = reduce(before, dim(0), added) >= top_k,
             mass = sum(masses, dim(0));
  const auto smaller = [](const Tile &a, const Tile &b) { return min(a, b); };
  const auto larger = [](const Tile &a, const Tile &b) { return max(a, b); };
  return {reduce(where(many, pivots, at(ends, 0)), all_dims, larger),
          reduce(where(many, at(ends, 1), pivots), all_dims, smaller),
          min(where(many, mass, at(weights, 0))),
          max(where(many, at(weights, 1), mass))};
}

// The least finite logit stands for a bound that is below all.
Tile pivots_of(const Bracket &bracket, const Tile &low_value, int idle) {
  constexpr std::int64_t half = 16;
  static_assert(pivot_count == 2 * half);
  const Tile step = arange(half, i64);
  const Tile low = cast(bracket.low, i64), high = cast(bracket.high, i64);
  const Tile even = low + (((high - low) * step) >> 4);
  const Tile top = value_of_key(bracket.high, idle);
  const Tile share = cast(step, f32) * (1.0 / half);
  const Tile value = low_value + (top - low_value) * share;
  const Tile key = cast(key_of(value) >> idle, i64);
  // Without a finite width the keys are anything.
  return cat(cast(even, i32), cast(max(min(key, high - 1), low), i32), 0);
}

// What a round writes.
struct Outs {
  const Out &pivots, &ends, &weights, &before, &masses;
};
void write_round(const In &logits, const Filters &filters, const Tile &top,
                 const Bracket &bracket, const Tile &low_value,
                 const Outs &outs) {
  const Tile pivots = pivots_of(bracket, low_value, idle_bits(logits.dtype()));
  const Tiles all = above(weights_of(logits_of(logits), filters, top), pivots);
  outs.before = all[0];
  outs.masses = all[1];
  when(program_id(1) == 0, [&] {
    outs.pivots = pivots;
    outs.ends = pair_of(bracket.low, bracket.high);
    outs.weights = pair_of(bracket.low_mass, bracket.high_mass);
  });
}

Kernel make_first() {
  return Kernel(make_source(
      "sample_first_search",
      [](Tensor logits, Tensor temperature, Tensor top_k, Tensor top_p,
         Tensor min_p, Tensor tops, Tensor lows, Tensor pivots, Tensor ends,
         Tensor weights, Tensor before, Tensor masses) {
        const Tensor grid = tops.tile({1, 1});
        const auto one = [&](const Tensor &t) { return of_request(t, grid); };
        const auto list = [&](const Tensor &t, std::int64_t width) {
          return for_parts(list_of(t, width), grid);
        };
        return arranged(
            cut_row(logits, tops), one(temperature), one(top_k), one(top_p),
            one(min_p), for_parts(row_of(tops.other(-INFINITY)), grid),
            for_parts(row_of(lows.other(INFINITY)), grid),
            list(pivots, pivot_count), list(ends, 2), list(weights, 2),
            lists_of(before, pivot_count), lists_of(masses, pivot_count));
      },
      [](In logits, In temperature, In top_k, In top_p, In min_p, In tops,
         In lows, Out pivots, Out ends, Out weights, Out before, Out masses) {
        const Filters filters =
            filters_of(temperature, top_k, top_p, min_p, logits.source_size(1));
        const int idle = idle_bits(logits.dtype());
        const Tile top = max(tops);
        const Tile least = key_of(full({}, -INFINITY, f32)) >> idle;
        write_round(logits, filters, top,
                    {least - 1, key_of(top) >> idle, full({}, INFINITY, f32),
                     full({}, 0, f32)},
                    min(lows), {pivots, ends, weights, before, masses});
      },
      {"logits", "temperature", "top_k", "top_p", "min_p", "tops", "lows",
       "pivots", "ends", "weights", "before", "masses"}));
}

Kernel make_search() {
  return Kernel(make_source(
      "sample_search",
      [](Tensor logits, Tensor temperature, Tensor top_k, Tensor top_p,
         Tensor min_p, Tensor tops, Tensor old_pivots, Tensor old_ends,
         Tensor old_weights, Tensor old_before, Tensor old_masses,
         Tensor pivots, Tensor ends, Tensor weights, Tensor before,
         Tensor masses) {
        const Tensor grid = tops.tile({1, 1});
        const auto one = [&](const Tensor &t) { return of_request(t, grid); };
        const auto list = [&](const Tensor &t, std::int64_t width) {
          return for_parts(list_of(t, width), grid);
        };
        const auto old = [&](const Tensor &t, std::int64_t width) {
          return for_parts(read_list(t, width), grid);
        };
        return arranged(
            cut_row(logits, tops), one(temperature), one(top_k), one(top_p),
            one(min_p), for_parts(row_of(tops.other(-INFINITY)), grid),
            old(old_pivots, pivot_count), old(old_ends, 2), old(old_weights, 2),
            for_parts(found_of(old_before, pivot_count), grid),
            for_parts(found_of(old_masses, pivot_count), grid),
            list(pivots, pivot_count), list(ends, 2), list(weights, 2),
            lists_of(before, pivot_count), lists_of(masses, pivot_count));
      },
      [](In logits, In temperature, In top_k, In top_p, In min_p, In tops,
         In old_pivots, In old_ends, In old_weights, In old_before,
         In old_masses, Out pivots, Out ends, Out weights, Out before,
         Out masses) {
        const Filters filters =
            filters_of(temperature, top_k, top_p, min_p, logits.source_size(1));
        const Bracket bracket = narrowed(filters.top_k, old_pivots, old_ends,
                                         old_weights, old_before, old_masses);
        write_round(logits, filters, max(tops), bracket,
                    value_of_key(bracket.low, idle_bits(logits.dtype())),
                    {pivots, ends, weights, before, masses});
      },
      {"logits", "temperature", "top_k", "top_p", "min_p", "tops", "old_pivots",
       "old_ends", "old_weights", "old_before", "old_masses", "pivots", "ends",
       "weights", "before", "masses"}));
}

Kernel make_found() {
  return Kernel(make_source(
      "sample_found",
      [](Tensor top_k, Tensor pivots, Tensor ends, Tensor weights,
         Tensor before, Tensor masses, Tensor least, Tensor most) {
        const Tensor grid = least.tile({1});
        return arranged(of_request(top_k, grid), read_list(pivots, pivot_count),
                        read_list(ends, 2), read_list(weights, 2),
                        found_of(before, pivot_count),
                        found_of(masses, pivot_count), grid, most.tile({1}));
      },
      [](In top_k, In pivots, In ends, In weights, In before, In masses,
         Out least, Out most) {
        // Where nothing filters the bounds do not matter.
        const Bracket bracket =
            narrowed(cast(min(number_of(top_k, i64), no_token), i32), pivots,
                     ends, weights, before, masses);
        const Tile closed = bracket.low >= bracket.high - 1;
        least = where(closed, bracket.low_mass, bracket.high_mass);
        most = bracket.low_mass;
      },
      {"top_k", "pivots", "ends", "weights", "before", "masses", "least",
       "most"}));
}

} // namespace

const Kernel &first_search_kernel() {
  static const Kernel made = make_first();
  return made;
}
const Kernel &search_kernel() {
  static const Kernel made = make_search();
  return made;
}
const Kernel &found_kernel() {
  static const Kernel made = make_found();
  return made;
}

} // namespace girih::ops::sampling
