// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/matmul/few_rows.h"

#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/sizes.h"

#include <algorithm>
#include <bit>

namespace girih::ops {

namespace {

// More are faster as a product that packs the weight first, on the host.
constexpr int most_rows = 8;
// 16-bit elements: from here on a tensor core's padded tile costs less than as
// many multiplications and conversions on CUDA cores.
constexpr int most_rows_of_halves = 4;

int rows_constant() { return constexpr_value<int>("ROWS", 1); }

// A program has BN rows of the weight and, on a GPU, ROWS of x.
struct Cut {
  Size BN, BK;
  std::int64_t rows = 1;
};
Cut wide_cut() {
  return {block_size("BN", 4), block_size("BK", 1024), rows_constant()};
}
Cut tall_cut() { return {block_size("BN"), block_size("BK")}; }

// On a GPU. Grid [M / ROWS, N / BN].
auto wide_out(const Cut &cut, const Tensor &out) {
  return out.tile({cut.rows, cut.BN});
}
auto wide_weight(const Cut &cut, const Tensor &weight, const Tensor &out) {
  return weight.tile({cut.BN, cut.BK})
      .tile({1, whole})
      .at(1, squeeze(0))
      .permute({1, 0})
      .expand({out.size(0), keep});
}
auto wide_x(const Cut &cut, const Tensor &x, const Tensor &out) {
  return x.tile({1, cut.BK})
      .tile({cut.rows, whole})
      .expand({keep, out.size(1)});
}
auto wide_bias(const Cut &cut, const Tensor &bias, const Tensor &out) {
  if (bias.rank() == 0)
    return bias;
  if (bias.rank() == 1)
    return bias.tile({cut.BN}).unsqueeze(0).expand({out.size(0), keep});
  return bias.tile({1, cut.BN}).tile({cut.rows, 1}).at(1, squeeze(1));
}
auto wide_norm(const Cut &cut, const Tensor &norm, const Tensor &out) {
  return norm.tile({cut.BK}).tile({whole}).unsqueeze(0).expand(
      {out.size(0), out.size(1)});
}

// On the host: the weight is the left matrix, a row of x a column. Grid
// [N / BN, 1], a level over the rows.
auto tall_out(const Cut &cut, const Tensor &out) {
  return out.permute({1, 0})
      .tile({cut.BN, 1})
      .tile({1, whole})
      .at(1, squeeze(0));
}
auto tall_weight(const Cut &cut, const Tensor &weight) {
  return weight.tile({cut.BN, cut.BK}).tile({1, whole}).at(1, squeeze(0));
}
auto tall_x(const Cut &cut, const Tensor &x, const Tensor &out) {
  return x.permute({1, 0})
      .tile({cut.BK, 1})
      .tile({whole, whole})
      .expand({out.size(0), keep});
}
auto tall_bias(const Cut &cut, const Tensor &bias) {
  if (bias.rank() == 2)
    return tall_out(cut, bias);
  return bias.rank() == 0 ? bias : bias.tile({cut.BN}).unsqueeze(1);
}

// Puts tiles of one row each into one.
Tile assembled(const Tiles &parts) {
  Tile all = parts[0];
  for (std::size_t at = 1; at < parts.size(); ++at)
    all = cat(all, parts[at], 0);
  return all;
}

// The sums of all lanes.
Tiles added_up(const Tiles &sums) {
  const std::vector<Located> all(sums.begin(), sums.end());
  return reduce(all, dim(1), [](Tiles a, Tiles b) {
    Tiles out;
    for (std::size_t at = 0; at < a.size(); ++at)
      out.push_back(a[at] + b[at]);
    return out;
  });
}

// One product for each row of x and each weight: [BN] sums.
Tiles wide_sums(const In &x, std::initializer_list<const In *> weights) {
  const DType type = computed(x.dtype());
  const int rows = rows_constant();
  const Shape shape = (*weights.begin())->shape();
  Tiles sums(weights.size() * static_cast<std::size_t>(rows),
             zeros(shape, type));
  for (Index k : range((*weights.begin())->size(0))) {
    std::size_t at = 0;
    for (const In *weight : weights) {
      Tile w = cast((*weight)[k], type);
      for (int row = 0; row < rows; ++row, ++at)
        sums[at] = fma(w, cast(x[{row, k}], type), sums[at]);
    }
  }
  return added_up(sums);
}

// The same of normed rows. Squares are summed beside each row of the weight, so
// that one exchange between threads serves all sums.
Tiles normed_sums(const In &x, const In &norm, const In &eps,
                  std::initializer_list<const In *> weights) {
  const DType type = computed(x.dtype());
  const auto rows = static_cast<std::size_t>(rows_constant());
  const std::size_t products = weights.size() * rows;
  Tiles sums(products + rows, zeros((*weights.begin())->shape(), type));
  for (Index k : range((*weights.begin())->size(0))) {
    Tile factor = unsqueeze(cast(norm[k], type), 0);
    Tiles values;
    for (std::size_t row = 0; row < rows; ++row) {
      Tile value = cast(x[{static_cast<int>(row), k}], type);
      sums[products + row] = sums[products + row] + value * value;
      values.push_back(value * factor);
    }
    std::size_t at = 0;
    for (const In *weight : weights) {
      Tile w = cast((*weight)[k], type);
      for (std::size_t row = 0; row < rows; ++row, ++at)
        sums[at] = fma(w, values[row], sums[at]);
    }
  }
  const Tiles all = added_up(sums);
  const Tile length = cast(x.source_size(1), type);
  Tiles made;
  for (std::size_t at = 0; at < products; ++at)
    made.push_back(all[at] *
                   rsqrt(all[products + at % rows] / length + cast(eps, type)));
  return made;
}

// A piece of the weight is in the caches for all rows but the first.
Tile tall_sum(const In &x, const In &weight, const Index &row) {
  Tile sum = zeros({weight.shape()[0], 1}, computed(x.dtype()));
  for (Index k : range(weight.size(0)))
    sum += dot(weight[k], x[{k, row}]);
  return sum;
}

// `sum` is that of one row, [1, BN] or [BN, 1] along `dim`.
Tile finished(Tile sum, const In &bias, const Index &row, int dim) {
  if (bias.shape().size() == 2)
    sum = sum + cast(bias[row], sum.dtype());
  else if (bias.shape().size() == 1)
    sum = sum + unsqueeze(cast(bias, sum.dtype()), dim);
  return activated(sum, activation_constant());
}

Tile finished_rows(const Tiles &sums, const In &bias) {
  Tiles rows;
  for (std::size_t row = 0; row < sums.size(); ++row)
    rows.push_back(finished(unsqueeze(sums[row], 0), bias, Index(row), 0));
  return assembled(rows);
}

// Sums of gates, and as many of what they scale.
Tile gated_rows(const Tiles &sums) {
  Tiles rows;
  for (std::size_t row = 0; row < sums.size() / 2; ++row)
    rows.push_back(
        unsqueeze(silu_of(sums[row]) * sums[row + sums.size() / 2], 0));
  return assembled(rows);
}

void wide_application(In x, In weight, In bias, Out out) {
  out = finished_rows(wide_sums(x, {&weight}), bias);
}

// As PyTorch has it: what is added is not read where its factor is 0.
void wide_scaled_application(In x, In weight, In bias, In alpha, In beta,
                             Out out) {
  Tiles rows;
  for (const Tile &sum : wide_sums(x, {&weight})) {
    const DType type = sum.dtype();
    Tile row = unsqueeze(sum * cast(alpha, type), 0);
    if (bias.shape().size() == 2)
      row = row + cast(beta, type) *
                      cast(bias[Index(static_cast<int>(rows.size()))], type);
    rows.push_back(row);
  }
  out = assembled(rows);
}

void wide_gated_application(In x, In gate, In up, Out out) {
  out = gated_rows(wide_sums(x, {&gate, &up}));
}

void normed_application(In x, In norm, In eps, In weight, In bias, Out out) {
  out = finished_rows(normed_sums(x, norm, eps, {&weight}), bias);
}

void normed_gated_application(In x, In norm, In eps, In gate, In up, Out out) {
  out = gated_rows(normed_sums(x, norm, eps, {&gate, &up}));
}

void tall_application(In x, In weight, In bias, Out out) {
  for (Index row : range(out.size(0)))
    out[row] = finished(tall_sum(x, weight, row), bias, row, 1);
}

void tall_gated_application(In x, In gate, In up, Out out) {
  for (Index row : range(out.size(0)))
    out[row] = silu_of(tall_sum(x, gate, row)) * tall_sum(x, up, row);
}

// The kernels of one number of rows: one for each activation.
std::vector<Kernel> activations_of(const Kernel &kernel) {
  std::vector<Kernel> all;
  for (int kind = 0; kind < static_cast<int>(std::size(activation_names));
       ++kind)
    all.push_back(kernel.with("ACTIVATION", kind));
  return all;
}

const Kernel &wide_kernel() {
  static const Kernel made{make_source(
      "linear_rows",
      [](Tensor x, Tensor weight, Tensor bias, Tensor out) {
        const Cut cut = wide_cut();
        const Tensor c = wide_out(cut, out);
        return arranged(wide_x(cut, x, c), wide_weight(cut, weight, c),
                        wide_bias(cut, bias, c), c);
      },
      wide_application, {"x", "weight", "bias", "out"})};
  return made;
}

const Kernel &wide_scaled_kernel() {
  static const Kernel made{make_source(
      "linear_rows_scaled",
      [](Tensor x, Tensor weight, Tensor bias, Tensor alpha, Tensor beta,
         Tensor out) {
        const Cut cut = wide_cut();
        const Tensor c = wide_out(cut, out);
        return arranged(wide_x(cut, x, c), wide_weight(cut, weight, c),
                        wide_bias(cut, bias, c), alpha, beta, c);
      },
      wide_scaled_application,
      {"x", "weight", "bias", "alpha", "beta", "out"})};
  return made;
}

const Kernel &wide_gated_kernel() {
  static const Kernel made{make_source(
      "linear_swiglu_rows",
      [](Tensor x, Tensor gate, Tensor up, Tensor out) {
        const Cut cut = wide_cut();
        const Tensor c = wide_out(cut, out);
        return arranged(wide_x(cut, x, c), wide_weight(cut, gate, c),
                        wide_weight(cut, up, c), c);
      },
      wide_gated_application, {"x", "gate", "up", "out"})};
  return made;
}

const Kernel &normed_kernel() {
  static const Kernel made{make_source(
      "rms_norm_linear_rows",
      [](Tensor x, Tensor norm, Tensor eps, Tensor weight, Tensor bias,
         Tensor out) {
        const Cut cut = wide_cut();
        const Tensor c = wide_out(cut, out);
        return arranged(wide_x(cut, x, c), wide_norm(cut, norm, c), eps,
                        wide_weight(cut, weight, c), wide_bias(cut, bias, c),
                        c);
      },
      normed_application, {"x", "norm", "eps", "weight", "bias", "out"})};
  return made;
}

const Kernel &normed_gated_kernel() {
  static const Kernel made{make_source(
      "rms_norm_linear_swiglu_rows",
      [](Tensor x, Tensor norm, Tensor eps, Tensor gate, Tensor up,
         Tensor out) {
        const Cut cut = wide_cut();
        const Tensor c = wide_out(cut, out);
        return arranged(wide_x(cut, x, c), wide_norm(cut, norm, c), eps,
                        wide_weight(cut, gate, c), wide_weight(cut, up, c), c);
      },
      normed_gated_application, {"x", "norm", "eps", "gate", "up", "out"})};
  return made;
}

const Kernel &tall_kernel() {
  static const Kernel made{
      make_source("linear_columns",
                  [](Tensor x, Tensor weight, Tensor bias, Tensor out) {
                    const Cut cut = tall_cut();
                    const Tensor c = tall_out(cut, out);
                    return arranged(tall_x(cut, x, c), tall_weight(cut, weight),
                                    tall_bias(cut, bias), c);
                  },
                  tall_application, {"x", "weight", "bias", "out"})};
  return made;
}

const Kernel &tall_gated_kernel() {
  static const Kernel made{
      make_source("linear_swiglu_columns",
                  [](Tensor x, Tensor gate, Tensor up, Tensor out) {
                    const Cut cut = tall_cut();
                    const Tensor c = tall_out(cut, out);
                    return arranged(tall_x(cut, x, c), tall_weight(cut, gate),
                                    tall_weight(cut, up), c);
                  },
                  tall_gated_application, {"x", "gate", "up", "out"})};
  return made;
}

std::int64_t floor_power(std::int64_t size) {
  return static_cast<std::int64_t>(std::bit_floor(
      static_cast<std::uint64_t>(std::max<std::int64_t>(size, 1))));
}

// Elements of K that a program reads at once: `unit` is what a warp does.
// Whole fractions of K leave no ragged end, and few turns of the loop.
std::int64_t depth_of(std::int64_t k, std::int64_t unit, bool one_or_two) {
  if (k <= 4 * unit)
    return std::max<std::int64_t>(pieces_of(k, unit), 1) * unit;
  if (one_or_two)
    for (const int units : {8, 6, 7, 5})
      if (k % (units * unit) == 0)
        return units * unit;
  return 4 * unit;
}

// Rows of a weight [n, k] and elements of them that a program takes at once.
struct WideTile {
  std::int64_t height = 1, depth = 1;
  int warps = 4;
};

// One row of x: what streams fastest, by measurement on an H200 (1.0 to 1.9
// times cuBLAS at 16 bits). Many rows of weight are short turns of two warps,
// few are as many bytes under way as there can be; long rows are by themselves.
WideTile tile_of_one_row(std::int64_t n, std::int64_t k, std::int64_t unit,
                         std::int64_t weights, bool normed) {
  constexpr std::int64_t many = 8192, very_many = 65536;
  WideTile tile;
  tile.height = 4 / weights;
  if (n >= many) {
    tile.depth = unit;
    tile.warps = n >= very_many ? 1 : 2;
    return tile;
  }
  const std::int64_t units = pieces_of(k, unit);
  if (units >= 16) { // rows by themselves, of short programs
    tile.height = 1;
    tile.warps = units >= 32 ? 4 : 2;
  }
  if (normed && units <= 8) { // a half while the kernel ahead still runs
    tile.height = 2 / weights;
    tile.warps = 2;
    tile.depth = unit * std::max<std::int64_t>(pieces_of(units, 2), 1);
    return tile;
  }
  tile.depth = unit * (units <= 4 ? std::max<std::int64_t>(units, 1)
                       : units % 3 == 0 && units <= 12 ? 3
                                                       : 4);
  return tile;
}

WideTile tile_of_rows(const FewRows &product, std::int64_t unit,
                      std::int64_t weights) {
  const std::int64_t rows = product.x.size(0), n = product.out.size(1);
  // Sums that a thread may hold, and programs that keep a GPU busy.
  constexpr std::int64_t sums = 64, threads = 128, programs = 264;
  WideTile tile;
  tile.depth = depth_of(product.x.size(1), unit, rows <= 2);
  tile.height = floor_power(std::min<std::int64_t>(
      sums * threads / (tile.depth * rows * weights), 8));
  while (tile.height > 1 && n / tile.height < programs)
    tile.height /= 2;
  return tile;
}

Config wide_config(const FewRows &product) {
  const std::int64_t unit = 32 * 128 / bits(product.x.dtype());
  const std::int64_t weights = product.gate ? 2 : 1;
  const WideTile tile =
      product.x.size(0) == 1
          ? tile_of_one_row(product.out.size(1), product.x.size(1), unit,
                            weights, product.norm.has_value())
          : tile_of_rows(product, unit, weights);
  Config config;
  config.blocks = {{"BN", tile.height}, {"BK", tile.depth}};
  config.num_warps = tile.warps;
  // Even of many programs each takes longer than telling that it has begun.
  config.pdl = true;
  return config;
}

} // namespace

bool suits_few_rows(std::int64_t rows, const Array &weight) {
  if (weight.stride(1) != 1 && weight.size(1) != 1)
    return false;
  if (weight.device().kind == Device::Kind::host)
    return rows <= most_rows;
  return rows <= (bits(weight.dtype()) == 16 ? most_rows_of_halves : most_rows);
}

namespace {

const Kernel &wide_kernel_of(std::int64_t rows, Activation activation) {
  static const std::vector<std::vector<Kernel>> table = [] {
    std::vector<std::vector<Kernel>> all;
    for (int each = 0; each <= most_rows; ++each)
      all.push_back(activations_of(wide_kernel().with("ROWS", each)));
    return all;
  }();
  return table[static_cast<std::size_t>(rows)]
              [static_cast<std::size_t>(activation)];
}

// A kernel for each number of rows.
std::vector<Kernel> rows_of(const Kernel &kernel) {
  std::vector<Kernel> all;
  for (int each = 0; each <= most_rows; ++each)
    all.push_back(kernel.with("ROWS", each));
  return all;
}

// With `norm`, with `gate`, or with both.
const Kernel &special_kernel_of(const FewRows &product) {
  static const std::vector<Kernel> gated = rows_of(wide_gated_kernel()),
                                   normed = rows_of(normed_kernel()),
                                   both = rows_of(normed_gated_kernel());
  const auto rows = static_cast<std::size_t>(product.x.size(0));
  return product.norm ? (product.gate ? both : normed)[rows] : gated[rows];
}

// The longest pieces of a row, whole fractions of it, that have no ragged end;
// 0: there are none.
std::int64_t whole_pieces(std::int64_t k) {
  constexpr std::int64_t longest = 4096, shortest = 64, lanes = 64;
  for (std::int64_t pieces = std::max<std::int64_t>(pieces_of(k, longest), 1);
       k / pieces >= shortest; ++pieces)
    if (k % (pieces * lanes) == 0)
      return k / pieces;
  return 0;
}

// Of several rows: pieces of the weight that stay in the second cache.
std::optional<Config> tall_config(const FewRows &product) {
  Config config;
  if (product.x.size(0) == 1) {
    const std::int64_t depth = whole_pieces(product.x.size(1));
    if (depth == 0)
      return std::nullopt;
    config.blocks = {{"BN", 64}, {"BK", depth}};
    return config;
  }
  config.blocks = {{"BN", 16},
                   {"BK", std::clamp<std::int64_t>(
                              floor_power(product.x.size(1)), 64, 4096)}};
  return config;
}

} // namespace

void launch_scaled_few_rows(const Call &call, const FewRows &product,
                            double alpha, double beta) {
  static const std::vector<Kernel> kernels = rows_of(wide_scaled_kernel());
  const DType type = computed(product.x.dtype());
  const Array none = Array::scalar(0, f32), factor = Array::scalar(alpha, type),
              of_added = Array::scalar(beta, type);
  const std::array operands{&product.x,
                            &product.weight,
                            product.bias && beta != 0 ? &*product.bias : &none,
                            &factor,
                            &of_added,
                            &product.out};
  kernels[static_cast<std::size_t>(product.x.size(0))].run(
      operands,
      {.config = wide_config(product), .stream = call.stream, .tunable = true},
      call.where);
}

void launch_few_rows(const Call &call, const FewRows &product) {
  const std::int64_t rows = product.x.size(0);
  const bool on_host = product.x.device().kind == Device::Kind::host;
  const LaunchOptions options{.config = on_host ? tall_config(product)
                                                : wide_config(product),
                              .stream = call.stream,
                              .tunable = true};
  const Array none = Array::scalar(0, f32),
              eps = Array::scalar(product.eps, computed(product.x.dtype()));
  const Array *bias = product.bias ? &*product.bias : &none;
  if (product.norm) {
    const std::array operands{&product.x,
                              &*product.norm,
                              &eps,
                              product.gate ? &*product.gate : &product.weight,
                              product.gate ? &product.weight : bias,
                              &product.out};
    return special_kernel_of(product).run(operands, options, call.where);
  }
  if (product.gate) {
    const std::array operands{&product.x, &*product.gate, &product.weight,
                              &product.out};
    const Kernel &kernel =
        on_host ? tall_gated_kernel() : special_kernel_of(product);
    return kernel.run(operands, options, call.where);
  }
  static const std::vector<Kernel> tall = activations_of(tall_kernel());
  const std::array operands{&product.x, &product.weight, bias, &product.out};
  const Kernel &kernel =
      on_host ? tall[static_cast<std::size_t>(product.activation)]
              : wide_kernel_of(rows, product.activation);
  kernel.run(operands, options, call.where);
}

namespace {

KernelEntry entry(const Kernel &kernel, bool gated) {
  return {
      .name = kernel.name(),
      .kernel = kernel,
      .dtypes = {std::begin(floats), std::end(floats)},
      .size_names = {"M", "N", "K"},
      .sizes = {1, 1536, 8960},
      .picture_sizes = {1, 5, 3},
      .operands = [gated](DType dtype, std::span<const std::int64_t> sizes) {
        const std::int64_t m = sizes[0], n = sizes[1], k = sizes[2];
        return std::vector<OperandShape>{{dtype, {m, k}, {}},
                                         {dtype, {n, k}, {}},
                                         gated ? OperandShape{dtype, {n, k}, {}}
                                               : OperandShape{dtype, {n}, {}},
                                         {dtype, {m, n}, {}}};
      }};
}

} // namespace

KernelEntry normed_entry(const Kernel &kernel, bool gated) {
  KernelEntry made = entry(kernel, gated);
  made.operands = [of_others = made.operands](
                      DType dtype, std::span<const std::int64_t> sizes) {
    std::vector<OperandShape> all = of_others(dtype, sizes);
    all.insert(all.begin() + 1, {OperandShape{dtype, {sizes[2]}, {}},
                                 OperandShape{computed(dtype), {}, {}, true}});
    return all;
  };
  return made;
}

KernelEntry scaled_entry(const Kernel &kernel) {
  KernelEntry made = entry(kernel, false);
  made.operands = [of_others = made.operands](
                      DType dtype, std::span<const std::int64_t> sizes) {
    std::vector<OperandShape> all = of_others(dtype, sizes);
    all[2].sizes = {sizes[0], sizes[1]};
    all.insert(all.end() - 1, 2, OperandShape{computed(dtype), {}, {}, true});
    return all;
  };
  return made;
}

std::vector<KernelEntry> few_rows_entries() {
  return {entry(wide_kernel(), false), entry(tall_kernel(), false),
          scaled_entry(wide_scaled_kernel())};
}

std::vector<KernelEntry> gated_few_rows_entries() {
  return {entry(wide_gated_kernel(), true)};
}

std::vector<KernelEntry> normed_few_rows_entries() {
  return {normed_entry(normed_kernel(), false)};
}

std::vector<KernelEntry> normed_gated_few_rows_entries() {
  return {normed_entry(normed_gated_kernel(), true)};
}

} // namespace girih::ops
