// SPDX-License-Identifier: Apache-2.0
// Every family's tensors against its config.
#include "expect_model_error.h"
#include "known_configs.h"
#include "safetensors_bytes.h"

#include "girih/examples/llm/model_directory.h"
#include "girih/examples/llm/weights/check_weights.h"
#include "girih/examples/llm/weights/expected_tensors.h"
#include "girih/tests/support/source_root.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>

namespace girih::testing {
namespace {

using llm::ModelConfig;
using llm::WeightFiles;
using nlohmann::json;

struct Tensor {
  std::string dtype;
  std::vector<std::int64_t> shape;
};

// Names, dtypes and shapes of a model, to be changed; as a file all its numbers
// are zeros.
class Tensors : public std::map<std::string, Tensor> {
public:
  explicit Tensors(const std::string &fixture)
      : config(llm::read_model_config(folder(fixture))) {
    const WeightFiles files = WeightFiles::open(folder(fixture));
    for (const llm::StoredTensor &each : files.all())
      (*this)[std::string(each.name)] = {each.dtype == e4m3   ? "F8_E4M3"
                                         : each.dtype == bf16 ? "BF16"
                                                              : "F32",
                                         each.shape};
  }

  void check() const {
    json header = json::object();
    std::size_t end = 0;
    for (const auto &[name, tensor] : *this) {
      std::size_t size = tensor.dtype == "F32" || tensor.dtype == "U32" ? 4
                         : tensor.dtype == "BF16"                       ? 2
                                                                        : 1;
      for (std::int64_t each : tensor.shape)
        size *= static_cast<std::size_t>(each);
      header[name] = {{"dtype", tensor.dtype},
                      {"shape", tensor.shape},
                      {"data_offsets", {end, end + size}}};
      end += size;
    }
    llm::check_weights(
        config, WeightFiles::of_memory(with_zeros(header.dump(), end), "m"));
  }
  void expect_error(const std::string &field, const std::string &words) const {
    expect_model_error([&] { check(); }, "m", field, words);
  }

  ModelConfig config;

private:
  // The header goes in front of zeros that are there already: files are made
  // by the thousand.
  static std::span<const std::byte> with_zeros(const std::string &header,
                                               std::size_t zeros) {
    constexpr std::size_t before = 1 << 16, most = 1 << 22;
    static std::string storage(before + most, '\0');
    const std::string start = safetensors_bytes(header);
    EXPECT_TRUE(start.size() <= before && zeros <= most);
    storage.replace(before - start.size(), start.size(), start);
    return as_bytes(storage).subspan(before - start.size(),
                                     start.size() + zeros);
  }
  static std::filesystem::path folder(const std::string &fixture) {
    return source_root() / "tests/data/llm" / fixture;
  }
};

constexpr const char *fixtures[] = {
    "qwen2", "llama3", "qwen3", "qwen3moe", "deepseek_v3", "deepseek_v3_fp8"};

TEST(LlmCheckWeights, FixturesAreRight) {
  for (const char *each : fixtures) {
    SCOPED_TRACE(each);
    const auto model =
        llm::ModelDirectory::open(source_root() / "tests/data/llm" / each);
    EXPECT_NO_THROW(llm::check_weights(model.config, model.weights));
    EXPECT_NO_THROW(Tensors(each).check());
  }
  const auto bard = llm::ModelDirectory::built_in();
  EXPECT_NO_THROW(llm::check_weights(bard.config, bard.weights));
}

// Whichever is missing, transposed or of another dtype: it is found, by name.
TEST(LlmCheckWeights, EveryTensorCounts) {
  for (const char *each : fixtures) {
    SCOPED_TRACE(each);
    const Tensors right(each);
    for (const auto &[name, tensor] : right) {
      Tensors wrong = right;
      wrong.erase(name);
      wrong.expect_error(name, "is missing");
      wrong = right;
      wrong[name].shape.push_back(1);
      wrong.expect_error(name, "by the config it must be");
      wrong = right;
      wrong[name].shape[0] += 1;
      wrong.expect_error(name, "has shape [");
      wrong = right;
      wrong[name].dtype = "I8";
      wrong.expect_error(name, "is of dtype i8");
      wrong = right;
      wrong[name].dtype = "U32";
      wrong.expect_error(name, "is of a dtype that Girih does not have");
    }
  }
}

TEST(LlmCheckWeights, NumbersAgreeWithTheConfig) {
  for (const json &tree : {r1_distill_qwen_1_5b(), llama_3_2_1b(), qwen3_0_6b(),
                           qwen3_30b_a3b(), deepseek_v3()}) {
    const ModelConfig config =
        llm::parse_model_config(tree.dump(), "config.json");
    std::int64_t numbers = 0, tensors = 0;
    llm::visit_tensors(config, [&](const llm::ExpectedTensor &each) {
      std::int64_t product = 1;
      for (std::int64_t size : each.shape)
        product *= size;
      numbers += product;
      ++tensors;
      return true;
    });
    EXPECT_EQ(numbers, config.parameters()) << config.architecture;
    if (config.family == llm::Family::qwen2)
      EXPECT_EQ(tensors, 339);
    if (config.family == llm::Family::qwen3_moe)
      EXPECT_EQ(tensors, 18'867);
  }
}

// 91,991 in the published index: with scales, and with layer 61, which is one
// more layer of experts and six tensors of its own.
TEST(LlmCheckWeights, DeepSeekHasAsManyAsItsIndex) {
  json tree = deepseek_v3();
  auto count = [&](std::int64_t layers) {
    tree["num_hidden_layers"] = layers;
    int tensors = 0;
    llm::visit_tensors(llm::parse_model_config(tree.dump(), ""),
                       [&](const llm::ExpectedTensor &each) {
                         tensors += 1 + each.product;
                         return true;
                       });
    return tensors;
  };
  EXPECT_EQ(count(62) + 6, 91'991);
}

TEST(LlmCheckWeights, VisitingStops) {
  int visited = 0;
  llm::visit_tensors(
      llm::parse_model_config(qwen3_30b_a3b().dump(), "config.json"),
      [&](const llm::ExpectedTensor &) { return ++visited < 500; });
  EXPECT_EQ(visited, 500);
}

TEST(LlmCheckWeights, TensorsThatAreNotUsed) {
  Tensors tied("llama3");
  tied["lm_head.weight"] = tied.at("model.embed_tokens.weight");
  tied["model.layers.0.self_attn.rotary_emb.inv_freq"] = {"F32", {16}};
  EXPECT_NO_THROW(tied.check());
  Tensors extra("deepseek_v3");
  extra["model.layers.2.enorm.weight"] = {"BF16", {128}};
  extra["model.layers.2.embed_tokens.weight"] = {"U32", {1}};
  EXPECT_NO_THROW(extra.check());
  for (const char *name :
       {"model.layers.3.enorm.weight", "model.layers.02.enorm",
        "model.layers.-1.enorm", "model.layers.2", "model.layers.2x.enorm",
        "model.layers.99999999999999999999.enorm", "model.layers.", "other"}) {
    const bool unused = std::string(name) == "model.layers.02.enorm";
    EXPECT_EQ(llm::is_unused(extra.config, name), unused) << name;
  }
  extra["model.layers.3.enorm.weight"] = {"BF16", {128}};
  extra.expect_error("model.layers.3.enorm.weight",
                     "is no tensor of a model of this config");
}

// A config with a layer less would silently be another model.
TEST(LlmCheckWeights, LayersMoreAndLess) {
  Tensors model("qwen3");
  model.config.layers = 1;
  model.expect_error("model.layers.1.input_layernorm.weight",
                     "is no tensor of a model of this config");
  model.config.layers = 3;
  model.expect_error(
      "model.layers.2.input_layernorm.weight",
      "is missing; a model of this config has it in shape [128]");
}

TEST(LlmCheckWeights, Scales) {
  const Tensors right("deepseek_v3_fp8");
  const std::string weight = "model.layers.1.mlp.experts.3.up_proj.weight";
  Tensors model = right; // a weight that was not quantized has no scales
  model[weight].dtype = "BF16";
  model.erase(weight + "_scale_inv");
  EXPECT_NO_THROW(model.check());
  model = right;
  model[weight].dtype = "BF16";
  model.expect_error(weight + "_scale_inv", "is no tensor of a model");
  model = right;
  model.erase(weight + "_scale_inv");
  model.expect_error(weight + "_scale_inv", "has it in shape [2, 2]");
  model = right;
  model[weight + "_scale_inv"].dtype = "BF16";
  model.expect_error(weight + "_scale_inv", "scales must be f32");
  model = right;
  model["model.norm.weight"].dtype = "F8_E4M3"; // no weight of a product
  model.expect_error("model.norm.weight", "must be f32, f16 or bf16");
  model = right;
  model.config.block_scales = {};
  EXPECT_THROW(model.check(), llm::ModelError);
  EXPECT_EQ(llm::scales_shape({128, 128}, {576, 7168}),
            (std::vector<std::int64_t>{5, 56}));
}

TEST(LlmCheckWeights, HostileConfigEndsSoon) {
  Tensors model("deepseek_v3");
  model.config.layers = 1024;
  model.config.experts.experts = 8192;
  try {
    model.check();
    ADD_FAILURE();
  } catch (const llm::ModelError &error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("and 980 more"));
  }
}

} // namespace
} // namespace girih::testing
