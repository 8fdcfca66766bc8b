// SPDX-License-Identifier: Apache-2.0
// Names and shapes of the families' tensors.
#include "girih/examples/llm/model/model.h"

#include <cmath>
#include <string>
#include <vector>

namespace girih::llm {

namespace {

/// A tensor that becomes rows of a larger matrix.
struct Part {
  std::string name; // without ".weight"
  std::int64_t rows;
};

class Loader {
public:
  Loader(const ModelConfig &config, WeightSource &source,
         const LoadOptions &options)
      : config_(config), source_(source), options_(options) {}

  Model load();

private:
  Array empty(std::initializer_list<std::int64_t> shape, DType dtype) const {
    return Array::empty(shape, dtype, options_.device);
  }
  Array tensor(const std::string &name,
               std::initializer_list<std::int64_t> shape) {
    return tensor(name, shape, options_.dtype);
  }
  Array tensor(const std::string &name,
               std::initializer_list<std::int64_t> shape, DType dtype) {
    Array made = empty(shape, dtype);
    source_.read(name, made);
    return made;
  }
  Linear linear(const std::vector<Part> &parts, std::int64_t columns,
                bool biased = false);
  bool eight_bits(const std::string &name) const {
    return options_.quantised && source_.scaled(name + ".weight");
  }
  Mlp mlp(const std::string &prefix, std::int64_t intermediate);
  Linear empty_experts(std::int64_t rows, std::int64_t columns, bool narrow);
  void read_rows(const std::string &name, const Linear &into,
                 std::int64_t expert, std::int64_t begin, std::int64_t rows);
  Experts experts(const std::string &prefix);
  void attention(Layer &layer, const std::string &prefix);
  LatentAttention latent(const std::string &prefix);
  Layer layer(std::int64_t number);

  const ModelConfig &config_;
  WeightSource &source_;
  const LoadOptions &options_;
};

/// With scales each part begins at a whole block; between them are zeros.
Linear Loader::linear(const std::vector<Part> &parts, std::int64_t columns,
                      bool biased) {
  const bool narrow = eight_bits(parts.front().name);
  const auto placed = [&](std::int64_t rows) {
    return narrow ? (rows + 127) / 128 * 128 : rows;
  };
  std::int64_t rows = 0;
  for (const Part &part : parts)
    rows = placed(rows) + part.rows;
  Linear made;
  made.weight = empty({rows, columns}, narrow ? e4m3 : options_.dtype);
  if (narrow) {
    made.weight.fill_bytes(0);
    made.scales = empty({(rows + 127) / 128, (columns + 127) / 128}, f32);
  }
  if (biased)
    made.bias = empty({rows}, options_.dtype);
  std::int64_t at = 0;
  for (const Part &part : parts) {
    at = placed(at);
    const std::int64_t end = at + part.rows;
    source_.read(part.name + ".weight", made.weight.slice(0, at, end));
    if (narrow)
      source_.read(part.name + ".weight_scale_inv",
                   made.scales->slice(0, at / 128, (end + 127) / 128));
    if (biased)
      source_.read(part.name + ".bias", made.bias->slice(0, at, end));
    at = end;
  }
  return made;
}

Mlp Loader::mlp(const std::string &prefix, std::int64_t intermediate) {
  return {linear({{prefix + "gate_proj", intermediate},
                  {prefix + "up_proj", intermediate}},
                 config_.hidden, config_.mlp_bias),
          linear({{prefix + "down_proj", config_.hidden}}, intermediate,
                 config_.mlp_bias)};
}

Linear Loader::empty_experts(std::int64_t rows, std::int64_t columns,
                             bool narrow) {
  const std::int64_t experts = config_.experts.experts;
  Linear made;
  made.weight = empty({experts, rows, columns}, narrow ? e4m3 : options_.dtype);
  if (narrow) {
    made.weight.fill_bytes(0);
    made.scales =
        empty({experts, (rows + 127) / 128, (columns + 127) / 128}, f32);
  }
  return made;
}

void Loader::read_rows(const std::string &name, const Linear &into,
                       std::int64_t expert, std::int64_t begin,
                       std::int64_t rows) {
  source_.read(name,
               into.weight.select(0, expert).slice(0, begin, begin + rows));
  if (into.scales)
    source_.read(name + "_scale_inv",
                 into.scales->select(0, expert).slice(
                     0, begin / 128, (begin + rows + 127) / 128));
}

Experts Loader::experts(const std::string &prefix) {
  const ExpertsConfig &of = config_.experts;
  const std::int64_t hidden = config_.hidden, wide = of.intermediate;
  Experts made;
  // Scores of sigmoids are computed in f32.
  made.router = tensor(prefix + "gate.weight", {of.experts, hidden},
                       of.sigmoid ? f32 : options_.dtype);
  if (of.sigmoid)
    made.correction =
        tensor(prefix + "gate.e_score_correction_bias", {of.experts}, f32);
  const bool narrow = eight_bits(prefix + "experts.0.gate_proj");
  const std::int64_t up = narrow ? (wide + 127) / 128 * 128 : wide;
  made.gate_up = empty_experts(up + wide, hidden, narrow);
  made.down = empty_experts(hidden, wide, narrow);
  for (std::int64_t e = 0; e < of.experts; ++e) {
    const std::string expert = prefix + "experts." + std::to_string(e) + ".";
    read_rows(expert + "gate_proj.weight", made.gate_up, e, 0, wide);
    read_rows(expert + "up_proj.weight", made.gate_up, e, up, wide);
    read_rows(expert + "down_proj.weight", made.down, e, 0, hidden);
  }
  if (of.shared > 0)
    made.shared = mlp(prefix + "shared_experts.", of.shared * wide);
  return made;
}

LatentAttention Loader::latent(const std::string &prefix) {
  const LatentConfig &of = config_.latent;
  const std::int64_t heads = config_.heads, hidden = config_.hidden,
                     queries = heads * (of.nope_dim + of.rope_dim);
  const Part keys{prefix + "kv_a_proj_with_mqa", of.kv_rank + of.rope_dim};
  LatentAttention made;
  if (of.q_rank > 0) {
    made.down = linear({{prefix + "q_a_proj", of.q_rank}, keys}, hidden);
    made.q_norm = tensor(prefix + "q_a_layernorm.weight", {of.q_rank});
    made.q_up = linear({{prefix + "q_b_proj", queries}}, of.q_rank);
  } else {
    made.down = linear({{prefix + "q_proj", queries}, keys}, hidden);
  }
  made.keys_at = made.down.weight.size(0) - keys.rows;
  made.kv_norm = tensor(prefix + "kv_a_layernorm.weight", {of.kv_rank});
  // Both halves are factors of one product each, so they are never e4m3.
  const std::int64_t rows = of.nope_dim + of.v_dim;
  const Array both =
      tensor(prefix + "kv_b_proj.weight", {heads * rows, of.kv_rank})
          .reshape({heads, rows, of.kv_rank});
  made.k_up = both.slice(1, 0, of.nope_dim);
  made.v_up = both.slice(1, of.nope_dim, rows);
  return made;
}

void Loader::attention(Layer &layer, const std::string &prefix) {
  const std::int64_t dim = config_.head_dim;
  if (config_.latent.kv_rank > 0) {
    layer.latent = latent(prefix);
    layer.out = linear({{prefix + "o_proj", config_.hidden}},
                       config_.heads * config_.latent.v_dim);
    return;
  }
  layer.qkv = linear({{prefix + "q_proj", config_.heads * dim},
                      {prefix + "k_proj", config_.kv_heads * dim},
                      {prefix + "v_proj", config_.kv_heads * dim}},
                     config_.hidden, config_.qkv_bias);
  if (config_.head_norms) {
    layer.q_norm = tensor(prefix + "q_norm.weight", {dim});
    layer.k_norm = tensor(prefix + "k_norm.weight", {dim});
  }
  layer.out = linear({{prefix + "o_proj", config_.hidden}}, config_.heads * dim,
                     config_.out_bias);
}

Layer Loader::layer(std::int64_t number) {
  const std::string prefix = "model.layers." + std::to_string(number) + ".";
  Layer made;
  made.attention_norm =
      tensor(prefix + "input_layernorm.weight", {config_.hidden});
  attention(made, prefix + "self_attn.");
  made.mlp_norm =
      tensor(prefix + "post_attention_layernorm.weight", {config_.hidden});
  if (config_.has_experts(number))
    made.experts = experts(prefix + "mlp.");
  else
    made.mlp = mlp(prefix + "mlp.", config_.intermediate);
  const auto at = static_cast<std::size_t>(number);
  if (at < config_.windows.size())
    made.window = config_.windows[at];
  return made;
}

/// YaRN sharpens scores by a factor of its own; others do not.
double scale_of(const ModelConfig &config) {
  const bool latent = config.latent.kv_rank > 0;
  const std::int64_t dim = latent
                               ? config.latent.nope_dim + config.latent.rope_dim
                               : config.head_dim;
  const double scale = 1 / std::sqrt(static_cast<double>(dim));
  const ops::RotaryScaling &rope = config.rope.scaling;
  if (!latent || rope.kind != "yarn" || rope.mscale_all_dim == 0 ||
      rope.factor <= 1)
    return scale;
  const double sharper = 0.1 * rope.mscale_all_dim * std::log(rope.factor) + 1;
  return scale * sharper * sharper;
}

Model Loader::load() {
  Model model;
  model.config = config_;
  model.dtype = options_.dtype;
  model.device = options_.device;
  model.embedding =
      tensor("model.embed_tokens.weight", {config_.vocabulary, config_.hidden});
  for (std::int64_t number = 0; number < config_.layers; ++number)
    model.layers.push_back(layer(number));
  model.norm = tensor("model.norm.weight", {config_.hidden});
  model.head =
      config_.tied_embeddings
          ? model.embedding
          : tensor("lm_head.weight", {config_.vocabulary, config_.hidden});
  const std::int64_t rotary =
      config_.latent.kv_rank > 0 ? config_.latent.rope_dim : config_.head_dim;
  ops::RotaryFrequencies turning =
      ops::rotary_frequencies(rotary, config_.rope.theta, config_.rope.scaling);
  model.frequencies =
      Array(turning.values.data(), {rotary / 2}, f32).to(options_.device);
  model.rotary_factor = turning.attention_factor;
  model.attention_scale = scale_of(config_);
  return model;
}

// Calls f(array) for every Array of weights that is there.
template <class F> class Visit {
public:
  explicit Visit(F f) : f_(std::move(f)) {}

  void operator()(Array &array) const {
    if (array.data())
      f_(array);
  }
  template <class T> void operator()(std::optional<T> &each) const {
    if (each)
      (*this)(*each);
  }
  void operator()(Linear &linear) const {
    all(linear.weight, linear.bias, linear.scales);
  }
  void operator()(Mlp &mlp) const { all(mlp.gate_up, mlp.down); }
  void operator()(LatentAttention &latent) const {
    all(latent.down, latent.q_norm, latent.kv_norm, latent.q_up, latent.k_up,
        latent.v_up);
  }
  void operator()(Experts &experts) const {
    all(experts.router, experts.correction, experts.gate_up, experts.down,
        experts.shared);
  }
  void operator()(Model &model) const {
    all(model.embedding, model.norm, model.head, model.frequencies);
    for (Layer &layer : model.layers)
      all(layer.attention_norm, layer.qkv, layer.q_norm, layer.k_norm,
          layer.latent, layer.out, layer.mlp_norm, layer.mlp, layer.experts);
  }

private:
  template <class... Parts> void all(Parts &...parts) const {
    ((*this)(parts), ...);
  }

  F f_;
};

} // namespace

Model load_model(const ModelConfig &config, WeightSource &source,
                 const LoadOptions &options) {
  Model model = Loader(config, source, options).load();
  synchronize(options.device);
  const Visit freeze(
      [](Array &array) { array = array.with_access(Access::constant); });
  freeze(model);
  return model;
}

std::int64_t Model::bytes() const {
  Model views = *this;
  std::int64_t all = 0;
  const Visit add([&](const Array &array) { all += array.nbytes(); });
  add(views);
  // Tied embeddings are one array; frequencies are no weights.
  all -= frequencies.nbytes();
  return head.data() == embedding.data() ? all - head.nbytes() : all;
}

} // namespace girih::llm
