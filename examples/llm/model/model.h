// SPDX-License-Identifier: Apache-2.0
// A model on a device: its weights, laid out for one product where the files
// have several, and the pass through its layers.
#pragma once

#include "girih/examples/llm/cache/kv_cache.h"
#include "girih/examples/llm/config/model_config.h"
#include "girih/examples/llm/model/weight_source.h"
#include "girih/runtime/array.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace girih::llm {

// Shapes are written with T tokens, B sequences, H hidden, Hq and Hk heads of
// queries and of keys, D head size, I intermediate, V vocabulary, E experts.

/// x W^T + bias. With scales the weight is e4m3, a number to each 128 x 128,
/// and x is rounded likewise in front of the product.
struct Linear {
  Array weight; // [N, K]
  std::optional<Array> bias, scales;
};

/// Products that the files have one by one, as rows of one matrix.
struct Mlp {
  Linear gate_up; // [2 I, H]; with scales I is rounded up to 128 for each
  Linear down;    // [H, I]
};

struct Experts {
  Array router;                    // [E, H]
  std::optional<Array> correction; // [E] f32
  Linear gate_up;                  // [E, 2 I, H]; with scales as in Mlp
  Linear down;                     // [E, H, I]
  std::optional<Mlp> shared;       // seen by all tokens
};

/// Latent attention: Lq and L ranks of queries and of keys, N and R the parts
/// of a head that are not turned and that are, Dv the size of values.
struct LatentAttention {
  Linear down;           // [Lq + L + R, H]; without Lq: [Hq (N + R) + L + R, H]
  std::int64_t keys_at;  // the row of `down` where L begins
  Array q_norm, kv_norm; // [Lq], [L]
  Linear q_up;           // [Hq (N + R), Lq]
  Array k_up, v_up;      // [Hq, N, L], [Hq, Dv, L]
};

struct Layer {
  Array attention_norm; // [H]
  Linear qkv;           // [(Hq + 2 Hk) D, H]
  Array q_norm, k_norm; // [D]: families with head norms
  std::optional<LatentAttention> latent;
  Linear out;     // [H, Hq D]
  Array mlp_norm; // [H]
  Mlp mlp;
  std::optional<Experts> experts; // instead of mlp
  std::int64_t window = 0;        // of keys; 0: all
};

/// What one pass reads: the new tokens of some sequences, one sequence after
/// the other. Integers are i64, those of the cache's pages i32.
struct Batch {
  Array tokens, positions;   // [T]
  Array slots;               // [T]: where keys and values go; -1: nowhere
  Array block_table;         // [B, P]
  Array lengths;             // [B]: keys of each, the new ones among them
  std::optional<Array> cuts; // [B + 1]: where tokens of a sequence begin and
                             // end; none: each has one
  std::optional<Array> rows; // of which tokens logits are wanted; none: of all
  std::int64_t longest = 1;  // new tokens of a sequence at most
};

struct Model {
  ModelConfig config;
  DType dtype = DType::bf16;
  Device device;
  Array embedding; // [V, H]
  std::vector<Layer> layers;
  Array norm;                 // [H]
  Array head;                 // [V, H]
  Array frequencies;          // [R / 2] f32
  double rotary_factor = 1;   // cosines and sines are multiplied by it
  double attention_scale = 1; // scores are multiplied by it

  /// Logits [rows, V] of a batch; keys and values of its tokens are in the
  /// cache then. Everything is submitted to the default stream, or captured.
  Array forward(const Batch &batch, const KvCache &cache) const;
  /// Bytes of all weights.
  std::int64_t bytes() const;
};

struct LoadOptions {
  DType dtype = DType::bf16; // of weights and of what is between layers
  Device device;
  /// Weights in eight bits stay so, and activations are rounded to them.
  bool quantised = false;
};

/// Takes the weights from `source`. Throws ModelError.
Model load_model(const ModelConfig &config, WeightSource &source,
                 const LoadOptions &options);

} // namespace girih::llm
