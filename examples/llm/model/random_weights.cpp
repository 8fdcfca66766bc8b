// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/model/weight_source.h"
#include "girih/ops/elementwise.h"
#include "girih/ops/random.h"

namespace girih::llm {

namespace {

/// FNV-1a, so that a tensor's numbers do not depend on others.
std::uint64_t hash_of(const std::string &name, std::uint64_t seed) {
  std::uint64_t hash = 0xcbf29ce484222325ULL ^ seed;
  for (const char each : name)
    hash = (hash ^ static_cast<unsigned char>(each)) * 0x100000001b3ULL;
  return hash >> 1; // seeds are signed
}

} // namespace

RandomWeights::RandomWeights(const ModelConfig &config, std::uint64_t seed)
    : tied_(config.tied_embeddings),
      eight_bits_(config.block_scales.block_rows > 0), seed_(seed) {}

bool RandomWeights::has(const std::string &name) const {
  return name != "lm_head.weight" || !tied_;
}

void RandomWeights::read(const std::string &name, const Array &into) {
  const auto seed = static_cast<std::int64_t>(hash_of(name, seed_));
  const bool norm = name.find("norm") != std::string::npos;
  const bool scale = name.ends_with("_scale_inv");
  // Deviations as trained models have them: logits of a useful size come out.
  const double deviation = norm || scale ? 0 : 0.02;
  const double mean = norm ? 1 : scale ? 1e-3 : 0;
  if (into.dtype() != e4m3)
    return ops::normal_out(into, mean, deviation, seed);
  std::vector<std::int64_t> shape(into.shape().begin(), into.shape().end());
  ops::cast_out(ops::normal(shape, 0, 20, seed, 0, f32, into.device()), into);
}

} // namespace girih::llm
