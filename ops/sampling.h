// SPDX-License-Identifier: Apache-2.0
// From logits to tokens. See ops.h for what holds for all operators.
#pragma once

#include "girih/ops/value.h"
#include "girih/runtime/stream.h"

#include <array>
#include <optional>
#include <source_location>

namespace girih::ops {

/// How tokens are drawn: each a number, or an array with one for each request.
struct Sampling {
  ArrayOrNumber temperature = 1.0; // below 1e-5: the largest logit
  ArrayOrNumber top_k = 0;         // below 1: no filter
  ArrayOrNumber top_p = 1.0;       // 1: no filter
  ArrayOrNumber min_p = 0.0;       // 0: no filter
  ArrayOrNumber seed = 0;
  ArrayOrNumber position = 0; // of the token in its sequence
};

/// `out = a token of each row of logits` (i64), drawn with probabilities
/// softmax(logits / temperature) among those that min_p, top_k and top_p leave,
/// in that order. A request's token depends on its own row, seed and position,
/// not on the batch. Dtypes: floats, f64 rounded to f32.
Array sample(const Array &logits, const Sampling &how,
             const Stream &stream = {},
             std::source_location where = std::source_location::current());
/// The same into `out`.
void sample_out(const Array &logits, const Array &out, const Sampling &how,
                const Stream &stream = {},
                std::source_location where = std::source_location::current());

/// What tokens that came before lose: each a number, or one for each request.
struct Penalties {
  ArrayOrNumber repetition = 1.0; // of tokens of prompt and output
  ArrayOrNumber presence = 0.0;   // of tokens of the output
  ArrayOrNumber frequency = 0.0;  // for each time that they are there
};

/// `out = logits, those of tokens that came before less likely`: x / repetition
/// for positive x, else x * repetition, and then less frequency for each time
/// in `output`, and presence. prompt[B, L] and output[B, M] are tokens; others
/// than those of the vocabulary fill them up. Dtypes: floats.
Array apply_penalties(
    const Array &logits, const std::optional<Array> &prompt,
    const std::optional<Array> &output, const Penalties &penalties,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());
/// The same into `out`.
void apply_penalties_out(
    const Array &logits, const Array &out, const std::optional<Array> &prompt,
    const std::optional<Array> &output, const Penalties &penalties,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// `values[b, 0] = log_softmax(logits[b, ...])` of token chosen[b], and then
/// the `n` largest of the row in order (f32, of f64 f64); `tokens` whose they
/// are (i64).
std::array<Array, 2>
logprobs(const Array &logits, const Array &chosen, std::int64_t n = 0,
         const Stream &stream = {},
         std::source_location where = std::source_location::current());
/// The same into arrays.
void logprobs_out(const Array &logits, const Array &chosen, const Array &values,
                  const Array &tokens, std::int64_t n = 0,
                  const Stream &stream = {},
                  std::source_location where = std::source_location::current());

/// `values = the k largest of scores[b, m] + log_softmax(logits[b, m, ...])`
/// over all beams and tokens, in order (f32, of f64 logits all are f64),
/// `beams` and `tokens` whose they are (i64). k is twice the number of beams
/// unless given.
std::array<Array, 3>
beam_topk(const Array &scores, const Array &logits,
          std::optional<std::int64_t> k = {}, const Stream &stream = {},
          std::source_location where = std::source_location::current());
/// The same into arrays.
void beam_topk_out(
    const Array &scores, const Array &logits, const Array &values,
    const Array &beams, const Array &tokens, std::optional<std::int64_t> k = {},
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

} // namespace girih::ops
