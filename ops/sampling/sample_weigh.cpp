// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/sampling/filters.h"
#include "girih/ops/sampling/sample_kernels.h"
#include "girih/ops/sampling/sample_records.h"
#include "girih/ops/sampling/sample_views.h"
#include "girih/ops/sampling/sample_weights.h"
#include "girih/ops/sampling/scores.h"

#include <cmath>

namespace girih::ops::sampling {

namespace {

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

} // namespace

const Kernel &line_kernel() {
  static const Kernel made{make_source(
      "sample_line",
      [](Tensor counts, Tensor keys, Tensor tokens, Tensor scores,
         Tensor line_keys, Tensor line_tokens) {
        return arranged(row_of(counts), found_of(keys, records),
                        found_of(tokens, records), found_of(scores, records),
                        list_of(line_keys, records),
                        list_of(line_tokens, records));
      },
      [](In counts, In keys, In tokens, In scores, Out line_keys,
         Out line_tokens) {
        const Records line = records_of_row(counts, keys, tokens, scores);
        line_keys = line.keys;
        line_tokens = line.tokens;
      },
      {"counts", "keys", "tokens", "scores", "line_keys", "line_tokens"})};
  return made;
}

const Kernel &weigh_kernel() {
  static const Kernel made{make_source(
      "sample_weigh",
      [](Tensor logits, Tensor temperature, Tensor top_k, Tensor top_p,
         Tensor min_p, Tensor tops, Tensor line_keys, Tensor before,
         Tensor masses, Tensor wholes) {
        const Tensor grid = wholes.tile({1, 1});
        const auto one = [&](const Tensor &t) { return of_request(t, grid); };
        return arranged(
            cut_row(logits, wholes), one(temperature), one(top_k), one(top_p),
            one(min_p), for_parts(row_of(tops.other(-INFINITY)), grid),
            for_parts(read_list(line_keys, records), grid),
            lists_of(before, records), lists_of(masses, records), grid);
      },
      [](In logits, In temperature, In top_k, In top_p, In min_p, In tops,
         In line_keys, Out before, Out masses, Out wholes) {
        const Filters filters =
            filters_of(temperature, top_k, top_p, min_p, logits.source_size(1));
        const Tile top = max(tops);
        const Weights part = weights_of(logits, filters, top);
        const Tile least = least_of(filters, top);
        wholes = sum(where(part.scaled >= least, part.masses, 0.f));
        const Tiles all = above(part, line_keys);
        before = all[0];
        masses = all[1];
      },
      {"logits", "temperature", "top_k", "top_p", "min_p", "tops", "line_keys",
       "before", "masses", "wholes"})};
  return made;
}

} // namespace girih::ops::sampling
