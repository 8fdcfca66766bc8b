// SPDX-License-Identifier: Apache-2.0
// group_norm: out = (x - mean) * rsqrt(variance + eps) * weight + bias
//
// Shapes: x[N, C, ...], weight[C] and bias[C] or none; mean and variance
// (divided by the number of elements) are over each of num_groups groups of
// neighbouring channels of an element of the batch. Dtypes: f64 f32 f16 bf16,
// of weight and bias too; computed in f32 (f64 for f64) and rounded once. A
// group that fits a tile, of one block or spread over a cluster, is read once;
// a larger one is walked over twice, as long rows in layer_norm.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: torch.nn.functional.group_norm.
#include "girih/ops/normalisation/group_norm.h"

#include "girih/ops/normalisation.h"
#include "girih/ops/normalisation/spread.h"
#include "girih/ops/sizes.h"

namespace girih::ops {

namespace {

constexpr std::int64_t largest_group = 16384;

// x[N, G, K, ...] as [N, G, K, S].
Tensor joined(const Tensor &x) {
  return constexpr_value<int>("INNER", 1) > 1 ? x.flatten(3) : x;
}

Tensor whole_cut(const Tensor &x, const Size &K, const Size &S) {
  return x.tile({1, 1, K, S}).at(1, squeeze({0, 1}));
}

Tensor looped_cut(const Tensor &x, const Size &K, const Size &S) {
  return x.tile({1, 1, K, S})
      .tile({1, 1, whole, whole})
      .at(1, squeeze({0, 1}))
      .at(2, squeeze({0, 1}))
      .squeeze({2, 3});
}

// w[G, K]: tiles [K], for each element of the batch.
Tensor weight_cut(const Tensor &w, const Size &K, bool looped,
                  const Tensor &out) {
  if (w.rank() == 0)
    return w;
  const Tensor tiles = w.tile({1, K}).at(1, squeeze(0));
  if (looped)
    return tiles.tile({1, whole})
        .at(1, squeeze(0))
        .squeeze(1)
        .unsqueeze(0)
        .expand({out.size(0), keep});
  return tiles.unsqueeze(0).unsqueeze(3).expand(
      {out.size(0), keep, keep, out.size(3)});
}

Tile group_size(const In &x, DType dtype) {
  Index size = x.source_size(2);
  for (int dim = 3; dim < 3 + constexpr_value<int>("INNER", 1); ++dim)
    size = size * x.source_size(dim);
  return cast(size, dtype);
}

Tile column(const Located &weight, DType dtype) {
  return unsqueeze(cast(weight, dtype), 1);
}

// The sum of all elements. On a GPU a thread adds up what it has of a tile of
// one dimension, of which there is a power of two, before others are asked.
Tile total(const Tile &x) {
  return constexpr_value<bool>("FLAT", false) ? sum(reshape(x, {-1})) : sum(x);
}

void whole_application(In x, In weight, In bias, In eps, Out out) {
  const DType type = computed(x.dtype());
  Tile all = cast(x, type), count = group_size(x, type);
  Tile mean = total(all) / count;
  Tile apart = all - mean, inside = where(x.in_bounds(), apart, 0);
  Tile variance = total(inside * inside) / count;
  Tile y = apart * rsqrt(variance + cast(eps, type));
  if (!weight.shape().empty())
    y = y * column(weight, type);
  if (!bias.shape().empty())
    y = y + column(bias, type);
  out = y;
}

// Sums are relative to the mean of the first tile, which is about as far from
// the mean as elements are.
void looped_application(In x, In weight, In bias, In eps, Out out) {
  const DType type = computed(x.dtype());
  Tile pivot =
      sum(cast(x[{0, 0}], type)) / sum(cast(x[{0, 0}].in_bounds(), type));
  Tile sums = zeros(x.shape(), type), squares = sums;
  for (Index i : range(x.size(0)))
    for (Index j : range(x.size(1))) {
      Tile apart =
          where(x[{i, j}].in_bounds(), cast(x[{i, j}], type) - pivot, 0);
      sums = sums + apart;
      squares = fma(apart, apart, squares);
    }
  Tile count = group_size(x, type), all = sum(sums), shift = all / count;
  Tile mean = pivot + shift;
  Tile variance = max(sum(squares) - all * shift, 0) / count;
  Tile scale = rsqrt(variance + cast(eps, type));
  // From the end, which is still in the cache.
  for (Index turn : range(x.size(0))) {
    const Index i = x.size(0) - 1 - turn;
    for (Index j : range(x.size(1))) {
      Tile y = (cast(x[{i, j}], type) - mean) * scale;
      if (!weight.shape().empty())
        y = y * column(weight[i], type);
      if (!bias.shape().empty())
        y = y + column(bias[i], type);
      out[{i, j}] = y;
    }
  }
}

const Kernel &whole_kernel() {
  static const Kernel made{make_source(
      "group_norm",
      [](Tensor x, Tensor weight, Tensor bias, Tensor eps, Tensor out) {
        const Tensor y = joined(out);
        auto K = covering_block("K", y.size(2)),
             S = covering_block("S", y.size(3));
        const Tensor ct = whole_cut(y, K, S);
        return arranged(whole_cut(joined(x), K, S),
                        weight_cut(weight, K, false, ct),
                        weight_cut(bias, K, false, ct), eps, ct);
      },
      whole_application, {"x", "weight", "bias", "eps", "out"})};
  return made;
}

const Kernel &looped_kernel() {
  static const Kernel made{make_source(
      "group_norm_long",
      [](Tensor x, Tensor weight, Tensor bias, Tensor eps, Tensor out) {
        auto K = block_size("K", 1), S = block_size("S", 2048);
        const Tensor ct = looped_cut(joined(out), K, S);
        return arranged(looped_cut(joined(x), K, S),
                        weight_cut(weight, K, true, ct),
                        weight_cut(bias, K, true, ct), eps, ct);
      },
      looped_application, {"x", "weight", "bias", "eps", "out"})};
  return made;
}

// 16 elements a thread, as long as the last dimension lets them be. On a GPU
// one program of many threads a multiprocessor: what all of them read once is
// in the second cache when it is read again. Of 16 bits the 64 registers that
// each of 1024 threads has are enough, but for two long rows of channels.
Config looped_config(std::int64_t channels, std::int64_t length, DType dtype,
                     Device device) {
  const bool wide =
      device.kind == Device::Kind::cuda && channels * length >= 32768;
  const bool widest = wide && bits(dtype) == 16;
  const std::int64_t elements = widest ? 16384 : wide ? 8192 : 2048;
  Config config;
  config.num_warps = widest ? 32 : wide ? 16 : 4;
  const std::int64_t longest = widest && channels > 1 ? 4096 : elements;
  const std::int64_t columns = std::min(power_of_two(length), longest);
  config.blocks = {{"S", columns},
                   {"K", std::min(power_of_two(channels), elements / columns)}};
  return config;
}

Config spread_config(std::int64_t channels, std::int64_t length) {
  Config config;
  config.blocks = {{"K", power_of_two(channels)}, {"S", power_of_two(length)}};
  const std::int64_t elements = power_of_two(channels) * power_of_two(length);
  spread::set(config, elements, spread::each(elements));
  return config;
}

struct GroupNorm {
  static constexpr std::string_view signature =
      "group_norm(x, num_groups: int, weight: array? = None, "
      "bias: array? = None, eps: float = 1e-05) -> out";
  static Shaped result(const Call &call, const Array &x,
                       std::int64_t num_groups,
                       const std::optional<Array> &weight,
                       const std::optional<Array> &bias, double) {
    check_channels(call, x, {{"weight", weight}, {"bias", bias}});
    call.require(num_groups > 0 && x.size(1) % num_groups == 0,
                 "num_groups must divide the channels, size 1 of x",
                 {{"x", x}});
    return {dims_of(x.shape()), x.dtype()};
  }
  static void launch(const Call &call, const Array &x, std::int64_t num_groups,
                     const std::optional<Array> &weight,
                     const std::optional<Array> &bias, double eps,
                     const Array &out) {
    launch_group_norm(call, x, num_groups, weight, bias, eps, out);
  }
};

} // namespace

void launch_group_norm(const Call &call, const Array &x, std::int64_t groups,
                       const std::optional<Array> &weight,
                       const std::optional<Array> &bias, double eps,
                       const Array &out) {
  const ChannelViews views(x, out, groups);
  const Array w = channel_view(weight, groups), b = channel_view(bias, groups),
              small = Array::scalar(eps, computed(x.dtype()));
  const std::int64_t channels = x.size(1) / groups;
  const std::int64_t elements =
      power_of_two(channels) * power_of_two(views.length);
  const bool fits = elements <= largest_group;
  const int width = bits(x.dtype());
  const auto is_plain = [width](const std::optional<Array> &array) {
    return !array || spread::is_plain(*array, width);
  };
  const bool spread = !fits && width <= 32 &&
                      spread::holds(elements, x.device()) && is_plain(x) &&
                      is_plain(out) && is_plain(weight) && is_plain(bias);
  const bool looped = !fits && !spread;
  const Kernel &chosen = looped ? looped_kernel() : whole_kernel();
  Kernel kernel = views.inner == 1 ? chosen : chosen.with("INNER", views.inner);
  if (spread)
    kernel = kernel.with("FLAT", true);
  LaunchOptions options{.config = {}, .stream = call.stream};
  if (looped)
    options.config =
        looped_config(channels, views.length, x.dtype(), x.device());
  if (spread)
    options.config = spread_config(channels, views.length);
  const std::array operands{&views.x, &w, &b, &small, &views.out};
  kernel.run(operands, options, call.where);
}

Array group_norm(const Array &x, std::int64_t num_groups,
                 const std::optional<Array> &weight,
                 const std::optional<Array> &bias, double eps,
                 const Stream &stream, std::source_location where) {
  return compute<GroupNorm>(stream, where, x, num_groups, weight, bias, eps);
}

void group_norm_out(const Array &x, std::int64_t num_groups, const Array &out,
                    const std::optional<Array> &weight,
                    const std::optional<Array> &bias, double eps,
                    const Stream &stream, std::source_location where) {
  compute_into<GroupNorm>(stream, where, std::tie(out), x, num_groups, weight,
                          bias, eps);
}

OpEntry entry_of_group_norm() {
  const auto entry = [](const Kernel &kernel, std::int64_t length) {
    return KernelEntry{
        .name = kernel.name(),
        .kernel = kernel,
        .dtypes = {std::begin(floats), std::end(floats)},
        .size_names = {"N", "G", "K", "S"},
        .sizes = {32, 32, 8, length},
        .picture_sizes = {1, 2, 2, 3},
        .operands = [](DType dtype, std::span<const std::int64_t> sizes) {
          const std::int64_t n = sizes[0], g = sizes[1], k = sizes[2],
                             s = sizes[3];
          return std::vector<OperandShape>{{dtype, {n, g, k, s}, {}},
                                           {dtype, {g, k}, {}},
                                           {dtype, {g, k}, {}},
                                           {computed(dtype), {}, {}, true},
                                           {dtype, {n, g, k, s}, {}}};
        }};
  };
  return op_entry<GroupNorm>(
      {"normalisation",
       "(x - mean) * rsqrt(variance + eps) * weight + bias of groups of "
       "channels",
       {std::begin(floats), std::end(floats)},
       {entry(whole_kernel(), 1024), entry(looped_kernel(), 16384),
        spread::entry(
            "group_norm_spread", entry(whole_kernel().with("FLAT", true), 1024),
            {32, 32, 16, 4096}, "K=16 S=4096 num_warps=16 num_ctas=4")}});
}

} // namespace girih::ops
