// SPDX-License-Identifier: Apache-2.0
// rotary_from_positions: rotary_embedding_at with the frequencies of a model's
// configuration, theta^(-2 i / R) scaled as transformers does it.
//
// Shapes: x[B, S, H, D], positions[S] or [B, S]; R is rotary_dim, else D.
// Frequencies are computed once for each device and set of numbers, on the host
// (rotary_frequencies.cpp).
// Errors: [device] [dtype] [shape] [argument] [overlap].
// Source: transformers' modeling_rope_utils.
#include "girih/ops/attention/rotary.h"

#include <map>
#include <mutex>
#include <tuple>

namespace girih::ops {

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
