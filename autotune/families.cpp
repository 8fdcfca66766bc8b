// SPDX-License-Identifier: Apache-2.0
// Sizes of the layers of model families, from their config.json.
#include "girih/autotune/cases.h"
#include "girih/dsl/support/diagnostics.h"

#include <fmt/format.h>

#include <array>

namespace girih::autotune {
namespace {

using Sizes = std::vector<std::int64_t>;

struct Model {
  std::string_view name, about;
  std::int64_t hidden, intermediate, heads, kv_heads, head_dim, vocabulary;
  // Of attention over latents: what queries, and keys with values, go through,
  // widths of positions and values, and of a shared expert.
  std::int64_t q_rank = 0, kv_rank = 0, rope_dim = 0, v_dim = 0, expert = 0;
};

constexpr std::array<Model, 8> models{{
    {"bard-5m", "the built-in model", 256, 768, 4, 2, 64, 1024},
    {"qwen2-1.5b", "Qwen2 1.5B, DeepSeek-R1-Distill-Qwen 1.5B", 1536, 8960, 12,
     2, 128, 151936},
    {"qwen2-7b", "Qwen2 7B, DeepSeek-R1-Distill-Qwen 7B", 3584, 18944, 28, 4,
     128, 152064},
    {"llama3-8b", "Llama 3 8B", 4096, 14336, 32, 8, 128, 128256},
    {"llama3-70b", "Llama 3 70B", 8192, 28672, 64, 8, 128, 128256},
    {"qwen3-8b", "Qwen3 8B", 4096, 12288, 32, 8, 128, 151936},
    {"qwen3-30b-a3b", "Qwen3 30B-A3B: a token's own experts", 2048, 768, 32, 4,
     128, 151936},
    {"deepseek-v3", "DeepSeek V3: dense layers and shared experts", 7168, 18432,
     128, 128, 192, 129280, 1536, 512, 64, 128, 2048},
}};
// Rows of tokens: decoding, few sequences, chunks of prompts.
constexpr std::array<std::int64_t, 5> tokens{1, 16, 128, 1024, 4096};

const Model &model_named(const std::string &family) {
  std::string names;
  for (const Model &each : models) {
    if (each.name == family)
      return each;
    names += (names.empty() ? "" : ", ") + std::string(each.name);
  }
  throw RuntimeError(ErrorId::argument,
                     {fmt::format("there is no model family '{}'", family),
                      "they are " + names});
}

/// Columns and depths of the products of a layer.
std::vector<std::pair<std::int64_t, std::int64_t>> layer(const Model &model) {
  const std::int64_t q = model.heads * model.head_dim,
                     kv = model.kv_heads * model.head_dim;
  const std::pair up{2 * model.intermediate, model.hidden},
      down{model.hidden, model.intermediate};
  if (model.q_rank == 0)
    return {{q + 2 * kv, model.hidden}, {model.hidden, q}, up, down};
  return {{model.q_rank + model.kv_rank + model.rope_dim, model.hidden},
          {q, model.q_rank},
          {model.hidden, model.heads * model.v_dim},
          up,
          down,
          {2 * model.expert, model.hidden},
          {model.hidden, model.expert}};
}

std::vector<Sizes> products(const Model &model) {
  std::vector<Sizes> shapes;
  for (const std::int64_t rows : tokens)
    for (const auto &[columns, depth] : layer(model))
      shapes.push_back({rows, columns, depth});
  for (const std::int64_t rows : {std::int64_t{1}, std::int64_t{16}})
    shapes.push_back({rows, model.vocabulary, model.hidden});
  return shapes;
}

std::vector<Sizes> attentions(const Model &model) {
  std::vector<Sizes> shapes;
  if (model.kv_rank > 0) // another operator's
    return shapes;
  for (const std::int64_t length : {128, 1024, 4096})
    shapes.push_back(
        {1, model.heads, model.kv_heads, length, length, model.head_dim});
  for (const std::int64_t keys : {1024, 4096})
    shapes.push_back(
        {16, model.heads, model.kv_heads, 1, keys, model.head_dim});
  return shapes;
}

std::vector<Sizes> norms(const Model &model) {
  std::vector<Sizes> shapes;
  for (const std::int64_t rows : tokens)
    for (const std::int64_t width : {model.hidden, model.q_rank, model.kv_rank})
      if (width > 0)
        shapes.push_back({rows, width});
  if (model.kv_rank == 0)
    shapes.push_back({tokens.back() * model.heads, model.head_dim});
  return shapes;
}

} // namespace

std::span<const ShapeFamily> shape_families() {
  static const auto *const all = [] {
    auto *made = new std::vector<ShapeFamily>;
    for (const Model &each : models)
      made->push_back({each.name, each.about});
    return made;
  }();
  return *all;
}

std::vector<Sizes> family_shapes(const std::string &family,
                                 const std::string &op) {
  const Model &model = model_named(family);
  if (op == "matmul" || op == "linear")
    return products(model);
  if (op == "scaled_dot_product_attention")
    return attentions(model);
  if (op == "rms_norm" || op == "layer_norm")
    return norms(model);
  if (op == "softmax") // of logits
    return {{1, model.vocabulary}, {16, model.vocabulary}};
  return {};
}

} // namespace girih::autotune
