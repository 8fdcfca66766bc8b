// SPDX-License-Identifier: Apache-2.0
// What the kernels of sample() share: logits as integers in their order, and
// the noise of each token.
#pragma once

#include "girih/dsl/dsl.h"

namespace girih::ops::sampling {

/// What a request's noise depends on, as scalars.
struct Request {
  Tile seed, position; // i64
};

/// Gumbel noise of the `4 n` tokens from `4 counters[i]` on, of counters
/// [..., n]: token v has word v % 4 of random_bits(seed, position * 2^32 +
/// v / 4). Of that word's upper 31 bits w it makes -ln(-ln(1 - x)), with x =
/// (w + 0.5) * 2^-31, so that large values are fine-grained; to about 2^-21, as
/// a GPU takes its own logarithm.
Tile noise_of_fours(const Request &request, const Tile &counters);
/// i32 in the order of f32 without NaN; both zeros are one.
Tile key_of(const Tile &value);
/// Low bits of the key of such a logit's f32 that say nothing: all are as the
/// sign is, and keys are kept without them.
int idle_bits(DType logits);
/// The f32 of a key without its `idle` lowest bits.
Tile value_of_key(const Tile &key, int idle);

/// Logits as f32, NaN as minus infinity.
Tile tamed(const Tile &logits);
/// e^((logit - top) / temperature), 1 where both are equal, infinite too, and 0
/// for minus infinity beside others.
Tile mass_of(const Tile &logit, const Tile &top, const Tile &inverse);

/// The largest score and its token, of equal ones the first.
struct Best {
  Tile score, token; // f32, i32
};
Best best_of(const Tile &scores, const Tile &tokens);

/// One number of a request, [1] or {}.
Tile number_of(const In &operand, DType dtype);
/// The operand of rank 0, or [B] for a grid [B, ...].
Tensor of_request(const Tensor &operand, const Tensor &grid);

} // namespace girih::ops::sampling
