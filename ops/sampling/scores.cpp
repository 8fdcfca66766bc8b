// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/sampling/scores.h"

#include <cmath>
#include <limits>
#include <numbers>

namespace girih::ops::sampling {

namespace {

// The hardware's logarithm: near 1 its error is absolute.
Tile quick_log(const Tile &x) {
  const Tile power = inline_ptx("lg2.approx.ftz.f32 $0, $1;", {x}, f32,
                                [](Tiles lane) { return log2(lane[0]); });
  return power * std::numbers::ln2;
}

Tile gumbel(const Tile &word) {
  const Tile upper = cast((word >> 1) & 0x7fffffff, f32);
  // The largest rounds to 1, whose logarithm is not finite.
  const Tile x = min((upper + 0.5) * 0x1p-31, 1 - 0x1p-24);
  // -ln(1 - x), for small x by its series.
  Tile series = x * (1.0 / 6) + 0.2;
  for (double next : {0.25, 1.0 / 3, 0.5, 1.0})
    series = series * x + next;
  return -quick_log(where(x < 0.0625, x * series, -quick_log(1 - x)));
}

Tile counter(const Request &request, const Tile &number) {
  return (request.position << 32) + number;
}

} // namespace

Tile noise_of_fours(const Request &request, const Tile &counters) {
  const auto words = random_bits(request.seed, counter(request, counters));
  Shape shape = counters.shape();
  shape.back() *= 4;
  // Pairs of pairs: the last dimension is the words' upper bit first.
  const Tile all = join(join(words[0], words[2]), join(words[1], words[3]));
  return gumbel(reshape(all, shape));
}

Tile key_of(const Tile &value) {
  const Tile bits = bitcast(value + 0, i32);
  return bits ^ ((bits >> 31) & 0x7fffffff);
}

Tile value_of_key(const Tile &key, int idle) {
  const Tile sign = key >> 31;
  const Tile whole = (key << idle) | (sign & ((std::int64_t{1} << idle) - 1));
  return bitcast(whole ^ (sign & 0x7fffffff), f32);
}

int idle_bits(DType logits) {
  return logits == bf16 ? 16 : logits == f16 ? 13 : 0;
}

Tile tamed(const Tile &logits) {
  const Tile x = cast(logits, f32);
  return where(isnan(x), -INFINITY, x);
}

Tile mass_of(const Tile &logit, const Tile &top, const Tile &inverse) {
  const Tile away = (logit - top) * inverse * std::numbers::log2e;
  return where(logit == top, 1.f, exp2(away));
}

Best best_of(const Tile &scores, const Tile &tokens) {
  const Tile top = max(scores);
  const std::int64_t none = std::numeric_limits<std::int32_t>::max();
  const Tile first = reduce(where(scores == top, tokens, none), all_dims,
                            [](Tile a, Tile b) { return min(a, b); });
  return {top, first};
}

Tile number_of(const In &operand, DType dtype) {
  return reshape(cast(operand, dtype), {});
}

Tensor of_request(const Tensor &operand, const Tensor &grid) {
  if (operand.rank() == 0)
    return operand;
  const Tensor rows = operand.tile({1});
  if (grid.rank() == 1)
    return rows;
  return rows.unsqueeze(1).expand({keep, grid.size(1)});
}

} // namespace girih::ops::sampling
