// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/quantised/narrow_product.h"

#include "girih/ops/arrange/products.h"
#include "girih/ops/sizes.h"
#include "girih/ops/warp_groups.h"

namespace girih::ops {

namespace {

// Operands that may be numbers have rank 0.
Kernel make_kernel(const char *name) {
  return make(
      name,
      [](Tensor x, Tensor x_scales, Tensor weight, Tensor weight_scales,
         Tensor bias, Tensor out) {
        const arrange::BatchedProduct cut(out);
        const Tensor of_rows = x_scales.rank() == 0
                                   ? x_scales
                                   : x_scales.tile({block_size("BM")})
                                         .unsqueeze(1)
                                         .expand({keep, cut.out().size(1)})
                                         .at(1, unsqueeze(1));
        return arranged(cut.left(x), of_rows, cut.right(weight.permute({1, 0})),
                        cut.added(weight_scales), cut.added(bias), cut.out());
      },
      [](In x, In x_scales, In weight, In weight_scales, In bias, Out out) {
        const Precision precision = constexpr_value<bool>("FAST", false)
                                        ? Precision::fast
                                        : Precision::ieee;
        Tile acc = zeros(out.shape(), x.dtype() == i8 ? i32 : f32);
        for (Index k : range(x.size(0)))
          acc += dot(x[k], weight[k], precision);
        Tile y = cast(acc, f32) * x_scales * weight_scales;
        if (!bias.shape().empty())
          y = y + cast(bias, f32);
        out = y;
      },
      {"x", "x_scales", "weight", "weight_scales", "bias", "out"});
}

const Kernel &kernel_of(DType dtype, bool fast = false) {
  static const Kernel integers = make_kernel("int8_linear"),
                      floats = make_kernel("fp8_linear"),
                      quick = floats.with("FAST", true);
  return dtype == i8 ? integers : fast ? quick : floats;
}

// Tiles of warp groups: sums of fp8 are kept twice, in the units and added up,
// but for `fast` ones.
Config warp_group_config(const Array &x, const Array &out, bool fast) {
  const auto programs = [&](std::int64_t rows, std::int64_t columns) {
    return pieces_of(out.size(0), rows) * pieces_of(out.size(1), columns);
  };
  constexpr std::int64_t enough = 100;
  // Columns that a multiprocessor goes through, program by program.
  const auto ends = [&](std::int64_t columns) {
    return pieces_of(programs(128, columns),
                     properties(out.device()).processors) *
           columns;
  };
  std::int64_t rows = 64, columns = 128;
  int warps = 4, stages = 6;
  const bool once = x.dtype() == i8 || fast;
  if (const std::int64_t wide = once ? 256 : 192;
      programs(128, wide) >= enough && (once || ends(wide) <= ends(128))) {
    rows = 128;
    columns = wide;
    warps = 8;
    stages = once ? 4 : 5;
  } else if (programs(128, 128) >= enough) {
    rows = columns = 128;
    warps = 8;
  }
  Config config;
  config.blocks = {{"BM", rows}, {"BN", columns}, {"BK", 128}};
  config.num_warps = warps;
  config.num_stages = stages;
  config.warp_specialize = config.persistent = true;
  config.num_ctas = !once && columns > 128 ? 2 : 1;
  config.order = {ProgramOrder::Kind::grouped, 8};
  return config;
}

// Few rows wait for the weight: small tiles, many under way. Few programs have
// long turns, as there is nobody else to hide their barriers.
Config config_of(const Array &x, const Array &out, bool fast) {
  if (has_warp_groups(out.device()) && out.size(0) >= 64)
    return warp_group_config(x, out, fast);
  const ProductTile tile =
      product_tile(out.size(0), out.size(1), x.dtype(), out.device());
  Config config;
  config.blocks = {{"BM", tile.rows}, {"BN", tile.columns}, {"BK", 128}};
  if (out.device().kind == Device::Kind::host)
    return config;
  constexpr std::int64_t many_programs = 528;
  if (tile.rows <= 32)
    config.blocks["BK"] = 256;
  else if (x.dtype() == i8 && tile.rows == 128 &&
           pieces_of(out.size(0), tile.rows) *
                   pieces_of(out.size(1), tile.columns) >=
               many_programs)
    config.blocks["BK"] = 64;
  config.num_warps = tile.warps;
  config.num_stages = tile.rows <= 32 ? 4 : 3;
  config.order = {ProgramOrder::Kind::grouped, 8};
  return config;
}

} // namespace

bool join_matrices(std::span<Array> arrays) {
  std::array<Array, max_collapsed> rows;
  const int leading = arrays.front().rank() - 1;
  if (leading == 1)
    return true;
  const auto part = [&](std::span<const std::int64_t> all) {
    return all.first(static_cast<std::size_t>(leading));
  };
  for (std::size_t i = 0; i < arrays.size(); ++i)
    rows[i] =
        view_of(arrays[i], part(arrays[i].shape()), part(arrays[i].strides()));
  collapse({rows.data(), arrays.size()});
  if (rows[0].rank() != 1)
    return false;
  for (std::size_t i = 0; i < arrays.size(); ++i)
    arrays[i] =
        view_of(arrays[i], std::array{rows[i].size(0), arrays[i].size(-1)},
                std::array{rows[i].stride(0), arrays[i].stride(-1)});
  return true;
}

ProductTile product_tile(std::int64_t rows, std::int64_t columns, DType dtype,
                         Device device) {
  // Matrix units that take fp8 as f16 need registers to convert it.
  const std::int64_t most = dtype == i8 ? 128 : 64;
  ProductTile tile{std::clamp<std::int64_t>(power_of_two(rows), 16, most),
                   std::clamp<std::int64_t>(power_of_two(columns), 16, 128), 4};
  if (device.kind == Device::Kind::host)
    return tile;
  // Programs for every multiprocessor; of few rows two on each.
  const std::int64_t enough = tile.rows <= 32 ? 264 : 132;
  while (tile.columns > 32 &&
         pieces_of(rows, tile.rows) * pieces_of(columns, tile.columns) < enough)
    tile.columns /= 2;
  tile.warps = tile.rows * tile.columns <= 1024 ? 2 : 4;
  return tile;
}

Shaped ScaledLinear::result(const Call &call, std::span<const DType> dtypes,
                            const Array &x, const Array &x_scales,
                            const Array &weight, const Array &weight_scales,
                            const std::optional<Array> &bias,
                            const std::optional<DType> &dtype) {
  constexpr DType scale_dtypes[] = {f32};
  const Argument rows{"x", x}, columns{"weight", weight};
  const Argument of_rows{"x_scales", x_scales},
      of_columns{"weight_scales", weight_scales}, added{"bias", bias};
  call.check_same_device({rows, of_rows, columns, of_columns, added});
  call.check_dtype(rows, dtypes);
  call.check_same_dtype(rows, columns);
  call.check_dtype(of_rows, scale_dtypes);
  call.check_dtype(of_columns, scale_dtypes);
  call.check_dtype(added, wide_dtypes);
  check_widened(call, rows, dtype.value_or(bf16));
  call.check_rank(rows, 1, max_rank - 1);
  call.check_shape(columns, {-1, x.size(-1)}, {rows});
  const auto leading = x.shape().first(static_cast<std::size_t>(x.rank() - 1));
  if (x_scales.rank() != 0 && !std::ranges::equal(x_scales.shape(), leading))
    call.fail(ErrorId::shape,
              "x_scales must have a number for each row of x, or one for all",
              {of_rows, rows});
  if (weight_scales.rank() != 0)
    call.check_shape(of_columns, {weight.size(0)}, {columns});
  call.check_shape(added, {weight.size(0)}, {columns});
  Shaped out{dims_of(x.shape()), dtype.value_or(bf16)};
  out.shape.sizes[static_cast<std::size_t>(x.rank() - 1)] = weight.size(0);
  return out;
}

void ScaledLinear::launch(const Call &call, const Array &x,
                          const Array &x_scales, const Array &weight,
                          const Array &weight_scales,
                          const std::optional<Array> &bias,
                          const std::optional<DType> &, const Array &out) {
  launch_summed(call, x, x_scales, weight, weight_scales, bias, false, out);
}

void ScaledLinear::launch_summed(const Call &call, const Array &x,
                                 const Array &x_scales, const Array &weight,
                                 const Array &weight_scales,
                                 const std::optional<Array> &bias, bool fast,
                                 const Array &out) {
  const Array none = Array::scalar(0, f32);
  const Array added = bias.value_or(none);
  const bool one_scale = x_scales.rank() == 0;
  // A scale of all rows stays as it is; others become a column.
  std::array<Array, 3> arrays{
      x, out, one_scale ? x : unsqueezed(x_scales, x.rank() - 1)};
  if (x.rank() == 1)
    for (Array &each : arrays)
      each = unsqueezed(each, 0);
  for_each_matrix(arrays, [&](const std::array<Array, 3> &matrices) {
    const Array scales = one_scale ? x_scales : matrices[2].select(1, 0);
    const std::array operands{&matrices[0],   &scales, &weight,
                              &weight_scales, &added,  &matrices[1]};
    kernel_of(x.dtype(), fast)
        .run(operands,
             {.config = config_of(x, matrices[1], fast), .stream = call.stream},
             call.where);
  });
}

KernelEntry scaled_linear_entry(std::string_view name,
                                std::vector<DType> dtypes,
                                std::string_view config) {
  return {.name = name,
          .kernel = kernel_of(dtypes.front()),
          .dtypes = std::move(dtypes),
          .size_names = {"M", "N", "K"},
          .sizes = {4096, 4096, 4096},
          .picture_sizes = {5, 7, 3},
          .operands =
              [](DType dtype, std::span<const std::int64_t> sizes) {
                const std::int64_t m = sizes[0], n = sizes[1], k = sizes[2];
                return std::vector<OperandShape>{
                    {dtype, {m, k}, {}}, {f32, {m}, {}},  {dtype, {n, k}, {}},
                    {f32, {n}, {}},      {bf16, {n}, {}}, {bf16, {m, n}, {}}};
              },
          .config = config};
}

} // namespace girih::ops
