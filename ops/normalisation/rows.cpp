// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/normalisation/rows.h"

#include "girih/ops/normalisation/spread.h"
#include "girih/ops/sizes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

namespace girih::ops {

namespace {

// The longest row that one block keeps: 16 warps of 32 lanes a thread.
constexpr std::int64_t longest_row = 16384;
// From so many rows on there is work for a GPU with few threads to a row.
constexpr std::int64_t many_rows = 1024;
// The host's usual tile; fewer rows would leave most of it empty.
constexpr std::int64_t host_rows = 64;
constexpr std::size_t most_operands = max_collapsed;

std::vector<int> leading(int count) {
  std::vector<int> dims(static_cast<std::size_t>(std::max(count, 0)));
  std::iota(dims.begin(), dims.end(), 0);
  return dims;
}

} // namespace

RowCut::RowCut(const Tensor &out, bool looped)
    : looped_(looped), inner_(constexpr_value<int>("INNER", 1)),
      outer_(out.rank() - inner_) {
  Size length = out.size(outer_);
  for (int dim = outer_ + 1; dim < out.rank(); ++dim)
    length = length * out.size(dim);
  length_ = looped ? block_size("N", 4096) : covering_block("N", length);
  if (!looped)
    rows_ = block_size("BM");
  const Tensor cut_out = full(out);
  for (int dim = 0; dim < outer_; ++dim)
    grid_.push_back(cut_out.size(dim));
}

Tensor RowCut::cut(const Tensor &operand, const Size &rows) const {
  Extents sizes(static_cast<std::size_t>(outer_ - 1), 1);
  sizes.push_back(rows);
  sizes.push_back(length_);
  const std::vector<int> dropped = leading(outer_ - 1);
  Tensor tiles = operand.tile(sizes);
  if (!looped_)
    return tiles.at(1, squeeze(dropped));
  Extents walk(static_cast<std::size_t>(outer_), 1);
  walk.push_back(whole);
  return tiles.tile(walk)
      .at(1, squeeze(leading(outer_)))
      .at(2, squeeze(dropped));
}

Tensor RowCut::full(Tensor operand) const {
  if (inner_ > 1)
    operand = operand.flatten(outer_);
  return cut(operand, rows_);
}

Tensor RowCut::weight(Tensor operand) const {
  if (operand.rank() == 0)
    return operand;
  if (inner_ > 1)
    operand = operand.flatten();
  Extents repeated;
  for (const Size &size : grid_) {
    operand = operand.unsqueeze(0);
    repeated.emplace_back(size);
  }
  repeated.emplace_back(keep);
  return cut(operand.expand(repeated), 1);
}

Tile row_length(const In &x, DType dtype) {
  Index length = x.source_size(-1);
  for (int back = 2; back <= constexpr_value<int>("INNER", 1); ++back)
    length = length * x.source_size(-back);
  return cast(length, dtype);
}

Tile scaled(Tile y, const In &weight, const In &bias) {
  if (given(weight) && given(bias))
    return fma(y, cast(weight, y.dtype()), cast(bias, y.dtype()));
  if (given(weight))
    y = y * cast(weight, y.dtype());
  if (given(bias))
    y = y + cast(bias, y.dtype());
  return y;
}

Tile scaled(Tile y, const In &weight, const In &bias, const Index &k) {
  if (given(weight) && given(bias))
    return fma(y, cast(weight[k], y.dtype()), cast(bias[k], y.dtype()));
  if (given(weight))
    y = y * cast(weight[k], y.dtype());
  if (given(bias))
    y = y + cast(bias[k], y.dtype());
  return y;
}

namespace {

// One 16-byte access a thread as far as there are warps: few rows keep a GPU
// busy only if each is read by many threads at once.
Config config_of_few_rows(std::int64_t length, DType dtype) {
  Config config;
  const std::int64_t block =
      std::max<std::int64_t>(spread::covering(length), 1);
  config.blocks = {{"BM", 1}, {"N", block}};
  const std::int64_t warps =
      block / (32 * std::max<std::int64_t>(128 / bits(dtype), 1));
  const bool by_three = block % 3 == 0;
  config.num_warps =
      static_cast<int>(std::clamp<std::int64_t>(warps, 1, by_three ? 12 : 16));
  return config;
}

Config config_of_long_rows() {
  Config config;
  config.blocks = {{"N", 4096}};
  config.num_warps = 8;
  return config;
}

} // namespace

void launch_rows(const Call &call, const RowKernels &kernels, int split,
                 std::span<const RowOperand> operands) {
  using Kind = RowOperand::Kind;
  const std::span<const std::int64_t> shape = operands.back().array.shape();
  std::array<Array, most_operands> views;
  std::size_t count = 0;
  for (const RowOperand &each : operands)
    if (each.kind != Kind::number)
      views[count++] =
          each.kind == Kind::full ? each.array : each.array.broadcast_to(shape);
  const int outer = collapse_parts({views.data(), count}, split);
  const Array &out = views[count - 1];
  const auto product = [](std::span<const std::int64_t> sizes) {
    return std::accumulate(sizes.begin(), sizes.end(), std::int64_t{1},
                           std::multiplies<>());
  };
  const auto at = static_cast<std::size_t>(outer);
  const std::int64_t rows = product(out.shape().first(at)),
                     length = product(out.shape().subspan(at));
  const bool on_gpu = out.device().kind == Device::Kind::cuda;
  const int inner = out.rank() - outer;
  const DType dtype = out.dtype();

  std::array<const Array *, most_operands> all{};
  std::size_t view = 0, number = 0;
  for (const RowOperand &each : operands) {
    if (each.kind == Kind::number) {
      all[number++] = &each.array;
      continue;
    }
    Array &seen = views[view++];
    if (each.kind == Kind::weight)
      seen =
          view_of(seen, seen.shape().subspan(at), seen.strides().subspan(at));
    all[number++] = &seen;
  }

  const bool fits = length <= longest_row;
  bool spread =
      !fits && bits(dtype) <= 32 && spread::holds(length, out.device());
  for (const RowOperand &each : operands)
    spread &= each.kind == RowOperand::Kind::number ||
              spread::is_plain(each.array, bits(dtype));
  const Kernel &chosen = fits || spread ? kernels.whole : kernels.looped;
  const Kernel kernel = inner == 1 ? chosen : chosen.with("INNER", inner);
  LaunchOptions options{.config = {}, .stream = call.stream, .tunable = true};
  if (spread)
    options.config = spread::row("N", length, spread::few);
  else if (on_gpu && !fits)
    options.config = config_of_long_rows();
  else if (fits && rows < (on_gpu ? many_rows : host_rows))
    options.config = config_of_few_rows(length, dtype);
  kernel.run({all.data(), number}, options, call.where);
}

int check_rows(const Call &call, const Array &x,
               std::span<const std::int64_t> normalized_shape) {
  const auto rank = static_cast<std::size_t>(x.rank());
  const std::size_t inner = normalized_shape.size();
  if (inner == 0 || inner > rank ||
      !std::ranges::equal(x.shape().last(inner), normalized_shape))
    call.fail(ErrorId::shape,
              fmt::format("normalized_shape [{}] must be the last sizes of x",
                          fmt::join(normalized_shape, ", ")),
              {{"x", x}});
  return static_cast<int>(rank - inner);
}

void check_weight(const Call &call, const Argument &weight, const Array &x,
                  int split) {
  if (!weight.array)
    return;
  const auto row = x.shape().subspan(static_cast<std::size_t>(split));
  if (!std::ranges::equal(weight.array->shape(), row))
    call.fail(ErrorId::shape,
              fmt::format("{} must have the shape of a row, [{}]", weight.name,
                          fmt::join(row, ", ")),
              {weight, {"x", x}});
}

std::vector<KernelEntry> rows_entries(const RowKernels &kernels,
                                      std::string_view spread,
                                      std::string_view kinds) {
  const auto entry = [kinds](const Kernel &kernel, std::int64_t rows,
                             std::int64_t length) {
    return KernelEntry{
        .name = kernel.name(),
        .kernel = kernel,
        .dtypes = {std::begin(floats), std::end(floats)},
        .size_names = {"M", "N"},
        .sizes = {rows, length},
        .picture_sizes = {3, 5},
        .operands = [kinds](DType dtype, std::span<const std::int64_t> sizes) {
          std::vector<OperandShape> all;
          for (const char kind : kinds)
            if (kind == 'f')
              all.push_back({dtype, {sizes[0], sizes[1]}, {}});
            else if (kind == 'w')
              all.push_back({dtype, {sizes[1]}, {}});
            else
              all.push_back({dtype == f64 ? f64 : f32, {}, {}, true});
          return all;
        }};
  };
  KernelEntry whole = entry(kernels.whole, 16384, 4096);
  return {whole,
          spread::entry(spread, whole, {1024, 65536},
                        "BM=1 N=65536 num_warps=32 num_ctas=4"),
          entry(kernels.looped, 1024, 65536)};
}

} // namespace girih::ops
