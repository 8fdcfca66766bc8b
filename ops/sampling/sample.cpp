// SPDX-License-Identifier: Apache-2.0
// sample: out[b] = a token, drawn from the softmax of logits[b, ...] /
// temperature within the filters
//
// Shapes: logits [B, V], out [B]; or [V] and []. All other arguments are
// numbers or arrays, one for each request, [B]. Dtypes: logits floats, of
// which f64 is rounded to f32 first, temperature, top_p and min_p floats,
// top_k, seed and position integers; out i64. Errors: [device] [dtype] [shape]
// [overlap] [argument].
//   temperature: below 1e-5 the largest logit's token, of equal ones the first;
//     nothing else then matters.
//   Filters, in vLLM's order; each sees what the one before has left, with its
//   probabilities made to add up to 1 again. Tokens of equal logits stay or go
//   together.
//     min_p: tokens at least min_p times as likely as the likeliest; 0: all.
//     top_k: the k likeliest, and those as likely as the k-th; below 1: all.
//     top_p: the fewest likeliest that have top_p together: a token stays where
//       those that are likelier have less; 1: all. The likeliest always stays.
//   The draw is the largest of logit / temperature + noise (Gumbel, 1954; of
//   equal ones the first), with noise from seed, position and the token alone,
//   see scores.h: equal in every batch.
// NaN counts as minus infinity; a row of nothing else gives token 0. A logit of
// infinity wins, the first one. Masses are summed in f32.
// Source: vLLM's sampler; torch.multinomial.
#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/sampling.h"
#include "girih/ops/sampling/requests.h"
#include "girih/ops/sampling/sample_kernels.h"
#include "girih/ops/sampling/sample_launches.h"

#include <cmath>

namespace girih::ops {

namespace {

struct Sample {
  static constexpr std::string_view signature =
      "sample(logits, *, temperature: number = 1.0, top_k: number = 0, "
      "top_p: number = 1.0, min_p: number = 0.0, seed: number, "
      "position: number = 0) -> out";

  static Shaped result(const Call &call, const Array &logits,
                       const ArrayOrNumber &temperature,
                       const ArrayOrNumber &top_k, const ArrayOrNumber &top_p,
                       const ArrayOrNumber &min_p, const ArrayOrNumber &seed,
                       const ArrayOrNumber &position) {
    sampling::check_logits(call, logits);
    const sampling::Requests requests(call, logits);
    requests.check_float("temperature", temperature, 0, INFINITY);
    requests.check_integer("top_k", top_k);
    requests.check_float("top_p", top_p, 0, 1);
    requests.check_float("min_p", min_p, 0, 1);
    requests.check_integer("seed", seed);
    requests.check_integer("position", position);
    return {dims_of(logits.shape().first(
                static_cast<std::size_t>(logits.rank() - 1))),
            i64};
  }

  static void launch(const Call &call, const Array &logits,
                     const ArrayOrNumber &temperature,
                     const ArrayOrNumber &top_k, const ArrayOrNumber &top_p,
                     const ArrayOrNumber &min_p, const ArrayOrNumber &seed,
                     const ArrayOrNumber &position, const Array &out) {
    const bool one = logits.rank() == 1;
    const Array rows = one ? unsqueezed(logits, 0) : logits,
                tokens = one ? unsqueezed(out, 0) : out;
    const std::array<Array, 6> numbers{temperature.as(f32), top_k.as(i64),
                                       top_p.as(f32),       min_p.as(f32),
                                       seed.as(i64),        position.as(i64)};
    const sampling::Draw draw{call, rows, numbers, tokens};
    if (leaves_many(top_k, top_p, min_p) && draw.gains_by_records())
      draw.by_records(top_k.number() >= 1 && top_p.number() < 1 &&
                      top_k.number() < static_cast<double>(rows.size(1)));
    else
      draw.by_candidates();
  }

private:
  // Whether more tokens may stay than the parts have candidates, as far as the
  // host knows.
  static bool leaves_many(const ArrayOrNumber &top_k,
                          const ArrayOrNumber &top_p,
                          const ArrayOrNumber &min_p) {
    if (top_k.is_array() || top_p.is_array() || min_p.is_array())
      return false;
    const double k = top_k.number();
    return k > 512 || (k < 1 && (top_p.number() < 1 || min_p.number() > 0));
  }
};

} // namespace

Array sample(const Array &logits, const Sampling &how, const Stream &stream,
             std::source_location where) {
  return compute<Sample>(stream, where, logits, how.temperature, how.top_k,
                         how.top_p, how.min_p, how.seed, how.position);
}

void sample_out(const Array &logits, const Array &out, const Sampling &how,
                const Stream &stream, std::source_location where) {
  compute_into<Sample>(stream, where, std::tie(out), logits, how.temperature,
                       how.top_k, how.top_p, how.min_p, how.seed, how.position);
}

OpEntry entry_of_sample() {
  return op_entry<Sample>({"sampling",
                           "a token, drawn from softmax(logits / temperature) "
                           "within top_k, top_p and min_p",
                           {bf16, f32, f16, f64},
                           sampling::sample_entries()});
}

} // namespace girih::ops
