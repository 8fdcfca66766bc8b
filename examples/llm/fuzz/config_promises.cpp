// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/fuzz/config_promises.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/examples/llm/cli/config_report.h"
#include "girih/examples/llm/config/config_parts.h"
#include "girih/examples/llm/engine/memory_plan.h"
#include "girih/examples/llm/fuzz/fuzz_target.h"
#include "girih/examples/llm/fuzz/json_mutator.h"
#include "girih/examples/llm/weights/expected_tensors.h"
#include "girih/examples/llm/weights/tensor_list.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace girih::llm {

namespace {

using Int = std::int64_t;

bool within(Int value, Int least, Int most) {
  return value >= least && value <= most;
}

void check_fields(const ModelConfig &c) {
  require(within(c.hidden, 1, most_hidden));
  require(within(c.layers, 1, most_layers));
  require(within(c.vocabulary, 1, most_vocabulary));
  require(within(c.head_dim, 1, 2 * most_head_dim));
  require(within(c.max_positions, 1, most_positions));
  require(c.heads % c.kv_heads == 0);
  require(c.windows.size() == static_cast<std::size_t>(c.layers));
  for (Int each : c.windows)
    require(within(each, 0, most_positions));
  require(c.rope.scaling.kind == c.rope.kind);
  for (Int each : c.eos)
    require(within(each, 0, c.vocabulary - 1));
  require(std::is_sorted(c.eos.begin(), c.eos.end()));
  const ExpertsConfig &e = c.experts;
  for (Int i = 0; i < c.layers; ++i)
    require(!c.has_experts(i) || within(e.per_token, 1, e.experts));
  require(e.experts == 0 || e.experts % e.groups == 0);
  require((c.latent.kv_rank > 0) == (c.family == Family::deepseek_v3));
}

// Names are those of no other tensor, shapes have elements, and together they
// are the parameters that the plan counts. Where there are very many, the
// first ones have to do.
void check_tensors(const ModelConfig &c) {
  constexpr std::size_t enough = 2000;
  std::set<std::string> names;
  Int numbers = 0;
  visit_tensors(c, [&](const ExpectedTensor &each) {
    require(names.insert(each.name).second);
    Int count = 1;
    for (Int size : each.shape) {
      require(size > 0);
      require(!__builtin_mul_overflow(count, size, &count));
    }
    require(!__builtin_add_overflow(numbers, count, &numbers));
    if (each.product && c.block_scales.block_rows > 0)
      for (Int size : scales_shape(c.block_scales, each.shape))
        require(size > 0);
    return names.size() < enough;
  });
  require(names.size() == enough ? numbers <= c.parameters()
                                 : numbers == c.parameters());
  require(within(c.parameters_of_token(), 1, INT64_MAX));
  if (names.size() == enough)
    return;
  for (const ListedTensor &each : tensor_kinds(expected_tensors(c)))
    require(each.bytes > 0 && each.count > 0);
}

// No frequency is above the plain one, none is below it by more than the
// factor.
void check_turning(const ModelConfig &c) {
  const Int rotary = c.latent.kv_rank > 0 ? c.latent.rope_dim : c.head_dim;
  const ops::RotaryFrequencies plain =
      ops::rotary_frequencies(rotary, c.rope.theta);
  const ops::RotaryFrequencies made =
      ops::rotary_frequencies(rotary, c.rope.theta, c.rope.scaling);
  require(made.values.size() == static_cast<std::size_t>(rotary / 2));
  for (std::size_t i = 0; i < made.values.size(); ++i) {
    const double f = made.values[i], most = plain.values[i];
    require(std::isfinite(f) && f > 0 && f <= most * (1 + 1e-5));
    require(f >= most / c.rope.scaling.factor * (1 - 1e-5));
  }
  require(std::isfinite(made.attention_factor) && made.attention_factor > 0);
}

DType any_of(FuzzRandom &random, std::initializer_list<DType> dtypes) {
  return dtypes.begin()[random() % dtypes.size()];
}

void check_plan(const ModelConfig &c, FuzzRandom &random) {
  const auto up_to = [&](int bits) {
    return static_cast<Int>(random() >> (64 - bits)) >> random() % 16;
  };
  const DType dtype = any_of(random, {f32, f16, bf16});
  EngineOptions options;
  options.max_batch = 1 + up_to(10);
  options.max_context = random() % 2 ? up_to(40) : 0;
  options.cache_tokens = random() % 3 ? 0 : up_to(62);
  options.chunk = 1 + up_to(20);
  const Int available = 1 + up_to(50);
  const Device device = random() % 2 ? host_device : cuda_device(0);
  const MemoryPlan plan = plan_within(c, dtype, options, device, available);
  require(plan.weights > 0 && plan.activations > 0 && plan.state > 0);
  require(plan.weights / bytes(dtype) == c.parameters());
  require(plan.pages >= 0 && plan.cache >= 0);
  require((plan.cache == 0) == (plan.pages == 0));
  require(within(plan.max_context, 1, c.max_positions));
  // No part is lost in the sum.
  require(plan.total() >= plan.weights && plan.total() >= plan.cache);
  // Without a wish for more, what can be served is.
  if (options.cache_tokens == 0) {
    const Int page = 16 * c.cache_bytes_of_token(dtype);
    const Int rest = available - plan.weights - plan.activations;
    const Int state = options.max_batch * (c.max_positions / 16 + 1) * 8;
    require(plan.fits() == (plan.pages > 0));
    require(rest < page + state || plan.fits());
  }
}

} // namespace

void check_promises(const ModelConfig &config, std::uint64_t seed) {
  check_fields(config);
  check_tensors(config);
  check_turning(config);
  FuzzRandom random(seed);
  for (int i = 0; i < 4; ++i)
    check_plan(config, random);
  require(!report(config).dump().empty());
}

void check_error(const ModelError &error, std::string_view text) {
  require(error.file() == "fuzz" && !error.message().empty());
  for (char c : std::string_view(error.what()))
    require(c == '\n' || (c >= ' ' && c <= '~'));
  const bool object = nlohmann::json::parse(text, nullptr, false).is_object();
  const bool limit = error.message().starts_with("is nested deeper") ||
                     error.message().starts_with("has the key") ||
                     error.message().starts_with("has more than");
  require(!object || limit || !error.field().empty());
}

} // namespace girih::llm
