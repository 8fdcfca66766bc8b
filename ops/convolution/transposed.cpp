// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/convolution/transposed.h"
#include "girih/ops/matmul/product.h"
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
  pack_channels(call, views);
  run_parts(call, views, windows, 0,
            x.dtype() == f32 && allows_tf32(call, precision));
}

template struct TransposedConvolution<1>;
template struct TransposedConvolution<2>;
template struct TransposedConvolution<3>;

} // namespace girih::ops
