// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/quantised/quantise.h"

#include "girih/ops/reductions/norms.h"
#include "girih/ops/sizes.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

namespace girih::ops {

namespace {

// Scales are not smaller than this by the dtype's largest number.
constexpr float least = 1e-8F;
// The longest row that is kept in one tile: 16 warps of 32 lanes a thread.
constexpr std::int64_t longest_row = 16384;

// x, out[kept..., N], scales[kept..., 1]
const Kernel &rows_kernel() {
  static const Kernel made{make_source(
      "quantize_rows",
      [](Tensor x, Tensor out, Tensor scales) {
        const Size N = covering_block("N", x.size(-1)), BM = block_size("BM");
        return arranged(cut_rows(x, BM, N), cut_rows(out, BM, N),
                        cut_rows(scales, BM, 1));
      },
      [](In x, Out out, Out scales) {
        const Tile row = cast(x, f32);
        const Tile largest = max(abs(row), dim(1).kept());
        const Tile scale = max(largest, least) / largest_of(out.dtype());
        out = quantised_rows(row, scale, out.dtype());
        scales = scale;
      },
      {"x", "out", "scales"})};
  return made;
}

const Kernel &scales_kernel() {
  static const Kernel made{make_source(
      "quantize_scales",
      [](Tensor largest, Tensor limit, Tensor scales) {
        return arrange::elementwise(largest, limit, scales);
      },
      [](In largest, In limit, Out scales) {
        scales = max(largest, least) / cast(limit, f32);
      },
      {"largest", "limit", "scales"})};
  return made;
}

const Kernel &static_kernel() {
  static const Kernel made{make_source(
      "quantize_static",
      [](Tensor x, Tensor scale, Tensor out) {
        return arrange::elementwise(x, scale, out);
      },
      [](In x, In scale, Out out) {
        out = quantised(cast(x, f32), cast(scale, f32), out.dtype());
      },
      {"x", "scale", "out"})};
  return made;
}

// Small numbers as i8, to nearest even: so far from 0 the last bit of an f32 is
// a 1, and those below it say the number.
Tile nearest(const Tile &x) { return cast(bitcast(x + 0x1.8p23F, i32), i8); }

// A tile of whole rows, several of short ones, 16 lanes a thread; on a GPU two
// long ones with as much under way for each thread as there are registers.
Config rows_config(const LaneViews &lanes, Device device) {
  const bool gpu = device.kind == Device::Kind::cuda;
  std::int64_t depth = power_of_two(lanes.depth);
  if (depth >= 1024 && lanes.depth <= depth / 4 * 3)
    depth = depth / 4 * 3;
  const std::int64_t elements = gpu ? 2048 : 8192;
  std::int64_t rows = std::min(power_of_two(lanes.last),
                               std::max<std::int64_t>(elements / depth, 1));
  const bool two = gpu && depth >= 4096 && lanes.last % 2 == 0;
  if (two)
    rows = 2;
  while (rows > 1 && lanes.rows / rows < 264)
    rows /= 2;
  Config config;
  config.blocks = {{"BM", rows}, {"N", depth}};
  const std::int64_t warps = rows * depth / 512;
  config.num_warps = static_cast<int>(std::bit_floor(static_cast<std::uint64_t>(
      two && rows == 2 ? std::max<std::int64_t>(warps / 8, 4)
                       : std::clamp<std::int64_t>(warps, 1, 16))));
  return config;
}

// The largest |x| along `dims`.
Array largest_along(const Call &call, const Array &x, std::span<const int> dims,
                    const Array &scales) {
  const double infinity = std::numeric_limits<double>::infinity();
  const Array found =
      allocate_result(scales.shape(), f32, x.device(), call.stream);
  const Array numbers[] = {Array::scalar(0, f32), Array::scalar(infinity, f32)};
  launch_reduction(call, norms::kernels(infinity), x, dims, false, numbers,
                   {&found, 1});
  return found;
}

} // namespace

double largest_of(DType narrow) {
  return narrow == i8 ? 127 : narrow == e4m3 ? 448 : 57344;
}

void check_quantised(const Call &call, const Array &x, DType dtype) {
  call.check_same_device({{"x", x}});
  call.check_dtype({"x", x}, quantised_dtypes);
  if (std::ranges::find(narrow_dtypes, dtype) == std::end(narrow_dtypes))
    call.fail(ErrorId::dtype,
              "x cannot be quantised to " + std::string(name(dtype)),
              {{"x", x}}, "give i8, e4m3 or e5m2");
}

void check_widened(const Call &call, const Argument &x, DType dtype) {
  if (std::ranges::find(wide_dtypes, dtype) == std::end(wide_dtypes))
    call.fail(ErrorId::dtype,
              "the result cannot be " + std::string(name(dtype)), {x},
              "give bf16, f16 or f32");
}

void check_scale(const Call &call, const Array &x, const ArrayOrNumber &scale) {
  constexpr DType only[] = {f32};
  const Argument values{"x", x}, of{"scale", scale};
  call.check_same_device({values, of});
  call.check_dtype(of, only);
  if (!scale.is_array())
    return;
  const auto both = broadcast_shapes(x.shape(), scale.array().shape());
  if (!both ||
      !std::ranges::equal(std::span<const std::int64_t>(*both), x.shape()))
    call.fail(ErrorId::shape, "scale does not broadcast to x", {values, of});
}

Tile quantised_rows(const Tile &x, const Tile &scale, DType narrow) {
  const Tile inverse = 1 / scale;
  // By an infinite scale a number is 0, and nothing is left of it.
  const Tile factor = where(scale == INFINITY, 0, scale);
  const Tile near = x * inverse;
  const Tile quotient = fma(fma(-near, factor, x), inverse, near);
  // Nothing is out of range here, but NaN.
  if (narrow == i8)
    return nearest(where(isnan(quotient), 0, quotient));
  return cast(quotient, narrow);
}

Tile quantised(const Tile &x, const Tile &scale, DType narrow) {
  const Tile quotient = x / scale;
  if (narrow != i8)
    return cast(quotient, narrow);
  const Tile inside = min(max(quotient, -128), 127);
  return nearest(where(isnan(inside), 0, inside));
}

Tensor cut_rows(const Tensor &operand, const Extent &rows,
                const Extent &columns) {
  const auto leading = static_cast<std::size_t>(operand.rank() - 2);
  Extents sizes(leading, 1);
  sizes.push_back(rows);
  sizes.push_back(columns);
  std::vector<int> dropped(leading);
  std::iota(dropped.begin(), dropped.end(), 0);
  return operand.tile(sizes).at(1, squeeze(dropped));
}

void launch_quantise(const Call &call, const Array &x,
                     std::span<const int> dims, const Array &out,
                     const Array &scales) {
  std::array<Array, 3> views{x, out, scales};
  const LaneViews lanes = lane_views(views, 2, dims, false, false);
  if (views[0].rank() == lanes.kept + 1 && lanes.depth > 0 &&
      lanes.depth <= longest_row && !lanes.columns) {
    views[2] = unsqueezed(views[2], lanes.kept);
    if (lanes.kept == 0)
      for (Array &view : views)
        view = unsqueezed(view, 0);
    const Array *operands[] = {&views[0], &views[1], &views[2]};
    return run_with(call, rows_kernel(), rows_config(lanes, x.device()),
                    operands);
  }
  launch_elementwise(call, scales_kernel(),
                     {largest_along(call, x, dims, scales),
                      Array::scalar(largest_of(out.dtype()), f32)},
                     scales);
  Array spread = scales;
  for (const int dim : dims)
    spread = unsqueezed(spread, dim);
  if (out.numel() > 0)
    launch_quantise_static(call, x, spread, out);
}

void launch_quantise_static(const Call &call, const Array &x,
                            const Array &scale, const Array &out) {
  launch_elementwise(call, static_kernel(), {x, scale}, out);
}

KernelEntry quantise_rows_entry() {
  return {.name = "quantize_rows",
          .kernel = rows_kernel(),
          .dtypes = {std::begin(quantised_dtypes), std::end(quantised_dtypes)},
          .size_names = {"M", "N"},
          .sizes = {16384, 4096},
          .picture_sizes = {3, 5},
          .operands = [](DType dtype, std::span<const std::int64_t> sizes) {
            const std::int64_t m = sizes[0], n = sizes[1];
            return std::vector<OperandShape>{
                {dtype, {m, n}, {}}, {i8, {m, n}, {}}, {f32, {m, 1}, {}}};
          }};
}

KernelEntry quantise_scales_entry() {
  return {.name = "quantize_scales",
          .kernel = scales_kernel(),
          .dtypes = {f32},
          .size_names = {"N"},
          .sizes = {1 << 16},
          .picture_sizes = {5},
          .operands = [](DType dtype, std::span<const std::int64_t> sizes) {
            return std::vector<OperandShape>{{dtype, {sizes[0]}, {}},
                                             {f32, {}, {}, true},
                                             {f32, {sizes[0]}, {}}};
          }};
}

KernelEntry quantise_static_entry() {
  return {.name = "quantize_static",
          .kernel = static_kernel(),
          .dtypes = {std::begin(quantised_dtypes), std::end(quantised_dtypes)},
          .size_names = {"N"},
          .sizes = {1 << 24},
          .picture_sizes = {5},
          .operands = [](DType dtype, std::span<const std::int64_t> sizes) {
            return std::vector<OperandShape>{{dtype, {sizes[0]}, {}},
                                             {f32, {}, {}, true},
                                             {e4m3, {sizes[0]}, {}}};
          }};
}

} // namespace girih::ops
