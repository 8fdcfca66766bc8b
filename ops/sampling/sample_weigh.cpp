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

// What all parts of a row tell, for the program that sees it.
struct ToldByParts {
  Tensor keys, tokens, scores;
};
ToldByParts told_by_parts(const Tensor &keys, const Tensor &tokens,
                          const Tensor &scores) {
  return {found_of(keys.other(lowest), told),
          found_of(tokens.other(no_token), told),
          found_of(scores.other(lowest), told)};
}

// [P * told], asked for.
struct Lanes {
  Tile keys;
  Told all;
};
Lanes lanes_of(const In &keys, const In &tokens, const In &scores) {
  const Shape flat{keys.shape()[0] * told};
  const auto lanes = [&](const In &x) { return reshape(x, flat); };
  return {lanes(keys), {lanes(tokens), lanes(scores)}};
}

// A part, and what min_p leaves of it weighs.
Weights weigh(const PartLogits &x, const Filters &filters, const In &tops,
              const Out &wholes) {
  const Tile top = max(tops);
  const Weights part = weights_of(x, filters, top);
  const Tile least = least_of(filters, top);
  wholes = sum(where(part.scaled >= least, part.masses, 0.f));
  return part;
}

void write_above(const Weights &part, const Tile &line_keys, const Out &before,
                 const Out &masses) {
  const Tiles all = above(part, line_keys);
  before = all[0];
  masses = all[1];
}

} // namespace

const Kernel &line_kernel() {
  static const Kernel made{make_source(
      "sample_line",
      [](Tensor keys, Tensor tokens, Tensor scores, Tensor line_keys,
         Tensor line_tokens) {
        const ToldByParts all = told_by_parts(keys, tokens, scores);
        return arranged(all.keys, all.tokens, all.scores,
                        list_of(line_keys, records),
                        list_of(line_tokens, records));
      },
      [](In keys, In tokens, In scores, Out line_keys, Out line_tokens) {
        const Lanes lanes = lanes_of(keys, tokens, scores);
        const Records line = records_of(lanes.keys, lanes.all);
        line_keys = line.keys;
        line_tokens = line.tokens;
      },
      {"keys", "tokens", "scores", "line_keys", "line_tokens"})};
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
        const PartLogits x = logits_of(logits);
        const Weights part = weigh(x, filters, tops, wholes);
        write_above(part, line_keys, before, masses);
      },
      {"logits", "temperature", "top_k", "top_p", "min_p", "tops", "line_keys",
       "before", "masses", "wholes"})};
  return made;
}

const Kernel &line_weigh_kernel() {
  static const Kernel made{make_source(
      "sample_line_weigh",
      [](Tensor logits, Tensor temperature, Tensor top_k, Tensor top_p,
         Tensor min_p, Tensor tops, Tensor keys, Tensor tokens, Tensor scores,
         Tensor line_keys, Tensor line_tokens, Tensor before, Tensor masses,
         Tensor wholes) {
        const Tensor grid = wholes.tile({1, 1});
        const auto one = [&](const Tensor &t) { return of_request(t, grid); };
        const auto row = [&](const Tensor &t) { return for_parts(t, grid); };
        const ToldByParts all = told_by_parts(keys, tokens, scores);
        return arranged(
            cut_row(logits, wholes), one(temperature), one(top_k), one(top_p),
            one(min_p), row(row_of(tops.other(-INFINITY))), row(all.keys),
            row(all.tokens), row(all.scores), row(list_of(line_keys, records)),
            row(list_of(line_tokens, records)), lists_of(before, records),
            lists_of(masses, records), grid);
      },
      [](In logits, In temperature, In top_k, In top_p, In min_p, In tops,
         In keys, In tokens, In scores, Out line_keys, Out line_tokens,
         Out before, Out masses, Out wholes) {
        const Filters filters =
            filters_of(temperature, top_k, top_p, min_p, logits.source_size(1));
        // All that is read is asked for before the records are looked for, and
        // first what the kernel ahead has not made.
        const PartLogits x = logits_of(logits);
        const Lanes lanes = lanes_of(keys, tokens, scores);
        const Weights part = weigh(x, filters, tops, wholes);
        const Records line = records_of(lanes.keys, lanes.all);
        when(program_id(1) == 0, [&] {
          line_keys = line.keys;
          line_tokens = line.tokens;
        });
        write_above(part, line.keys, before, masses);
      },
      {"logits", "temperature", "top_k", "top_p", "min_p", "tops", "keys",
       "tokens", "scores", "line_keys", "line_tokens", "before", "masses",
       "wholes"})};
  return made;
}

} // namespace girih::ops::sampling
