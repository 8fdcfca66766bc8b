// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/sampling/filters.h"
#include "girih/ops/sampling/sample_kernels.h"
#include "girih/ops/sampling/sample_records.h"
#include "girih/ops/sampling/sample_views.h"
#include "girih/ops/sampling/scores.h"

#include <cmath>

namespace girih::ops::sampling {

namespace {

constexpr std::int64_t weighed = 16; // records at once

// The records of a row, from those of its parts. A part that has more than
// there is room for says nothing about larger keys than its last one.
Records records_of_row(const In &counts, const In &keys, const In &tokens,
                       const In &scores) {
  const Tile lane = arange(records), count = unsqueeze(counts, 1);
  Records found = records_of(where(count > lane, keys, lowest), tokens, scores);
  const Tile known =
      reduce(where((count > records) & (lane == records - 1), keys, no_token),
             all_dims, [](Tile a, Tile b) { return min(a, b); });
  found.tokens =
      where((lane == 0) | (found.keys <= known), found.tokens, no_token);
  return found;
}

// How many of a part's lanes have larger keys than each record, and what they
// weigh together.
Tiles above_some(const Tile &keys, const Tile &masses, const Tile &line) {
  const Tile larger = unsqueeze(keys, 0) > unsqueeze(line, 1);
  return reduce(
      {cast(larger, i32), where(larger, unsqueeze(masses, 0), 0.f)}, dim(1),
      [](Tiles a, Tiles b) { return Tiles{a[0] + b[0], a[1] + b[1]}; });
}
Tiles above_all(const Tile &keys, const Tile &masses, const Tile &line) {
  Tiles out = above_some(keys, masses, slice(line, 0, 0, weighed));
  for (std::int64_t from = weighed; from < records; from += weighed) {
    const Tiles next = above_some(keys, masses, slice(line, 0, from, weighed));
    for (std::size_t i = 0; i < 2; ++i)
      out[i] = cat(out[i], next[i], 0);
  }
  return out;
}

} // namespace

const Kernel &weigh_kernel() {
  static const Kernel made{make_source(
      "sample_weigh",
      [](Tensor logits, Tensor temperature, Tensor top_k, Tensor top_p,
         Tensor min_p, Tensor tops, Tensor counts, Tensor keys, Tensor tokens,
         Tensor scores, Tensor line_keys, Tensor line_tokens, Tensor above,
         Tensor masses, Tensor wholes) {
        const Tensor grid = wholes.tile({1, 1});
        const auto one = [&](const Tensor &t) { return of_request(t, grid); };
        const auto found = [&](const Tensor &t) {
          return for_parts(found_of(t, records), grid);
        };
        const auto line = [&](const Tensor &t) {
          return for_parts(list_of(t, records), grid);
        };
        return arranged(
            cut_row(logits, wholes), one(temperature), one(top_k), one(top_p),
            one(min_p), for_parts(row_of(tops.other(-INFINITY)), grid),
            for_parts(row_of(counts), grid), found(keys), found(tokens),
            found(scores), line(line_keys), line(line_tokens),
            lists_of(above, records), lists_of(masses, records), grid);
      },
      [](In logits, In temperature, In top_k, In top_p, In min_p, In tops,
         In counts, In keys, In tokens, In scores, Out line_keys,
         Out line_tokens, Out above, Out masses, Out wholes) {
        const Filters filters =
            filters_of(temperature, top_k, top_p, min_p, logits.source_size(1));
        const Tile x = tamed(logits), top = max(tops);
        const Tile least = least_of(filters, top);
        const Tile mass =
            where(logits.in_bounds(), mass_of(x, top, filters.inverse), 0.f);
        wholes = sum(where(x * filters.inverse >= least, mass, 0.f));
        const Records line = records_of_row(counts, keys, tokens, scores);
        const Shape flat{x.shape()[0] * x.shape()[1]};
        const Tiles all =
            above_all(reshape(key_of(x) >> idle_bits(logits.dtype()), flat),
                      reshape(mass, flat), line.keys);
        above = all[0];
        masses = all[1];
        when(program_id(1) == 0, [&] {
          line_keys = line.keys;
          line_tokens = line.tokens;
        });
      },
      {"logits", "temperature", "top_k", "top_p", "min_p", "tops", "counts",
       "keys", "tokens", "scores", "line_keys", "line_tokens", "above",
       "masses", "wholes"})};
  return made;
}

} // namespace girih::ops::sampling
