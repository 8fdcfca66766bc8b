// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/convolution/dense.h"
#include "girih/ops/matmul/product.h"
#include "girih/ops/sizes.h"

namespace girih::ops {

namespace {

// x as [G, M, W, C] and weight as [G, W, C, K] for M positions and W places:
// tiles of the two matrices, a level over what they are summed over.
class DenseTiles {
public:
  explicit DenseTiles(bool flat) : flat_(flat) {}

  Tensor left(const Tensor &x, const Tensor &out) const {
    const Tensor tiles = flat_ ? x.flatten(2)
                                     .tile({1, BM, BK})
                                     .at(1, squeeze(0))
                                     .tile({1, 1, whole})
                                     .squeeze(2)
                                     .at(1, squeeze({0, 1}))
                               : x.tile({1, BM, 1, BK})
                                     .at(1, squeeze({0, 2}))
                                     .tile({1, 1, whole, whole})
                                     .squeeze({2, 3})
                                     .at(1, squeeze({0, 1}))
                                     .at(1, flatten());
    return tiles.unsqueeze(2).expand({keep, keep, out.size(2)});
  }
  Tensor right(const Tensor &weight, const Tensor &out) const {
    const Tensor tiles = flat_ ? weight.flatten(1, 3)
                                     .tile({1, BK, BN})
                                     .at(1, squeeze(0))
                                     .tile({1, whole, 1})
                                     .squeeze(1)
                                     .at(1, squeeze({0, 2}))
                               : weight.tile({1, 1, BK, BN})
                                     .at(1, squeeze({0, 1}))
                                     .tile({1, whole, whole, 1})
                                     .squeeze({1, 2})
                                     .at(1, squeeze({0, 3}))
                                     .at(1, flatten());
    return tiles.unsqueeze(1).expand({keep, out.size(1), keep});
  }
  /// [G, M, K] as tiles.
  Tensor result(const Tensor &out) const {
    return out.tile({1, BM, BN}).at(1, squeeze(0));
  }
  Tensor bias(const Tensor &b, const Tensor &out) const {
    return b.rank() == 0 ? b
                         : b.tile({1, BN})
                               .at(1, squeeze(0))
                               .unsqueeze(1)
                               .expand({keep, out.size(1), keep});
  }

private:
  bool flat_;
  Size BM = block_size("BM"), BN = block_size("BN"), BK = block_size("BK");
};

// The constant PHASES; 0: one of each dimension.
struct Phases {
  std::int64_t code = constexpr_value<std::int64_t>("PHASES", 0);

  int count(int dim) const { return arrange::digit(code, 2 * dim); }
  int before(int dim) const { return arrange::digit(code, 2 * dim + 1); }
};

// out[N, P..., G, K] as [N, M..., G, K phases...], M positions of windows.
Tensor by_phases(const Tensor &out, const Phases &phases,
                 const arrange::Windows &windows) {
  const int dims = windows.dims(), groups = 1 + dims;
  std::vector<Padding> padding(static_cast<std::size_t>(out.rank()));
  Extents sizes(static_cast<std::size_t>(out.rank()), 1);
  for (int i = 0; i < dims; ++i) {
    const auto at = static_cast<std::size_t>(1 + i);
    sizes[at] = phases.count(i);
    padding[at] = {phases.before(i), windows.positions(i) * phases.count(i) -
                                         phases.before(i) - out.size(1 + i)};
  }
  return out.pad(padding)
      .tile(sizes)
      .at(1, squeeze({0, groups, groups + 1}))
      .ravel()
      .flatten(groups + 1);
}

// Of bias[G, K], the same.
Tensor by_phases(const Tensor &bias, const Phases &phases, int dims) {
  int all = 1;
  for (int i = 0; i < dims; ++i)
    all *= phases.count(i);
  return bias.rank() == 0
             ? bias
             : bias.unsqueeze(2).expand({keep, keep, all}).flatten(1);
}

Arrangement dense(const Tensor &x, const Tensor &weight, Tensor bias,
                  const arrange::WindowOperands &numbers, Tensor out) {
  const arrange::Windows windows(numbers, 3);
  if (const Phases phases; phases.code != 0) {
    out = by_phases(out, phases, windows);
    bias = by_phases(bias, phases, windows.dims());
  }
  // With the dimensions that make up M in the order of `order`.
  const auto rows = [](const Tensor &t, std::vector<int> order, int groups,
                       int channels) {
    order.insert(order.begin(), groups);
    order.push_back(channels);
    return t.permute(order).flatten(1, -1);
  };
  std::vector<int> positions{0}, of_out;
  for (int i = 0; i < windows.dims(); ++i)
    positions.push_back(3 + i);
  for (int i = 0; i + 2 < out.rank(); ++i)
    of_out.push_back(i);
  const DenseTiles cut(constexpr_value<bool>("FLAT", false));
  const Tensor ct =
      cut.result(rows(out, of_out, out.rank() - 2, out.rank() - 1));
  const Tensor places = rows(windows.of(x), positions, 1, 2)
                            .at(1, flatten())
                            .ravel()
                            .permute({0, 1, 3, 2});
  const Tensor filters = weight.flatten(3).permute({0, 3, 2, 1});
  const auto seen = [&](const Tensor &t) {
    return arrange::only_sizes(t, ct.shape());
  };
  return arranged(cut.left(places, ct), cut.right(filters, ct),
                  cut.bias(bias, ct), seen(numbers.sizes), seen(numbers.steps),
                  seen(numbers.before), ct);
}

void application(In x, In weight, In bias, In, In, In, Out out) {
  const Precision precision =
      constexpr_value<bool>("TF32", false) ? Precision::tf32 : Precision::ieee;
  const DType type = accumulator(x.dtype());
  Tile acc = zeros(out.shape(), type);
  for (Index k : range(x.size(0)))
    acc += dot(x[k], weight[k], precision);
  Tile y = acc;
  if (!bias.shape().empty())
    y = y + cast(bias, type);
  out = y;
}

Kernel make_kernel(const char *name) {
  return Kernel(make_source(
      name,
      [](Tensor x, Tensor weight, Tensor bias, Tensor sizes, Tensor steps,
         Tensor before, Tensor out) {
        return dense(x, weight, bias, {sizes, steps, before}, out);
      },
      application, {"x", "weight", "bias", "sizes", "steps", "before", "out"}));
}

std::int64_t block_for(std::int64_t size, std::int64_t most) {
  return std::clamp<std::int64_t>(power_of_two(size), 16, most);
}

// Two programs for every multiprocessor of today's GPUs.
constexpr std::int64_t enough_programs = 264;

// How deep a tile is: as deep as 128 bytes on tensor cores, where that leaves
// no part of the channels over.
std::int64_t depth_of(std::int64_t channels, std::int64_t bytes, bool flat,
                      bool tensor_cores) {
  if (!tensor_cores)
    return 16;
  std::int64_t depth = 128 / bytes;
  while (depth > 16 && (flat ? depth > 64 / bytes
                             : channels % depth != 0 && channels < 4 * depth))
    depth /= 2;
  return depth;
}

// On CUDA cores tiles are narrower than on tensor cores, as registers hold no
// more than the sums, and so they are where addresses are many: of phases of
// three dimensions each output has its own. Smaller ones where those would
// leave multiprocessors without work.
std::optional<Config> config_of(const ConvolutionViews &views,
                                const WindowNumbers &windows, bool flat,
                                bool tf32, const PhaseNumbers &phases) {
  const Array &out = views.out;
  if (!is_on_gpu(out))
    return std::nullopt;
  const std::int64_t bytes = bits(out.dtype()) / 8,
                     filters = views.weight.size(1);
  std::int64_t positions = out.size(0);
  for (const std::int64_t count : windows.positions)
    positions *= count;
  const bool tensor_cores = bytes == 2 || tf32;
  const bool scattered = phases.all() > 1 && windows.dims == 3;
  std::int64_t rows = block_for(positions, bytes == 8 || scattered ? 64 : 128),
               columns = block_for(filters, tensor_cores && !flat ? 128 : 64);
  const auto programs = [&] {
    return out.size(1) * pieces_of(positions, rows) *
           pieces_of(filters, columns);
  };
  while (programs() < enough_programs && std::max(rows, columns) > 32)
    (columns > 64 || columns > rows ? columns : rows) /= 2;
  Config config;
  config.blocks = {
      {"BM", rows},
      {"BN", columns},
      {"BK", depth_of(views.weight.size(2), bytes, flat, tensor_cores)}};
  // Of large tiles on tensor cores warps have few registers left beside sums,
  // and few warps wait for one address after the other.
  config.num_warps = rows * columns <= 2048                    ? 2
                     : tensor_cores && rows * columns >= 16384 ? 8
                                                               : 4;
  config.num_stages = rows * columns < 128 * 64 ? 4 : 3;
  return config;
}

} // namespace

const Kernel &dense_kernel(int dims) {
  static const std::array<Kernel, 3> made{
      make_kernel("conv1d"), make_kernel("conv2d"), make_kernel("conv3d")};
  return made[static_cast<std::size_t>(dims - 1)];
}

Kernel phases_kernel(int dims, const PhaseNumbers &phases) {
  static const std::array<Kernel, 3> made{make_kernel("conv_transpose1d"),
                                          make_kernel("conv_transpose2d"),
                                          make_kernel("conv_transpose3d")};
  const std::array digits{phases.count[0],  phases.before[0], phases.count[1],
                          phases.before[1], phases.count[2],  phases.before[2]};
  return made[static_cast<std::size_t>(dims - 1)].with("PHASES",
                                                       code_of(digits));
}

void launch_dense(const Call &call, const ConvolutionViews &views,
                  const WindowNumbers &windows, bool tf32,
                  const PhaseNumbers &phases) {
  const bool flat =
      views.weight.size(2) < least_channels && windows.places() > 1;
  Kernel kernel = phases.all() == 1 ? dense_kernel(windows.dims)
                                    : phases_kernel(windows.dims, phases);
  if (flat)
    kernel = kernel.with("FLAT", true);
  if (tf32)
    kernel = kernel.with("TF32", true);
  const WindowArrays numbers(windows, views.weight);
  // [N, P..., G, K], and what can be of it as one dimension M.
  Array out = moved_last(moved_last(views.out, 1), 1);
  if (phases.all() == 1)
    out = joined_dims(out, out.rank() - 2);
  const std::array<const Array *, 7> operands{
      &views.x,       &views.weight,   &views.bias, &numbers.sizes,
      &numbers.steps, &numbers.before, &out};
  kernel.run(operands,
             {.config = config_of(views, windows, flat, tf32, phases),
              .stream = call.stream},
             call.where);
}

} // namespace girih::ops
