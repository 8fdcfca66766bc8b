// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/sampling/filters.h"

#include <limits>

namespace girih::ops::sampling {

Filters filters_of(const In &temperature, const In &top_k, const In &top_p,
                   const In &min_p, const Index &tokens) {
  constexpr double least = 1e-5; // vLLM's: below it, greedy
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
  const Tile t = number_of(temperature, f32), k = number_of(top_k, i64),
             p = number_of(top_p, f32), m = number_of(min_p, f32);
  const Tile greedy = !(t >= least);
  const Tile has_top_k = (k > 0) & (k < tokens) & !greedy,
             has_top_p = (p < 1) & !greedy, has_min_p = (m > 0) & !greedy;
  return {greedy,
          where(greedy, 1.f, 1.f / max(t, least)),
          has_top_k,
          cast(min(max(k, 1), most), i32),
          has_top_p,
          p,
          has_min_p,
          log(max(m, 1e-30)),
          has_top_k | has_min_p,
          has_top_k | has_min_p | has_top_p};
}

Tile least_of(const Filters &filters, const Tile &top) {
  return where(filters.has_min_p, top * filters.inverse + filters.log_min_p,
               full({}, -std::numeric_limits<double>::infinity(), f32));
}

} // namespace girih::ops::sampling
