// SPDX-License-Identifier: Apache-2.0
// batch_norm: out = (x - mean) * rsqrt(variance + eps) * weight + bias
//
// Shapes: x[N, C, ...], everything else [C]. With training, mean and variance
// (divided by the number of elements) are those of each channel, and
// running_mean and running_var, where given, become (1 - momentum) times
// themselves plus momentum times the mean and the variance divided by that
// number less one; otherwise they are what x is normalised by. Dtypes: f64 f32
// f16 bf16, of the others too; computed in f32 (f64 for f64) and rounded once.
// Programs make moments of parts of a channel, relative to a first mean, one
// kernel joins them, and one applies them: two reads of x and a write.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: torch.nn.functional.batch_norm.
#include "girih/ops/normalisation.h"
#include "girih/ops/normalisation/channels.h"
#include "girih/ops/sizes.h"

#include <algorithm>

namespace girih::ops {

namespace {

// x[N, C, ...] as [N, C, S].
Tensor joined(const Tensor &x) {
  return constexpr_value<int>("INNER", 1) > 1 ? x.flatten(2) : x;
}

// Moments of BC channels, of PART elements of the batch: [P, C]. What is added
// up is relative to the mean of the first tile, as one of the elements is about
// as far from the mean as all are.
void moments_application(In x, Out means, Out squares, Out counts) {
  const DType type = means.dtype();
  Tile first = sum(cast(x[{0, 0}].in_bounds(), type), dim(1).kept());
  Tile pivot = sum(cast(x[{0, 0}], type), dim(1).kept()) / max(first, 1);
  Tile count = zeros(x.shape(), type), apart = count, square = count;
  for (Index i : range(x.size(0)))
    for (Index j : range(x.size(1))) {
      Tile next =
          where(x[{i, j}].in_bounds(), cast(x[{i, j}], type) - pivot, 0);
      count = count + cast(x[{i, j}].in_bounds(), type);
      apart = apart + next;
      square = fma(next, next, square);
    }
  Tile total = sum(count, dim(1).kept());
  Tile sums = sum(apart, dim(1).kept());
  Tile shift = sums / max(total, 1);
  means = reshape(pivot + shift, means.shape());
  squares = reshape(max(sum(square, dim(1).kept()) - sums * shift, 0),
                    squares.shape());
  counts = reshape(total, counts.shape());
}

const Kernel &moments_kernel() {
  static const Kernel made{make_source(
      "batch_norm_moments",
      [](Tensor x, Tensor means, Tensor squares, Tensor counts) {
        auto BC = block_size("BC", 1), BS = block_size("BS", 1024),
             PART = block_size("PART", 8);
        auto parts = joined(x)
                         .tile({1, BC, BS})
                         .tile({PART, 1, whole})
                         .squeeze(2)
                         .at(1, squeeze(1))
                         .at(2, squeeze(0));
        auto cut = [&](Tensor t) { return t.tile({1, BC}).at(1, squeeze(0)); };
        return arranged(parts, cut(means), cut(squares), cut(counts));
      },
      moments_application, {"x", "means", "squares", "counts"})};
  return made;
}

// Moments of all parts together; [BC] each.
struct Moments {
  Tile mean, square, count;
};
Moments joined_moments(const In &means, const In &squares, const In &counts) {
  Tile total = zeros(means.shape(), means.dtype()), weighted = total,
       square = total;
  for (Index p : range(means.size(0))) {
    total = total + counts[p];
    weighted = weighted + means[p] * counts[p];
  }
  Tile mean = weighted / total;
  for (Index p : range(means.size(0))) {
    Tile apart = means[p] - mean;
    square = square + squares[p] + counts[p] * apart * apart;
  }
  return {mean, square, total};
}

void join_application(In means, In squares, In counts, Out mean, Out variance) {
  const Moments all = joined_moments(means, squares, counts);
  mean = all.mean;
  variance = all.square / all.count;
}

void update_application(In means, In squares, In counts, In momentum, Out mean,
                        Out variance, InOut running_mean, InOut running_var) {
  const Moments all = joined_moments(means, squares, counts);
  const DType type = means.dtype();
  mean = all.mean;
  variance = all.square / all.count;
  Tile share = cast(momentum, type), kept = 1 - share;
  running_mean = cast(running_mean, type) * kept + all.mean * share;
  running_var =
      cast(running_var, type) * kept + all.square / (all.count - 1) * share;
}

Tensor parts_of(const Tensor &t, const Size &BC) {
  return t.tile({1, BC})
      .tile({whole, 1})
      .at(1, squeeze(1))
      .at(2, squeeze(0))
      .squeeze(0);
}

const Kernel &join_kernel() {
  static const Kernel made{make_source(
      "batch_norm_join",
      [](Tensor means, Tensor squares, Tensor counts, Tensor mean,
         Tensor variance) {
        auto BC = block_size("BC", 128);
        return arranged(parts_of(means, BC), parts_of(squares, BC),
                        parts_of(counts, BC), mean.tile({BC}),
                        variance.tile({BC}));
      },
      join_application, {"means", "squares", "counts", "mean", "variance"})};
  return made;
}

const Kernel &update_kernel() {
  static const Kernel made{make_source(
      "batch_norm_update",
      [](Tensor means, Tensor squares, Tensor counts, Tensor momentum,
         Tensor mean, Tensor variance, Tensor running_mean,
         Tensor running_var) {
        auto BC = block_size("BC", 128);
        return arranged(parts_of(means, BC), parts_of(squares, BC),
                        parts_of(counts, BC), momentum, mean.tile({BC}),
                        variance.tile({BC}), running_mean.tile({BC}),
                        running_var.tile({BC}));
      },
      update_application,
      {"means", "squares", "counts", "momentum", "mean", "variance",
       "running_mean", "running_var"})};
  return made;
}

void apply_application(In x, In mean, In variance, In weight, In bias, In eps,
                       Out out) {
  const DType type = computed(x.dtype());
  const auto column = [&](const In &t) { return unsqueeze(cast(t, type), 1); };
  Tile scale = rsqrt(column(variance) + cast(eps, type));
  Tile y = (cast(x, type) - column(mean)) * scale;
  if (!weight.shape().empty())
    y = y * column(weight);
  if (!bias.shape().empty())
    y = y + column(bias);
  out = y;
}

const Kernel &apply_kernel() {
  static const Kernel made{make_source(
      "batch_norm",
      [](Tensor x, Tensor mean, Tensor variance, Tensor weight, Tensor bias,
         Tensor eps, Tensor out) {
        auto BC = block_size("BC", 1), BS = block_size("BS", 1024);
        auto ct = joined(out).tile({1, BC, BS}).at(1, squeeze(0));
        auto per_channel = [&](Tensor t) {
          return t.rank() == 0 ? t
                               : t.tile({BC}).unsqueeze(1).unsqueeze(0).expand(
                                     {ct.size(0), keep, ct.size(2)});
        };
        return arranged(joined(x).tile({1, BC, BS}).at(1, squeeze(0)),
                        per_channel(mean), per_channel(variance),
                        per_channel(weight), per_channel(bias), eps, ct);
      },
      apply_application,
      {"x", "mean", "variance", "weight", "bias", "eps", "out"})};
  return made;
}

// So many elements, as long as what is behind the channels lets them be.
Config blocks_of(const ChannelViews &views, std::int64_t elements) {
  const std::int64_t columns = std::min(power_of_two(views.length), elements);
  Config config;
  config.blocks = {
      {"BS", columns},
      {"BC", std::min(power_of_two(views.x.size(1)), elements / columns)}};
  return config;
}

struct Statistics {
  Array mean, variance;
};

// Programs that keep a GPU's memory busy, and how many of them may share a
// channel: their moments are joined one after the other.
constexpr std::int64_t enough_programs = 1056, most_parts = 8;

Statistics moments(const Call &call, const ChannelViews &views,
                   const std::optional<Array> &running_mean,
                   const std::optional<Array> &running_var, double momentum) {
  const Array &x = views.x;
  const DType type = computed(x.dtype());
  const std::int64_t batch = x.size(0), channels = x.size(1);
  Config config = blocks_of(views, 2048);
  const std::int64_t columns = pieces_of(channels, config.blocks.at("BC"));
  const std::int64_t wanted = std::clamp<std::int64_t>(
      pieces_of(enough_programs, columns), 1, std::min(batch, most_parts));
  const std::int64_t part = pieces_of(batch, wanted),
                     parts = pieces_of(batch, part);
  config.blocks["PART"] = part;
  const auto scratch = [&](std::initializer_list<std::int64_t> shape) {
    return allocate_result(std::span(shape.begin(), shape.size()), type,
                           x.device(), call.stream);
  };
  const Array means = scratch({parts, channels}),
              squares = scratch({parts, channels}),
              counts = scratch({parts, channels});
  const Statistics out{scratch({channels}), scratch({channels})};
  const std::array operands{&x, &means, &squares, &counts};
  const Kernel &chosen = moments_kernel();
  (views.inner == 1 ? chosen : chosen.with("INNER", views.inner))
      .run(operands, {.config = config, .stream = call.stream}, call.where);
  if (!running_mean) {
    call.run(join_kernel(),
             {&means, &squares, &counts, &out.mean, &out.variance});
    return out;
  }
  const Array share = Array::scalar(momentum, type);
  call.run(update_kernel(), {&means, &squares, &counts, &share, &out.mean,
                             &out.variance, &*running_mean, &*running_var});
  return out;
}

struct BatchNorm {
  static constexpr std::string_view signature =
      "batch_norm(x, running_mean: array? = None, running_var: array? = None, "
      "weight: array? = None, bias: array? = None, training: bool = False, "
      "momentum: float = 0.1, eps: float = 1e-05) -> out";
  static Shaped result(const Call &call, const Array &x,
                       const std::optional<Array> &running_mean,
                       const std::optional<Array> &running_var,
                       const std::optional<Array> &weight,
                       const std::optional<Array> &bias, bool training, double,
                       double) {
    check_channels(call, x,
                   {{"running_mean", running_mean},
                    {"running_var", running_var},
                    {"weight", weight},
                    {"bias", bias}});
    call.require(running_mean.has_value() == running_var.has_value(),
                 "running_mean and running_var must both be given, or neither");
    call.require(training || running_mean,
                 "running_mean and running_var must be given unless training");
    call.require(!training || x.numel() == 0 || x.numel() != x.size(1),
                 "training needs more than one element for each channel",
                 {{"x", x}});
    return {dims_of(x.shape()), x.dtype()};
  }
  static void launch(const Call &call, const Array &x,
                     const std::optional<Array> &running_mean,
                     const std::optional<Array> &running_var,
                     const std::optional<Array> &weight,
                     const std::optional<Array> &bias, bool training,
                     double momentum, double eps, const Array &out) {
    ChannelViews views(x, out, 1);
    // [N, 1, C, ...] without the 1.
    views.x = views.x.select(1, 0);
    views.out = views.out.select(1, 0);
    const Statistics found =
        training ? moments(call, views, running_mean, running_var, momentum)
                 : Statistics{*running_mean, *running_var};
    const Array none = Array::scalar(0, f32),
                small = Array::scalar(eps, computed(x.dtype()));
    const std::array<const Array *, 7> operands{&views.x,
                                                &found.mean,
                                                &found.variance,
                                                weight ? &*weight : &none,
                                                bias ? &*bias : &none,
                                                &small,
                                                &views.out};
    const Kernel &chosen = apply_kernel();
    (views.inner == 1 ? chosen : chosen.with("INNER", views.inner))
        .run(operands,
             {.config = blocks_of(views, 1024), .stream = call.stream},
             call.where);
  }
};

} // namespace

Array batch_norm(const Array &x, const std::optional<Array> &running_mean,
                 const std::optional<Array> &running_var,
                 const std::optional<Array> &weight,
                 const std::optional<Array> &bias, bool training,
                 double momentum, double eps, const Stream &stream,
                 std::source_location where) {
  return compute<BatchNorm>(stream, where, x, running_mean, running_var, weight,
                            bias, training, momentum, eps);
}

void batch_norm_out(const Array &x, const Array &out,
                    const std::optional<Array> &running_mean,
                    const std::optional<Array> &running_var,
                    const std::optional<Array> &weight,
                    const std::optional<Array> &bias, bool training,
                    double momentum, double eps, const Stream &stream,
                    std::source_location where) {
  compute_into<BatchNorm>(stream, where, std::tie(out), x, running_mean,
                          running_var, weight, bias, training, momentum, eps);
}

OpEntry entry_of_batch_norm() {
  using Shapes = std::vector<OperandShape>;
  const auto entry = [](const Kernel &kernel, auto operands) {
    return KernelEntry{.name = kernel.name(),
                       .kernel = kernel,
                       .dtypes = {std::begin(floats), std::end(floats)},
                       .size_names = {"N", "C", "S"},
                       .sizes = {32, 64, 4096},
                       .picture_sizes = {2, 2, 3},
                       .operands = operands};
  };
  const auto channels = [](DType dtype, std::int64_t c, std::size_t count) {
    return Shapes(count, {computed(dtype), {c}, {}});
  };
  return op_entry<BatchNorm>(
      {"normalisation",
       "(x - mean) * rsqrt(variance + eps) * weight + bias of each channel",
       {std::begin(floats), std::end(floats)},
       {entry(apply_kernel(),
              [channels](DType dtype, std::span<const std::int64_t> sizes) {
                const std::vector<std::int64_t> all(sizes.begin(), sizes.end());
                Shapes shapes = channels(dtype, sizes[1], 6);
                shapes.front() = {dtype, all, {}};
                shapes.back() = {computed(dtype), {}, {}, true};
                shapes[5] = {computed(dtype), {}, {}, true};
                shapes.push_back({dtype, all, {}});
                return shapes;
              }),
        entry(moments_kernel(),
              [](DType dtype, std::span<const std::int64_t> sizes) {
                const std::int64_t n = sizes[0], c = sizes[1], s = sizes[2];
                Shapes shapes(4, {computed(dtype), {(n + 7) / 8, c}, {}});
                shapes.front() = {dtype, {n, c, s}, {}};
                return shapes;
              }),
        entry(join_kernel(),
              [channels](DType dtype, std::span<const std::int64_t> sizes) {
                Shapes shapes = channels(dtype, sizes[1], 5);
                for (std::size_t at = 0; at < 3; ++at)
                  shapes[at].sizes = {4, sizes[1]};
                return shapes;
              }),
        entry(update_kernel(),
              [channels](DType dtype, std::span<const std::int64_t> sizes) {
                Shapes shapes = channels(dtype, sizes[1], 8);
                for (std::size_t at = 0; at < 3; ++at)
                  shapes[at].sizes = {4, sizes[1]};
                shapes[3] = {computed(dtype), {}, {}, true};
                return shapes;
              })}});
}

} // namespace girih::ops
