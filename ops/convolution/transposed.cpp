// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/convolution/transposed.h"
#include "girih/ops/convolution/dense.h"
#include "girih/ops/matmul/product.h"
#include "girih/ops/movement/copy.h"
#include "girih/ops/sizes.h"

#include <fmt/format.h>

#include <numeric>

namespace girih::ops {

namespace {

// A dimension from `begin` on, `count` elements `step` apart; step may be
// negative.
Array every(const Array &array, int dim, std::int64_t begin, std::int64_t count,
            std::int64_t step) {
  Dims sizes = dims_of(array.shape()), strides = dims_of(array.strides());
  const auto at = static_cast<std::size_t>(dim);
  const std::int64_t offset = begin * strides.sizes[at];
  sizes.sizes[at] = count;
  strides.sizes[at] *= step;
  return view_of(array, sizes, strides, count == 0 ? 0 : offset);
}

// All phases of the strides as columns of one product, where each has as many
// places and they lie alike: a position reads size / stride neighbours of x.
struct Joined {
  WindowNumbers windows; // over x
  PhaseNumbers phases;
};

std::optional<Joined> joined_phases(const ConvolutionViews &views,
                                    const WindowNumbers &given) {
  Joined out{given, {}};
  for (int i = 0; i < given.dims; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const std::int64_t stride = given.stride[at], before = given.before[at],
                       places = given.size[at] / stride;
    if (stride > 1 && (given.dilation[at] > 1 || given.size[at] % stride != 0 ||
                       stride >= arrange::digit_limit))
      return std::nullopt;
    // Output o of phase r is o + before = q stride + r for position q, which
    // reads x[q - places + 1] to x[q]; multiples of the stride move q.
    out.windows.size[at] = places;
    out.windows.stride[at] = 1;
    out.windows.before[at] =
        (places - 1) * given.dilation[at] - before / stride;
    if (out.windows.before[at] < 0)
      return std::nullopt;
    out.phases.count[at] = stride;
    out.phases.before[at] = before % stride;
    out.windows.positions[at] =
        pieces_of(views.out.size(3 + i) + before % stride, stride);
  }
  if (out.phases.all() == 1 || suits_depthwise(views))
    return std::nullopt;
  return out;
}

// weight[G, K, C, R...] as [G, K phases..., C, places...], turned round: a copy
// with all channels of all groups last in memory.
Array weight_by_phases(const Call &call, const Array &weight,
                       const Joined &joined) {
  const int dims = joined.windows.dims;
  const PerDim &phases = joined.phases.count, &places = joined.windows.size;
  // [K, phases..., places..., G C]: place t of phase r is r + (places - 1 - t)
  // phases.
  Dims sizes, from;
  const auto add = [&](std::int64_t size, std::int64_t stride) {
    sizes.sizes[static_cast<std::size_t>(sizes.rank++)] = size;
    from.sizes[static_cast<std::size_t>(from.rank++)] = stride;
  };
  std::int64_t last = 0;
  add(weight.size(1), weight.stride(1));
  for (int i = 0; i < dims; ++i)
    add(phases[static_cast<std::size_t>(i)], weight.stride(3 + i));
  for (int i = 0; i < dims; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const std::int64_t stride = phases[at] * weight.stride(3 + i);
    last += (places[at] - 1) * stride;
    add(places[at], -stride);
  }
  add(weight.size(0) * weight.size(2), weight.stride(2));
  const Array memory =
      allocate_result(sizes, weight.dtype(), weight.device(), call.stream);
  launch_copy(call, view_of(weight, sizes, from, last), memory);
  Dims shape{
      {weight.size(0), weight.size(1) * joined.phases.all(), weight.size(2)},
      3},
      strides{{weight.size(2), memory.stride(dims), 1}, 3};
  for (int i = 0; i < dims; ++i) {
    shape.sizes[static_cast<std::size_t>(shape.rank++)] =
        places[static_cast<std::size_t>(i)];
    strides.sizes[static_cast<std::size_t>(strides.rank++)] =
        memory.stride(1 + dims + i);
  }
  return view_of(memory, shape, strides);
}

// One dimension of one part.
struct Part {
  std::int64_t places = 0;    // of a window
  std::int64_t last = 0;      // the first of them, turned round
  std::int64_t apart = 1;     // in weight
  std::int64_t dilation = 1;  // in x
  std::int64_t before = 0;    // padding; below 0: elements left out
  std::int64_t positions = 0; // of out
};

// Of outputs p0, p0 + stride, ...
Part part_of(const WindowNumbers &windows, std::size_t dim, std::int64_t p0,
             std::int64_t positions) {
  const std::int64_t stride = windows.stride[dim],
                     dilation = windows.dilation[dim], size = windows.size[dim],
                     common = std::gcd(stride, dilation);
  Part out;
  out.apart = stride / common;
  out.dilation = dilation / common;
  out.positions = pieces_of(positions - p0, stride);
  const std::int64_t from = p0 + windows.before[dim];
  for (std::int64_t r = 0; r < std::min(size, out.apart); ++r) {
    if ((from - r * dilation) % stride != 0)
      continue;
    out.places = pieces_of(size - r, out.apart);
    out.last = r + (out.places - 1) * out.apart;
    // Place t of the turned window lies over element (from - (last - t apart)
    // dilation) / stride of x.
    out.before = -(from - out.last * dilation) / stride;
    break;
  }
  return out;
}

// The views of one part, a dimension after the other.
void take_part(ConvolutionViews &views, WindowNumbers &windows, int dim,
               std::int64_t p0, const Part &part) {
  const auto at = static_cast<std::size_t>(dim);
  views.out = every(views.out, 3 + dim, p0, part.positions, windows.stride[at]);
  if (part.places > 0)
    views.weight =
        every(views.weight, 3 + dim, part.last, part.places, -part.apart);
  windows.size[at] = part.places;
  windows.stride[at] = 1;
  windows.dilation[at] = part.dilation;
  windows.before[at] = std::max<std::int64_t>(part.before, 0);
  const std::int64_t left_out =
      std::min(std::max<std::int64_t>(-part.before, 0), views.x.size(3 + dim));
  views.x =
      every(views.x, 3 + dim, left_out, views.x.size(3 + dim) - left_out, 1);
}

// All parts of the dimensions from `dim` on.
void run_parts(const Call &call, const ConvolutionViews &views,
               const WindowNumbers &windows, int dim, bool tf32) {
  if (dim == windows.dims) {
    if (windows.places() == 0 || views.x.numel() == 0)
      fill_with_bias(call, views);
    else
      convolve(call, views, windows, tf32);
    return;
  }
  const auto at = static_cast<std::size_t>(dim);
  const std::int64_t positions = views.out.size(3 + dim);
  for (std::int64_t p0 = 0; p0 < std::min(windows.stride[at], positions);
       ++p0) {
    ConvolutionViews some = views;
    WindowNumbers numbers = windows;
    take_part(some, numbers, dim, p0, part_of(windows, at, p0, positions));
    run_parts(call, some, numbers, dim + 1, tf32);
  }
}

} // namespace

template <int Dims>
Shaped TransposedConvolution<Dims>::result(
    const Call &call, const Array &x, const Array &weight,
    const std::optional<Array> &bias, const Numbers &stride,
    const Numbers &padding, const Numbers &output_padding, std::int64_t groups,
    const Numbers &dilation, std::string_view precision) {
  check_convolution(call, Dims, x, weight, bias, groups, true);
  allows_tf32(call, precision);
  const WindowNumbers windows =
      windows_of(call, Dims, weight, stride, dilation);
  const PerDim before = per_dim(call, "padding", padding, Dims, 0),
               more = per_dim(call, "output_padding", output_padding, Dims, 0);
  PerDim positions{};
  for (std::size_t i = 0; i < Dims; ++i) {
    call.require(more[i] < std::max(windows.stride[i], windows.dilation[i]),
                 "output_padding must be below stride or dilation");
    const std::int64_t from = x.size(static_cast<int>(i) - Dims);
    positions[i] = from == 0 ? 0
                             : (from - 1) * windows.stride[i] - 2 * before[i] +
                                   windows.reach(i) + more[i];
  }
  return convolution_shape(call, Dims, x, weight.size(1) * groups, positions,
                           weight);
}

template <int Dims>
void TransposedConvolution<Dims>::launch(
    const Call &call, const Array &x, const Array &weight,
    const std::optional<Array> &bias, const Numbers &stride,
    const Numbers &padding, const Numbers &, std::int64_t groups,
    const Numbers &dilation, std::string_view precision, const Array &out) {
  WindowNumbers windows = windows_of(call, Dims, weight, stride, dilation);
  windows.before = per_dim(call, "padding", padding, Dims, 0);
  ConvolutionViews views{
      .x = split_groups(batched(x, Dims), 1, groups),
      .weight = split_groups(weight, 0, groups).transpose(1, 2),
      .bias = bias ? split_groups(*bias, 0, groups) : Array::scalar(0, f32),
      .out = split_groups(batched(out, Dims), 1, groups)};
  const bool tf32 = x.dtype() == f32 && allows_tf32(call, precision);
  const std::optional<Joined> joined = joined_phases(views, windows);
  if (joined && views.x.numel() != 0) {
    views.weight = weight_by_phases(call, views.weight, *joined);
    pack_channels(call, views);
    return launch_dense(call, views, joined->windows, tf32, joined->phases);
  }
  pack_channels(call, views);
  run_parts(call, views, windows, 0, tf32);
}

template struct TransposedConvolution<1>;
template struct TransposedConvolution<2>;
template struct TransposedConvolution<3>;

} // namespace girih::ops
