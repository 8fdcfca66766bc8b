// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/sampling/filters.h"
#include "girih/ops/sampling/sample_kernels.h"
#include "girih/ops/sampling/sample_records.h"
#include "girih/ops/sampling/sample_views.h"
#include "girih/ops/sampling/sample_weights.h"
#include "girih/ops/sampling/scores.h"

#include <cmath>

namespace girih::ops::sampling {

const Kernel &line_kernel() {
  static const Kernel made{make_source(
      "sample_line",
      [](Tensor keys, Tensor tokens, Tensor scores, Tensor line_keys,
         Tensor line_tokens) {
        return arranged(found_of(keys.other(lowest), told),
                        found_of(tokens.other(no_token), told),
                        found_of(scores.other(lowest), told),
                        list_of(line_keys, records),
                        list_of(line_tokens, records));
      },
      [](In keys, In tokens, In scores, Out line_keys, Out line_tokens) {
        const Shape flat{keys.shape()[0] * told};
        const auto all = [&](const In &x) { return reshape(x, flat); };
        const Records line = records_of(all(keys), {all(tokens), all(scores)});
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
