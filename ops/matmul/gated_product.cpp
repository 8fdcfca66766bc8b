// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/matmul/gated_product.h"

#include "girih/ops/arrange/products.h"
#include "girih/ops/matmul/split_product.h"
#include "girih/ops/sizes.h"
#include "girih/ops/warp_groups.h"

#include <algorithm>
#include <array>

namespace girih::ops {

namespace {

void application(In a, In gate, In up, Out out) {
  const DType type = computed(a.dtype());
  Tile gates = zeros(out.shape(), type), ups = zeros(out.shape(), type);
  for (Index k : range(a.size(0))) {
    gates += dot(a[k], gate[k]);
    ups += dot(a[k], up[k]);
  }
  out = silu_of(gates) * ups;
}

const Kernel &kernel() {
  static const Kernel made{make_source(
      "linear_swiglu",
      [](Tensor a, Tensor gate, Tensor up, Tensor out) {
        // Two accumulators: half as wide as one would be.
        const arrange::BatchedProduct cut(out, 64);
        return arranged(cut.left(a), cut.right(gate), cut.right(up), cut.out());
      },
      application, {"a", "gate", "up", "out"})};
  return made;
}

// The same of the transposed matrices.
void columns_application(In gate, In up, In b, Out out) {
  const DType type = computed(b.dtype());
  Tile gates = zeros(out.shape(), type), ups = zeros(out.shape(), type);
  for (Index k : range(b.size(0))) {
    gates += dot(gate[k], b[k]);
    ups += dot(up[k], b[k]);
  }
  out = silu_of(gates) * ups;
}

const Kernel &columns_kernel() {
  static const Kernel made{make_source(
      "linear_swiglu_columns",
      [](Tensor gate, Tensor up, Tensor b, Tensor out) {
        const arrange::BatchedProduct cut(out);
        return arranged(cut.left(gate), cut.left(up), cut.right(b), cut.out());
      },
      columns_application, {"gate", "up", "b", "out"})};
  return made;
}

Config blocks_of(std::int64_t rows, std::int64_t columns, std::int64_t depth) {
  Config config;
  config.blocks = {{"BM", rows}, {"BN", columns}, {"BK", depth}};
  config.num_warps = 4;
  config.order = {ProgramOrder::Kind::grouped, 8};
  return config;
}

std::int64_t programs(const Array &out, std::int64_t rows,
                      std::int64_t columns) {
  const std::int64_t matrix =
      std::max<std::int64_t>(out.size(-1) * out.size(-2), 1);
  return out.numel() / matrix * pieces_of(out.size(-2), rows) *
         pieces_of(out.size(-1), columns);
}

// Tiles of two warp groups, of the width with which turns of programs end
// soonest: a round takes as long as its columns, the end of a program as much
// again as 16 of them.
Config wide_config(const Array &gate, const Array &out) {
  constexpr std::int64_t rows = 128, end = 16;
  const std::int64_t processors = properties(out.device()).processors;
  std::int64_t best = 0, least = 0;
  for (const std::int64_t columns : {128, 96, 64}) {
    // Columns that no swizzle divides are read along K only.
    if (columns % 64 != 0 && gate.stride(-2) != 1)
      continue;
    const std::int64_t time =
        pieces_of(programs(out, rows, columns), processors) * (columns + end);
    if (best != 0 && time >= least)
      continue;
    best = columns;
    least = time;
  }
  Config config = blocks_of(rows, best, 64);
  config.num_warps = 8;
  config.num_stages = best == 128 ? 4 : best == 96 ? 5 : 6;
  config.warp_specialize = config.persistent = true;
  return config;
}

// Tiles of single warps.
Config narrow_config(const Array &out) {
  const std::int64_t rows =
      std::clamp<std::int64_t>(power_of_two(out.size(-2)), 16, 128);
  const std::int64_t columns =
      pieces_of(out.size(-2), rows) * pieces_of(out.size(-1), 64) <
              enough_programs(rows)
          ? 32
          : 64;
  Config config = blocks_of(rows, columns, rows == 128 ? 32 : 64);
  config.num_stages = 4;
  return config;
}

Config config_of(const Array &gate, const Array &out) {
  constexpr std::int64_t least_wide = 65;
  return has_warp_groups(out.device()) && out.size(-2) >= least_wide
             ? wide_config(gate, out)
             : narrow_config(out);
}

void launch_columns(const Call &call, const Array &a, const Array &gate,
                    const Array &up, const Array &out) {
  const bool few = out.size(0) <= 16;
  Config config = blocks_of(64, few ? 16 : 32, 64);
  config.num_stages = few ? 6 : 5;
  config.warp_specialize = config.persistent = true;
  const std::array views{gate.transpose(0, 1), up.transpose(0, 1),
                         a.transpose(0, 1), out.transpose(0, 1)};
  const std::array operands{&views[0], &views[1], &views[2], &views[3]};
  columns_kernel().run(
      operands, {.config = config, .stream = call.stream, .tunable = true},
      call.where);
}

} // namespace

void launch_gated_product(const Call &call, const Array &a, const Array &gate,
                          const Array &up, const Array &out) {
  if (has_few_rows(a, gate, out) && has_few_rows(a, up, out))
    return launch_columns(call, a, gate, up, out);
  LaunchOptions options{.config = {}, .stream = call.stream, .tunable = true};
  if (out.device().kind == Device::Kind::cuda && bits(a.dtype()) == 16)
    options.config = config_of(gate, out);
  else if (out.device().kind == Device::Kind::cuda && a.dtype() == f32)
    options.config = config_of_f32(64);
  const std::array operands{&a, &gate, &up, &out};
  kernel().run(operands, options, call.where);
}

// Of f32 a few registers would spill with the default Config, which is not what
// runs.
std::vector<KernelEntry> gated_product_entries() {
  return {{.name = "linear_swiglu",
           .kernel = kernel(),
           .dtypes = {bf16, f16, f64},
           .size_names = {"M", "N", "K"},
           .sizes = {4096, 4096, 4096},
           .picture_sizes = {5, 7, 3},
           .operands =
               [](DType dtype, std::span<const std::int64_t> sizes) {
                 const std::int64_t m = sizes[0], n = sizes[1], k = sizes[2];
                 return std::vector<OperandShape>{{dtype, {m, k}, {}},
                                                  {dtype, {k, n}, {1, k}},
                                                  {dtype, {k, n}, {1, k}},
                                                  {dtype, {m, n}, {}}};
               }},
          {.name = "linear_swiglu_columns",
           .kernel = columns_kernel(),
           .dtypes = {bf16, f16},
           .size_names = {"M", "N", "K"},
           .sizes = {16, 8960, 1536},
           .picture_sizes = {5, 7, 3},
           .operands =
               [](DType dtype, std::span<const std::int64_t> sizes) {
                 const std::int64_t m = sizes[0], n = sizes[1], k = sizes[2];
                 return std::vector<OperandShape>{{dtype, {n, k}, {}},
                                                  {dtype, {n, k}, {}},
                                                  {dtype, {k, m}, {1, k}},
                                                  {dtype, {n, m}, {1, n}}};
               },
           .config = "BM=64 BN=16 BK=64 num_warps=4 num_stages=3"}};
}

} // namespace girih::ops
