// SPDX-License-Identifier: Apache-2.0
// Mixtures of experts, and weights in fp8.
#include "girih/examples/llm/config/config_parts.h"

#include "girih/examples/llm/files/json.h"

#include <fmt/format.h>

#include <algorithm>

namespace girih::llm {
namespace {

void must_be(const JsonFields &fields, const char *field,
             std::string_view wanted) {
  const std::string found = fields.text(field).value_or(std::string(wanted));
  if (found != wanted)
    fields.fail(field,
                fmt::format("must be {}, not {}", wanted, printable(found)));
}

void read_routing(const JsonFields &fields, ExpertsConfig &experts,
                  bool renormalize_default) {
  experts.per_token = fields.integer("num_experts_per_tok", 1, experts.experts);
  experts.intermediate =
      fields.integer("moe_intermediate_size", 1, most_intermediate);
  experts.renormalize = fields.boolean("norm_topk_prob", renormalize_default);
}

} // namespace

ExpertsConfig read_softmax_experts(const JsonFields &fields,
                                   const ModelConfig &config) {
  ExpertsConfig experts;
  const char *count =
      fields.has("num_experts") ? "num_experts" : "num_local_experts";
  experts.experts = fields.integer(count, 1, most_experts);
  read_routing(fields, experts, false);
  const std::int64_t step =
      fields.integer("decoder_sparse_step", 1, most_layers, 1);
  const std::vector<std::int64_t> dense =
      fields.integers("mlp_only_layers", 0, config.layers - 1);
  for (std::int64_t i = 0; i < config.layers; ++i)
    if ((i + 1) % step != 0 ||
        std::find(dense.begin(), dense.end(), i) != dense.end())
      experts.dense_layers.push_back(i);
  return experts;
}

ExpertsConfig read_sigmoid_experts(const JsonFields &fields,
                                   const ModelConfig &config) {
  ExpertsConfig experts;
  experts.sigmoid = true;
  experts.experts = fields.integer("n_routed_experts", 1, most_experts);
  read_routing(fields, experts, true);
  experts.shared = fields.integer("n_shared_experts", 0, 64, 0);
  experts.groups = fields.integer("n_group", 1, experts.experts, 1);
  experts.routed_scale = fields.number("routed_scaling_factor", 1e-6, 1e6, 1);
  const std::int64_t group = experts.experts / experts.groups;
  if (experts.experts % experts.groups != 0)
    fields.fail("n_group", fmt::format("{} must divide n_routed_experts, {}",
                                       experts.groups, experts.experts));
  // A group's score is the sum of its best two.
  if (experts.groups > 1 && group < 2)
    fields.fail("n_group", "must leave two experts to each group");
  experts.top_groups = fields.integer("topk_group", 1, experts.groups, 1);
  if (experts.per_token > experts.top_groups * group)
    fields.fail("num_experts_per_tok",
                fmt::format("{} is more than the {} experts of topk_group "
                            "groups",
                            experts.per_token, experts.top_groups * group));
  must_be(fields, "scoring_func", "sigmoid");
  must_be(fields, "topk_method", "noaux_tc");
  if (fields.integer("moe_layer_freq", 1, most_layers, 1) != 1)
    fields.fail("moe_layer_freq", "must be 1");
  const std::int64_t dense =
      fields.integer("first_k_dense_replace", 0, config.layers, 0);
  for (std::int64_t i = 0; i < dense; ++i)
    experts.dense_layers.push_back(i);
  return experts;
}

BlockScalesConfig read_block_scales(const JsonFields &fields,
                                    const ModelConfig &config) {
  const std::optional<JsonFields> from = fields.object("quantization_config");
  if (!from)
    return {};
  must_be(*from, "quant_method", "fp8");
  if (!from->has("quant_method"))
    from->fail("quant_method", "is missing");
  if (config.family != Family::deepseek_v3)
    fields.fail("quantization_config",
                "weights in fp8 are known of DeepseekV3ForCausalLM only");
  must_be(*from, "fmt", "e4m3");
  must_be(*from, "activation_scheme", "dynamic");
  const std::vector<std::int64_t> block =
      from->integers("weight_block_size", 1, 4096);
  if (block.size() != 2)
    from->fail("weight_block_size",
               fmt::format("must be two numbers, not {}", block.size()));
  const std::string scales = from->text("scale_fmt").value_or("float");
  if (scales != "float" && scales != "ue8m0")
    from->fail("scale_fmt", fmt::format("must be float or ue8m0, not {}",
                                        printable(scales)));
  return {block[0], block[1], scales == "ue8m0"};
}

} // namespace girih::llm
