// SPDX-License-Identifier: Apache-2.0
// rotary_from_positions: rotary_embedding_at with the frequencies of a model's
// configuration, theta^(-2 i / R) scaled as transformers does it.
//
// Shapes: x[B, S, H, D], positions[S] or [B, S]; R is rotary_dim, else D.
// Frequencies are computed once for each device and set of numbers, on the host
// in f32, as transformers computes them.
// Errors: [device] [dtype] [shape] [argument] [overlap].
// Source: transformers' modeling_rope_utils.
#include "girih/ops/attention/rotary.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <numbers>
#include <tuple>

namespace girih::ops {

namespace {

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
  const Stream stream;
  const Call call{"rotary_frequencies", where, stream};
  call.require(rotary_dim >= 0 && rotary_dim % 2 == 0,
               "the rotary size must be even");
  call.require(theta > 0 && scaling.factor > 0,
               "theta and factor must be positive");
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
    call.require(scaling.kind == "default",
                 "scaling must be default, linear, llama3 or yarn");
  }
  if (scaling.attention_factor != 0)
    out.attention_factor = scaling.attention_factor;
  return out;
}

namespace {

struct OnDevice {
  Array frequencies;
  double attention_factor;
};

const OnDevice &frequencies_on(Device device, std::int64_t rotary_dim,
                               double theta, const RotaryScaling &scaling,
                               std::source_location where) {
  using Key = std::tuple<Device::Kind, int, std::int64_t, double, std::string,
                         double, double, double, double, double, double, double,
                         double, double>;
  static std::mutex mutex;
  static std::map<Key, OnDevice> known;
  const Key key{device.kind,
                device.index,
                rotary_dim,
                theta,
                std::string(scaling.kind),
                scaling.factor,
                scaling.low_freq_factor,
                scaling.high_freq_factor,
                scaling.original_max_position,
                scaling.beta_fast,
                scaling.beta_slow,
                scaling.mscale,
                scaling.mscale_all_dim,
                scaling.attention_factor};
  const std::scoped_lock lock(mutex);
  const auto found = known.find(key);
  if (found != known.end())
    return found->second;
  const RotaryFrequencies made =
      rotary_frequencies(rotary_dim, theta, scaling, where);
  const std::vector<double> values(made.values.begin(), made.values.end());
  const std::int64_t shape[] = {rotary_dim / 2};
  return known
      .emplace(key, OnDevice{Array::from(values, shape, f32, device),
                             made.attention_factor})
      .first->second;
}

struct FromPositions {
  static constexpr std::string_view signature =
      "rotary_from_positions(x, positions, *, theta: float = 10000.0, "
      "rotary_dim: int? = None, interleaved: bool = False, "
      "scaling: str = 'default', factor: float = 1.0, "
      "low_freq_factor: float = 1.0, high_freq_factor: float = 4.0, "
      "original_max_position: float = 8192.0, beta_fast: float = 32.0, "
      "beta_slow: float = 1.0, mscale: float = 0.0, "
      "mscale_all_dim: float = 0.0, attention_factor: float = 0.0) -> out";

  static Shaped result(const Call &call, const Array &x, const Array &positions,
                       double theta, std::optional<std::int64_t> rotary_dim,
                       bool, std::string_view scaling, double factor, double,
                       double, double, double, double, double, double, double) {
    call.check_same_device({{"x", x}, {"positions", positions}});
    call.check_rank({"x", x}, 4);
    check_rotary(call, x, rotary_dim.value_or(x.size(3)));
    check_positions(call, x, positions);
    call.require(theta > 0 && factor > 0, "theta and factor must be positive");
    call.require(scaling == "default" || scaling == "linear" ||
                     scaling == "llama3" || scaling == "yarn",
                 "scaling must be default, linear, llama3 or yarn");
    return {dims_of(x.shape()), x.dtype()};
  }
  static void launch(const Call &call, const Array &x, const Array &positions,
                     double theta, std::optional<std::int64_t> rotary_dim,
                     bool interleaved, std::string_view scaling, double factor,
                     double low, double high, double original, double fast,
                     double slow, double mscale, double mscale_all,
                     double attention_factor, const Array &out) {
    const OnDevice &made =
        frequencies_on(x.device(), rotary_dim.value_or(x.size(3)), theta,
                       {scaling, factor, low, high, original, fast, slow,
                        mscale, mscale_all, attention_factor},
                       call.where);
    launch_rotary_at(call, x, positions, made.frequencies, interleaved,
                     made.attention_factor, out);
  }
};

} // namespace

Array rotary_from_positions(const Array &x, const Array &positions,
                            double theta, const RotaryScaling &scaling,
                            std::optional<std::int64_t> rotary_dim,
                            bool interleaved, const Stream &stream,
                            std::source_location where) {
  return compute<FromPositions>(
      stream, where, x, positions, theta, rotary_dim, interleaved, scaling.kind,
      scaling.factor, scaling.low_freq_factor, scaling.high_freq_factor,
      scaling.original_max_position, scaling.beta_fast, scaling.beta_slow,
      scaling.mscale, scaling.mscale_all_dim, scaling.attention_factor);
}

void rotary_from_positions_out(const Array &x, const Array &positions,
                               const Array &out, double theta,
                               const RotaryScaling &scaling,
                               std::optional<std::int64_t> rotary_dim,
                               bool interleaved, const Stream &stream,
                               std::source_location where) {
  compute_into<FromPositions>(
      stream, where, std::tie(out), x, positions, theta, rotary_dim,
      interleaved, scaling.kind, scaling.factor, scaling.low_freq_factor,
      scaling.high_freq_factor, scaling.original_max_position,
      scaling.beta_fast, scaling.beta_slow, scaling.mscale,
      scaling.mscale_all_dim, scaling.attention_factor);
}

OpEntry entry_of_rotary_from_positions() {
  return op_entry<FromPositions>(
      {"attention",
       "rotary_position_embedding of a model's configuration",
       {std::begin(attention_floats), std::end(attention_floats)},
       {}});
}

} // namespace girih::ops
