// SPDX-License-Identifier: Apache-2.0
// The frequencies of a model's configuration, theta^(-2 i / R) scaled: on the
// host in f32, as transformers' modeling_rope_utils computes them. It needs
// nothing but the language's errors, so that fuzz targets of configurations
// have it.
#include "girih/dsl/support/diagnostics.h"
#include "girih/ops/attention.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

namespace girih::ops {

namespace {

void require(bool holds, const char *rule, std::source_location where) {
  if (!holds)
    throw RuntimeError(ErrorId::argument,
                       {std::string("rotary_frequencies: ") + rule, ""}, where);
}

double yarn_scale(double factor, double mscale) {
  return factor <= 1 ? 1 : 0.1 * mscale * std::log(factor) + 1;
}

double yarn_attention_factor(const RotaryScaling &scaling) {
  if (scaling.mscale != 0 && scaling.mscale_all_dim != 0)
    return yarn_scale(scaling.factor, scaling.mscale) /
           yarn_scale(scaling.factor, scaling.mscale_all_dim);
  return yarn_scale(scaling.factor, 1);
}

// Slow dimensions are interpolated, fast ones stay, a ramp is between.
void scale_yarn(std::vector<float> &frequencies,
                const std::vector<float> &powers, double theta,
                const RotaryScaling &scaling) {
  const auto dims = static_cast<double>(2 * frequencies.size());
  const auto turns_at = [&](double rotations) {
    return dims *
           std::log(scaling.original_max_position /
                    (rotations * 2 * std::numbers::pi)) /
           (2 * std::log(theta));
  };
  double low = std::floor(turns_at(scaling.beta_fast)),
         high = std::ceil(turns_at(scaling.beta_slow));
  low = std::max(low, 0.0);
  high = std::min(high, dims - 1);
  if (low == high)
    high += 0.001;
  for (std::size_t i = 0; i < frequencies.size(); ++i) {
    const auto at = static_cast<float>(i);
    const float ramp =
        std::clamp((at - static_cast<float>(low)) /
                       (static_cast<float>(high) - static_cast<float>(low)),
                   0.0F, 1.0F);
    const float kept = 1 - ramp;
    const float slowed = 1 / (static_cast<float>(scaling.factor) * powers[i]);
    frequencies[i] = slowed * (1 - kept) + frequencies[i] * kept;
  }
}

void scale_llama3(std::vector<float> &frequencies,
                  const RotaryScaling &scaling) {
  const auto length = static_cast<float>(scaling.original_max_position);
  const auto factor = static_cast<float>(scaling.factor),
             low = static_cast<float>(scaling.low_freq_factor),
             high = static_cast<float>(scaling.high_freq_factor);
  for (float &each : frequencies) {
    const float wave = 2 * std::numbers::pi_v<float> / each;
    if (wave < length / high)
      continue;
    const float slowed = each / factor;
    const float smooth = (length / wave - low) / (high - low);
    each = wave > length / low ? slowed : (1 - smooth) * slowed + smooth * each;
  }
}

} // namespace

RotaryFrequencies rotary_frequencies(std::int64_t rotary_dim, double theta,
                                     const RotaryScaling &scaling,
                                     std::source_location where) {
  require(rotary_dim >= 0 && rotary_dim % 2 == 0,
          "the rotary size must be even", where);
  require(theta > 0 && scaling.factor > 0, "theta and factor must be positive",
          where);
  RotaryFrequencies out{{}, 1};
  std::vector<float> powers;
  for (std::int64_t i = 0; i < rotary_dim; i += 2) {
    const float exponent =
        static_cast<float>(i) / static_cast<float>(rotary_dim);
    powers.push_back(static_cast<float>(std::pow(theta, double{exponent})));
    out.values.push_back(1 / powers.back());
  }
  if (scaling.kind == "yarn") {
    scale_yarn(out.values, powers, theta, scaling);
    out.attention_factor = yarn_attention_factor(scaling);
  } else if (scaling.kind == "llama3") {
    scale_llama3(out.values, scaling);
  } else if (scaling.kind == "linear") {
    for (float &each : out.values)
      each /= static_cast<float>(scaling.factor);
  } else {
    require(scaling.kind == "default",
            "scaling must be default, linear, llama3 or yarn", where);
  }
  if (scaling.attention_factor != 0)
    out.attention_factor = scaling.attention_factor;
  return out;
}

} // namespace girih::ops
