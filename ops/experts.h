// SPDX-License-Identifier: Apache-2.0
// Mixtures of experts. See ops.h for what holds for all operators. A layer is
//   auto [weights, experts] = expert_gating(logits, k);
//   auto [rows, counts, offsets, places] = expert_permute(x, experts, E);
//   auto hidden = swiglu of grouped_mm(rows, gate_up, offsets)'s halves;
//   auto out = expert_sum(grouped_mm(hidden, down, offsets), places, weights);
#pragma once

#include "girih/runtime/array.h"
#include "girih/runtime/stream.h"

#include <array>
#include <cstdint>
#include <optional>
#include <source_location>
#include <string_view>

namespace girih::ops {

/// Chooses k experts for each token. Scores are softmax or sigmoid (`scoring`)
/// of logits[T, E]; the k with the largest score + correction_bias[E] are
/// taken, of equal ones the first. With `groups` above 1 only experts of the
/// `top_groups` best groups of E / groups neighbours are: a group is as good as
/// its best expert, with a correction_bias as the sum of its best two. Gives
/// {weights, indices}, [T, k] f32 (f64 for f64) and i64, best first: a weight
/// is the score without the bias, divided by the sum of the token's where
/// `renormalize`, times `routed_scale`. NaN counts as the largest. Dtypes:
/// floats.
std::array<Array, 2>
expert_gating(const Array &logits, std::int64_t k,
              const std::optional<Array> &correction_bias = {},
              std::string_view scoring = "softmax", std::int64_t groups = 1,
              std::int64_t top_groups = 1, bool renormalize = false,
              double routed_scale = 1, const Stream &stream = {},
              std::source_location where = std::source_location::current());
void expert_gating_out(
    const Array &logits, const Array &weights, const Array &indices,
    std::int64_t k, const std::optional<Array> &correction_bias = {},
    std::string_view scoring = "softmax", std::int64_t groups = 1,
    std::int64_t top_groups = 1, bool renormalize = false,
    double routed_scale = 1, const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// Rows of x[T, H] for each of its experts[T, k], i32 or i64, in the order of
/// experts, of one expert in the order of tokens. Gives {out, counts, offsets,
/// places}: out[T k, H]; how many rows each expert has and where they end, both
/// [num_experts] i32, as grouped_mm() takes them; and where the row of each
/// choice is, [T, k] i32. Choices that are no expert, such as -1, come last and
/// are counted nowhere. Dtypes: all of at least 8 bits.
std::array<Array, 4>
expert_permute(const Array &x, const Array &experts, std::int64_t num_experts,
               const Stream &stream = {},
               std::source_location where = std::source_location::current());
void expert_permute_out(
    const Array &x, const Array &experts, const Array &out, const Array &counts,
    const Array &offsets, const Array &places, const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// The inverse: `out[t, j] = x[places[t, j]]`, [T, k, H]. A place that is none
/// gives zeros.
Array expert_unpermute(
    const Array &x, const Array &places, const Stream &stream = {},
    std::source_location where = std::source_location::current());
void expert_unpermute_out(
    const Array &x, const Array &places, const Array &out,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// What the experts of a token say, weighed: `out[t] = the sum over j of
/// weights[t, j] * x[places[t, j]]`, in the order of j, in f32 (f64 for f64),
/// rounded once. x[R, H], places[T, k] i32 or i64, weights[T, k] of any float.
/// A place that is none adds nothing. Dtypes: bf16 f32 f16 f64.
Array expert_sum(const Array &x, const Array &places, const Array &weights,
                 const Stream &stream = {},
                 std::source_location where = std::source_location::current());
void expert_sum_out(
    const Array &x, const Array &places, const Array &weights, const Array &out,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

} // namespace girih::ops
