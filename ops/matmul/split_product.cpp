// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/matmul/split_product.h"
#include "girih/ops/sizes.h"
#include "girih/ops/warp_groups.h"

#include <algorithm>

namespace girih::ops {

namespace {

constexpr std::int64_t few_rows = 32;
// A part of K below this many tiles costs more to start than it saves.
constexpr std::int64_t least_turns = 4;

void parts_application(In a, In b, Out parts) {
  Tile acc = zeros(parts.shape(), f32);
  for (Index k : range(a.size(0)))
    acc += dot(a[k], b[k],
               constexpr_value<bool>("TF32", false) ? Precision::tf32
                                                    : Precision::ieee);
  parts = acc;
}

// parts[S, M, N]: program (s, m, n) walks over TURNS tiles of K.
const Kernel &parts_kernel() {
  static const Kernel made{
      make_source("product_parts",
                  [](Tensor a, Tensor b, Tensor parts) {
                    auto BM = block_size("BM"), BN = block_size("BN"),
                         BK = block_size("BK"), TURNS = block_size("TURNS", 8);
                    auto ct = parts.tile({1, BM, BN}).at(1, squeeze(0));
                    auto at = a.tile({BM, BK})
                                  .tile({1, TURNS})
                                  .at(1, squeeze(0))
                                  .permute({1, 0})
                                  .unsqueeze(2)
                                  .expand({keep, keep, ct.size(2)});
                    auto bt = b.tile({BK, BN})
                                  .tile({TURNS, 1})
                                  .at(1, squeeze(1))
                                  .unsqueeze(1)
                                  .expand({keep, ct.size(1), keep});
                    return arranged(at, bt, ct);
                  },
                  parts_application, {"a", "b", "parts"})};
  return made;
}

void sum_application(In parts, In c, In alpha, In beta, Out out) {
  Tile acc = zeros(out.shape(), f32);
  for (Index s : range(parts.size(0)))
    acc = acc + parts[s];
  acc = acc * cast(alpha, f32);
  if (!c.shape().empty())
    acc = fma(cast(c, f32), cast(beta, f32), acc);
  out = activated(acc, activation_constant());
}

const Kernel &sum_kernel() {
  static const Kernel made{make_source(
      "product_sum",
      [](Tensor parts, Tensor c, Tensor alpha, Tensor beta, Tensor out) {
        auto BM = block_size("BM"), BN = block_size("BN");
        auto ct = out.tile({BM, BN});
        auto pt = parts.tile({1, BM, BN})
                      .tile({whole, 1, 1})
                      .at(1, squeeze({1, 2}))
                      .at(2, squeeze(0))
                      .squeeze(0);
        auto added = c.rank() == 0 ? c
                     : c.rank() > 1
                         ? c.tile({BM, BN})
                         : c.tile({BN}).unsqueeze(0).expand({ct.size(0), keep});
        return arranged(pt, added, alpha, beta, ct);
      },
      sum_application, {"parts", "c", "alpha", "beta", "out"})};
  return made;
}

const Kernel &sum_kernel_of(Activation activation) {
  static const std::vector<Kernel> table = [] {
    std::vector<Kernel> all;
    for (int kind = 0; kind < static_cast<int>(std::size(activation_names));
         ++kind)
      all.push_back(sum_kernel().with("ACTIVATION", kind));
    return all;
  }();
  return table[static_cast<std::size_t>(activation)];
}

std::int64_t block_for(std::int64_t size, std::int64_t most) {
  return std::clamp<std::int64_t>(power_of_two(size), 16, most);
}

std::int64_t batches(const Array &out) {
  const std::int64_t matrix = out.size(-1) * out.size(-2);
  return matrix == 0 ? 0 : out.numel() / matrix;
}

bool on_tensor_cores(const Product &product) {
  return product.out.device().kind == Device::Kind::cuda &&
         (is_half(product.a.dtype()) ||
          (product.a.dtype() == f32 && product.tf32));
}

// Warp groups have Configs of their own, by a model of their time. They
// multiply 64 rows; of a single product, which waits for its weight, so few are
// enough.
bool by_warp_groups(const Product &product) {
  const Array &out = product.out;
  const std::int64_t least = out.rank() > 2                          ? 64
                             : out.size(1) > most_transposed_columns ? 9
                                                                     : 17;
  return is_half(product.a.dtype()) && out.size(-2) >= least &&
         has_warp_groups(out.device());
}

Config blocks_of(std::int64_t rows, std::int64_t columns, std::int64_t depth) {
  Config config;
  config.blocks = {{"BM", rows}, {"BN", columns}, {"BK", depth}};
  config.num_warps = rows * columns <= 2048 ? 2 : 4;
  config.num_stages = 4;
  return config;
}

} // namespace

std::int64_t enough_programs(std::int64_t rows) {
  return rows <= few_rows ? 264 : 132;
}

std::optional<Config> few_programs_config(const Product &product) {
  const Array &out = product.out;
  if (!on_tensor_cores(product) || by_warp_groups(product))
    return std::nullopt;
  const std::int64_t rows = block_for(out.size(-2), 128),
                     enough = enough_programs(rows);
  std::int64_t columns = rows <= few_rows ? 64 : 128;
  const auto programs = [&] {
    return batches(out) * pieces_of(out.size(-2), rows) *
           pieces_of(out.size(-1), columns);
  };
  if (rows > few_rows && programs() >= enough)
    return std::nullopt;
  while (programs() < enough && columns > 32)
    columns /= 2;
  const std::int64_t bytes = bits(product.a.dtype()) / 8;
  return blocks_of(rows, columns, 128 / bytes);
}

bool launch_split_product(const Call &call, const Product &product,
                          const Array &c) {
  const Array &out = product.out;
  if (out.rank() != 2 || !on_tensor_cores(product))
    return false;
  std::optional<Config> config = few_programs_config(product);
  if (!config)
    return false;
  const std::int64_t programs =
      pieces_of(out.size(0), config->blocks.at("BM")) *
      pieces_of(out.size(1), config->blocks.at("BN"));
  const std::int64_t turns =
      pieces_of(product.a.size(1), config->blocks.at("BK"));
  const std::int64_t enough = enough_programs(config->blocks.at("BM"));
  const std::int64_t wanted = std::min(
      2 * enough / std::max<std::int64_t>(programs, 1), turns / least_turns);
  if (programs >= enough || wanted < 2)
    return false;
  const std::int64_t each = pieces_of(turns, wanted);
  config->blocks["TURNS"] = each;
  const Array parts = allocate_result(
      Dims{{pieces_of(turns, each), out.size(0), out.size(1)}, 3}, f32,
      out.device(), call.stream);
  static const Kernel plain = parts_kernel().with("TF32", false),
                      rounded = parts_kernel().with("TF32", true);
  const std::array first{&product.a, &product.b, &parts};
  (product.tf32 ? rounded : plain)
      .run(first, {.config = config, .stream = call.stream}, call.where);
  const Array alpha = Array::scalar(product.alpha, f32),
              beta = Array::scalar(product.beta, f32);
  call.run(sum_kernel_of(product.activation),
           {&parts, &c, &alpha, &beta, &out});
  return true;
}

std::vector<KernelEntry> split_product_entries() {
  const auto entry = [](const Kernel &kernel, bool sums) {
    return KernelEntry{
        .name = kernel.name(),
        .kernel = kernel,
        .dtypes = {bf16, f16, f32},
        .size_names = {"M", "N", "K"},
        .sizes = {16, 1536, 8192},
        .picture_sizes = {5, 7, 3},
        .operands = [sums](DType dtype, std::span<const std::int64_t> sizes) {
          const std::int64_t m = sizes[0], n = sizes[1], k = sizes[2];
          // Eight tiles of 64 bytes of K a part.
          const std::int64_t parts = pieces_of(k * bits(dtype) / 8, 512);
          if (sums)
            return std::vector<OperandShape>{{f32, {parts, m, n}, {}},
                                             {dtype, {n}, {}},
                                             {f32, {}, {}, true},
                                             {f32, {}, {}, true},
                                             {dtype, {m, n}, {}}};
          return std::vector<OperandShape>{{dtype, {m, k}, {}},
                                           {dtype, {k, n}, {1, k}},
                                           {f32, {parts, m, n}, {}}};
        }};
  };
  return {entry(parts_kernel(), false), entry(sum_kernel(), true)};
}

} // namespace girih::ops
