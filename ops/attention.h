// SPDX-License-Identifier: Apache-2.0
// Attention, rotary embeddings and the cache of keys and values. See ops.h for
// what holds for all operators.
//
// Dtypes: bf16 f32 f16 f64, the same for queries, keys and values. Scores and
// sums are computed in f32 (f64 for f64); the weights are rounded to the dtype
// of the values before these are weighed, the result is rounded once. A query
// that sees no key gives 0.
#pragma once

#include "girih/ops/value.h"
#include "girih/runtime/stream.h"

#include <array>
#include <optional>
#include <source_location>
#include <string_view>
#include <vector>

namespace girih::ops {

/// Rotates pairs (a, b) of each head of `x[B, S, H, D]` to (a cos - b sin,
/// b cos + a sin); `cos_table` and `sin_table` are [S, R / 2], R even and at
/// most D: what comes after R stays. Pair i is elements i and i + R / 2, or 2 i
/// and 2 i + 1 if `interleaved`.
Array rotary_position_embedding(
    const Array &x, const Array &cos_table, const Array &sin_table,
    bool interleaved = false, const Stream &stream = {},
    std::source_location where = std::source_location::current());
/// The same into `out`.
void rotary_position_embedding_out(
    const Array &x, const Array &cos_table, const Array &sin_table,
    const Array &out, bool interleaved = false, const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// How a model's rotary frequencies are scaled, as transformers'
/// rope_parameters say it: kind "default", "linear", "llama3" or "yarn".
struct RotaryScaling {
  std::string_view kind = "default";
  double factor = 1;
  double low_freq_factor = 1, high_freq_factor = 4; // llama3
  double original_max_position = 8192;              // llama3, yarn
  double beta_fast = 32, beta_slow = 1;             // yarn
  double mscale = 0, mscale_all_dim = 0;            // yarn; 0: not given
  double attention_factor = 0;                      // 0: what the kind says
};

/// What cosines and sines are computed from.
struct RotaryFrequencies {
  std::vector<float> values; // R / 2 of them
  double attention_factor;   // cosines and sines are multiplied by it
};

/// Frequencies theta^(-2 i / rotary_dim), scaled. Throws RuntimeError
/// [argument].
RotaryFrequencies rotary_frequencies(
    std::int64_t rotary_dim, double theta = 10000,
    const RotaryScaling &scaling = {},
    std::source_location where = std::source_location::current());

/// rotary_position_embedding() by angles positions x frequencies:
/// `positions[S]` or [B, S] (i64 or i32), `frequencies` f32[R / 2]. Angles are
/// rounded to f32, as in transformers.
Array rotary_embedding_at(
    const Array &x, const Array &positions, const Array &frequencies,
    bool interleaved = false, double attention_factor = 1,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());
/// The same into `out`.
void rotary_embedding_at_out(
    const Array &x, const Array &positions, const Array &frequencies,
    const Array &out, bool interleaved = false, double attention_factor = 1,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// The same with rotary_frequencies() of these numbers, which are computed and
/// copied to the device by the first call; `rotary_dim` is D unless given.
Array rotary_from_positions(
    const Array &x, const Array &positions, double theta = 10000,
    const RotaryScaling &scaling = {},
    std::optional<std::int64_t> rotary_dim = {}, bool interleaved = false,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());
/// The same into `out`.
void rotary_from_positions_out(
    const Array &x, const Array &positions, const Array &out,
    double theta = 10000, const RotaryScaling &scaling = {},
    std::optional<std::int64_t> rotary_dim = {}, bool interleaved = false,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// Puts `k[T, H, D]` and `v[T, H, Dv]` into `key_cache[pages, S, H, D]` and
/// `value_cache[pages, S, H, Dv]`: token t at place slots[t] % S of page
/// slots[t] / S. A slot outside the cache, such as -1, writes nothing.
void kv_cache_write(
    const Array &k, const Array &v, const Array &slots, const Array &key_cache,
    const Array &value_cache, const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// Cosines and sines of `positions[T]` (i64 or i32) times `frequencies[P]`
/// (f32), times `attention_factor`: two tables [T, P] of f32.
std::array<Array, 2>
rotary_tables(const Array &positions, const Array &frequencies,
              double attention_factor = 1, const Stream &stream = {},
              std::source_location where = std::source_location::current());
/// The same into `cos_table` and `sin_table`.
void rotary_tables_out(
    const Array &positions, const Array &frequencies, const Array &cos_table,
    const Array &sin_table, double attention_factor = 1,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// rotary_embedding_at() of `q[T, Hq, D]`, which is the result, and of
/// `k[T, H, D]`, with kv_cache_write() of k and `v[T, H, Dv]`, in one launch.
/// `positions[T]`.
Array rope_kv_write(
    const Array &q, const Array &k, const Array &v, const Array &positions,
    const Array &frequencies, const Array &slots, const Array &key_cache,
    const Array &value_cache, bool interleaved = false,
    double attention_factor = 1, const Stream &stream = {},
    std::source_location where = std::source_location::current());
/// The same into `out`.
void rope_kv_write_out(
    const Array &q, const Array &k, const Array &v, const Array &positions,
    const Array &frequencies, const Array &slots, const Array &key_cache,
    const Array &value_cache, const Array &out, bool interleaved = false,
    double attention_factor = 1, const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// What attention over a paged cache may be asked for besides.
struct PagedOptions {
  std::optional<double> scale{}; // of scores; 1 / sqrt(D) unless given
  std::int64_t window = 0;       // the last keys only; 0: all of them
  double soft_cap = 0;           // c > 0: a score s becomes c tanh(s / c)
  std::optional<Array> sinks{};  // [Hq]: scores of keys without values
};

/// `softmax(scale q k^T) v` of one token, the last one, of each sequence:
/// `q[B, Hq, D]`, caches [pages, S, H, D] and [pages, S, H, Dv], Hq a multiple
/// of H, `block_table[B, P]` and `lengths[B]` of i32 or i64; out[B, Hq, Dv].
/// Key j of sequence b is at place j % S of page block_table[b, j / S].
Array paged_attention(
    const Array &q, const Array &key_cache, const Array &value_cache,
    const Array &block_table, const Array &lengths,
    const PagedOptions &options = {}, const Stream &stream = {},
    std::source_location where = std::source_location::current());
/// The same into `out`.
void paged_attention_out(
    const Array &q, const Array &key_cache, const Array &value_cache,
    const Array &block_table, const Array &lengths, const Array &out,
    const PagedOptions &options = {}, const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// A step of decoding: of each sequence one token, whose query, key and value
/// are `q[B, Hq, D]`, `k[B, H, D]` and `v[B, H, Dv]`. Tables are those of the B
/// tokens, [B, R / 2]; the rest is as for kv_cache_write() and
/// paged_attention().
struct RopePagedInputs {
  const Array &q, &k, &v, &cos_table, &sin_table, &slots, &key_cache,
      &value_cache, &block_table, &lengths;
};
struct RopePagedOptions {
  std::optional<double> scale{}; // of scores; 1 / sqrt(D) unless given
  std::int64_t window = 0;       // the last keys only; 0: all of them
  double soft_cap = 0;           // c > 0: a score s becomes c tanh(s / c)
  bool interleaved = false;      // pairs of neighbours instead of halves
};

/// rotary_position_embedding() of q and k, kv_cache_write() of k and v, and
/// then paged_attention(): the last key of each sequence is the one of this
/// call, and slots say where it belongs; out[B, Hq, Dv].
Array rope_paged_attention(
    const RopePagedInputs &in, const RopePagedOptions &options = {},
    const Stream &stream = {},
    std::source_location where = std::source_location::current());
/// The same into `out`.
void rope_paged_attention_out(
    const RopePagedInputs &in, const Array &out,
    const RopePagedOptions &options = {}, const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// softmax(scale (q_latent c^T + q_rope k^T)) c: decoding with multi-head
/// latent attention, absorbed. `q_latent[B, H, L]`, `q_rope[B, H, R]`,
/// `cache[pages, S, L + R]` of latents c and rotated keys k, `block_table[B,
/// P]` and `lengths[B]` as for paged_attention(); out[B, H, L].
Array latent_attention(
    const Array &q_latent, const Array &q_rope, const Array &cache,
    const Array &block_table, const Array &lengths, double scale,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());
/// The same into `out`.
void latent_attention_out(
    const Array &q_latent, const Array &q_rope, const Array &cache,
    const Array &block_table, const Array &lengths, double scale,
    const Array &out, const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// What scaled_dot_product_attention() may be asked for besides.
struct AttentionOptions {
  /// Bool (true: visible) or floats (added); broadcast to [B, Hq, M, N].
  std::optional<Array> attn_mask{};
  bool is_causal = false; // no keys after the query's position
  /// Where query i is: at i, or with lower_right at i + N - M.
  std::string_view causal_variant = "upper_left";
  std::optional<double> scale{}; // 1 / sqrt(D) unless given
  bool enable_gqa = false;       // Hq may be a multiple of H
  /// How far before and after its position a query sees.
  std::optional<std::int64_t> window_left{}, window_right{};
  std::optional<Array> alibi_slopes{}; // [Hq]: -slope |key - position| is added
  double soft_cap = 0;                 // c > 0: a score s becomes c tanh(s / c)
  std::optional<Array> sinks{};        // [Hq]: scores of keys without values
};

/// `softmax(scale q k^T + mask) v`: q[B, Hq, M, D], k[B, H, N, D],
/// v[B, H, N, Dv], or all without heads; out[B, Hq, M, Dv].
Array scaled_dot_product_attention(
    const Array &q, const Array &k, const Array &v,
    const AttentionOptions &options = {}, const Stream &stream = {},
    std::source_location where = std::source_location::current());
/// The same into `out`.
void scaled_dot_product_attention_out(
    const Array &q, const Array &k, const Array &v, const Array &out,
    const AttentionOptions &options = {}, const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// The same and, as the second result, the logarithm of the sum of exponentials
/// of each query's scores: f32 (f64 for f64), [B, Hq, M].
std::array<Array, 2> attention_with_log_sum(
    const Array &q, const Array &k, const Array &v,
    const AttentionOptions &options = {}, const Stream &stream = {},
    std::source_location where = std::source_location::current());
/// The same into `out` and `log_sum`.
void attention_with_log_sum_out(
    const Array &q, const Array &k, const Array &v, const Array &out,
    const Array &log_sum, const AttentionOptions &options = {},
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// What attention of sequences of differing lengths may be asked for besides.
/// Queries and keys of a sequence end together.
struct VarlenOptions {
  bool is_causal = true;
  std::optional<double> scale{}; // 1 / sqrt(D) unless given
  /// Not below the longest sequence of queries; all of them unless given.
  std::optional<std::int64_t> max_length{};
  std::optional<std::int64_t> window_left{}, window_right{};
  std::optional<Array> alibi_slopes{};
  double soft_cap = 0;
  std::optional<Array> sinks{};
};

/// scaled_dot_product_attention() of sequences one after the other: q[T, Hq,
/// D], k[N, H, D], v[N, H, Dv]; sequence b has queries q_offsets[b] up to
/// q_offsets[b + 1] and keys likewise. Offsets are i32 or i64.
Array varlen_attention(
    const Array &q, const Array &k, const Array &v, const Array &q_offsets,
    const Array &k_offsets, const VarlenOptions &options = {},
    const Stream &stream = {},
    std::source_location where = std::source_location::current());
/// The same into `out`.
void varlen_attention_out(
    const Array &q, const Array &k, const Array &v, const Array &q_offsets,
    const Array &k_offsets, const Array &out, const VarlenOptions &options = {},
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// The same with keys and values in pages, as for paged_attention(): sequence b
/// has lengths[b] keys, the last of which are those of its queries.
Array paged_varlen_attention(
    const Array &q, const Array &key_cache, const Array &value_cache,
    const Array &block_table, const Array &q_offsets, const Array &lengths,
    const VarlenOptions &options = {}, const Stream &stream = {},
    std::source_location where = std::source_location::current());
/// The same into `out`.
void paged_varlen_attention_out(
    const Array &q, const Array &key_cache, const Array &value_cache,
    const Array &block_table, const Array &q_offsets, const Array &lengths,
    const Array &out, const VarlenOptions &options = {},
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

} // namespace girih::ops
