// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/convolution/convolve.h"
#include "girih/ops/convolution/dense.h"
#include "girih/ops/movement/copy.h"

namespace girih::ops {

namespace {

const Kernel &fill_kernel() {
  static const Kernel made{make_source(
      "convolution_bias",
      [](Tensor bias, Tensor out) { return arrange::elementwise(bias, out); },
      [](In bias, Out out) { out = Tile(bias); }, {"bias", "out"})};
  return made;
}

// A copy with dimension `channel` last in memory, and the one before it where
// `groups` says so in front of it; as a view of the same shape.
Array packed(const Call &call, const Array &array, int channel, bool groups) {
  Dims order; // dimensions, outermost first
  for (int dim = 0; dim < array.rank(); ++dim)
    if (dim != channel && !(groups && dim == channel - 1))
      order.sizes[static_cast<std::size_t>(order.rank++)] = dim;
  if (groups)
    order.sizes[static_cast<std::size_t>(order.rank++)] = channel - 1;
  order.sizes[static_cast<std::size_t>(order.rank++)] = channel;
  const Array memory = allocate_result(array.shape(), array.dtype(),
                                       array.device(), call.stream);
  Dims strides = order;
  std::int64_t stride = 1;
  for (int at = order.rank; at-- > 0;) {
    const auto dim =
        static_cast<std::size_t>(order.sizes[static_cast<std::size_t>(at)]);
    strides.sizes[dim] = stride;
    stride *= array.shape()[dim];
  }
  const Array view = view_of(memory, array.shape(), strides);
  launch_copy(call, array, view);
  return view;
}

} // namespace

Array split_groups(const Array &array, int dim, std::int64_t groups) {
  const auto at = static_cast<std::size_t>(dim);
  Dims sizes = dims_of(array.shape()), strides = dims_of(array.strides());
  for (Dims *each : {&sizes, &strides}) {
    std::copy_backward(each->sizes.begin() + dim,
                       each->sizes.begin() + each->rank,
                       each->sizes.begin() + each->rank + 1);
    ++each->rank;
  }
  sizes.sizes[at] = groups;
  sizes.sizes[at + 1] /= groups;
  strides.sizes[at] *= sizes.sizes[at + 1];
  return view_of(array, sizes, strides);
}

void pack_channels(const Call &call, ConvolutionViews &views) {
  if (views.weight.size(2) < least_channels)
    return;
  if (views.x.stride(2) != 1)
    views.x = packed(call, views.x, 2, true);
  if (views.weight.stride(2) != 1)
    views.weight = packed(call, views.weight, 2, false);
}

void convolve(const Call &call, const ConvolutionViews &views,
              WindowNumbers windows, bool tf32) {
  for (int i = 0; i < windows.dims; ++i)
    windows.positions[static_cast<std::size_t>(i)] = views.out.size(3 + i);
  if (suits_depthwise(views))
    launch_depthwise(call, views, windows);
  else
    launch_dense(call, views, windows, tf32);
}

void fill_with_bias(const Call &call, const ConvolutionViews &views) {
  Array bias = views.bias;
  if (bias.rank() != 0) {
    bias = unsqueezed(bias, 0);
    while (bias.rank() < views.out.rank())
      bias = unsqueezed(bias, bias.rank());
  }
  launch_elementwise(call, fill_kernel(), {bias}, views.out);
}

namespace {

// [lead..., side...] with dimension `channel` last in memory.
OperandShape channels_last_shape(DType dtype, std::vector<std::int64_t> sizes,
                                 int dims, std::int64_t side, int channel) {
  const auto at = static_cast<std::size_t>(channel);
  sizes.resize(sizes.size() + static_cast<std::size_t>(dims), side);
  std::vector<std::int64_t> strides(sizes.size(), 1);
  std::int64_t stride = sizes[at];
  for (std::size_t dim = sizes.size(); dim-- > 0;) {
    if (dim == at)
      continue;
    strides[dim] = stride;
    stride *= sizes[dim];
  }
  return {dtype, sizes, strides};
}

using Shapes = std::vector<OperandShape>;

// Windows of r places over a side of h with padding of 1; behind x, weight and
// bias.
std::int64_t add_windows(Shapes &shapes, DType dtype, int dims, std::int64_t h,
                         std::int64_t r) {
  const std::int64_t positions = h + 2 - r + 1;
  for (OperandShape &each : window_shapes(dtype, dims, r, 1, positions, 1))
    shapes.push_back(std::move(each));
  return positions;
}

Shapes dense_shapes(DType dtype, int dims,
                    std::span<const std::int64_t> sizes) {
  const std::int64_t n = sizes[0], c = sizes[1], k = sizes[2], h = sizes[3],
                     r = sizes[4];
  Shapes all{channels_last_shape(dtype, {n, 1, c}, dims, h, 2),
             channels_last_shape(dtype, {1, k, c}, dims, r, 2),
             {dtype, {1, k}, {}}};
  const std::int64_t side = add_windows(all, dtype, dims, h, r);
  std::int64_t rows = n;
  for (int i = 0; i < dims; ++i)
    rows *= side;
  all.push_back({dtype, {rows, 1, k}, {}});
  return all;
}

// Windows of r places, of which every other one belongs to a phase, and out as
// it is without channels last.
Shapes transposed_shapes(DType dtype, int dims,
                         std::span<const std::int64_t> sizes) {
  const std::int64_t n = sizes[0], c = sizes[1], k = sizes[2], h = sizes[3],
                     r = sizes[4] / 2;
  Shapes all{channels_last_shape(dtype, {n, 1, c}, dims, h, 2),
             channels_last_shape(dtype, {1, k << dims, c}, dims, r, 2),
             {dtype, {1, k}, {}}};
  for (OperandShape &each : window_shapes(dtype, dims, r, 1, h + 1, r - 1))
    all.push_back(std::move(each));
  std::vector<std::int64_t> out{n}, strides{0};
  std::int64_t plane = 1;
  for (int i = 0; i < dims; ++i) {
    out.push_back(2 * h + r * 2 - 4);
    strides.insert(strides.begin() + 1, plane);
    plane *= out.back();
  }
  strides[0] = k * plane;
  for (const auto &[size, stride] :
       {std::pair{std::int64_t{1}, k * plane}, std::pair{k, plane}}) {
    out.push_back(size);
    strides.push_back(stride);
  }
  all.push_back({dtype, out, strides});
  return all;
}

// Of one dimension with channels last.
Shapes depthwise_shapes(DType dtype, int dims,
                        std::span<const std::int64_t> sizes) {
  const std::int64_t n = sizes[0], c = sizes[1], h = sizes[3], r = sizes[4];
  const auto shape = [&](std::int64_t side) {
    std::vector<std::int64_t> all{n, c};
    if (dims == 1)
      return OperandShape{dtype, {n, side, c}, {}};
    all.resize(static_cast<std::size_t>(2 + dims), side);
    return OperandShape{dtype, all, {}};
  };
  std::vector<std::int64_t> weight(static_cast<std::size_t>(1 + dims), r);
  weight[0] = c;
  Shapes all{shape(h), {dtype, weight, {}}, {dtype, {c}, {}}};
  all.push_back(shape(add_windows(all, dtype, dims, h, r)));
  return all;
}

} // namespace

static KernelEntry entry(const Kernel &kernel, int dims, auto *shapes,
                         std::vector<DType> dtypes, std::string_view config,
                         std::int64_t places = 3) {
  return {.name = kernel.name(),
          .kernel = kernel,
          .dtypes = dims == 2 ? std::move(dtypes) : std::vector{bf16},
          .size_names = {"N", "C", "K", "H", "R"},
          .sizes = {16, 128, 128, dims == 3 ? 16 : 56, places},
          .picture_sizes = {1, 2, 3, 4, places},
          .operands =
              [=](DType dtype, std::span<const std::int64_t> sizes) {
                return shapes(dtype, dims, sizes);
              },
          .config = config};
}

std::vector<KernelEntry> convolution_entries(int dims) {
  // Small windows are part of a kernel, except in one dimension, which stands
  // for those of any size.
  WindowNumbers usual;
  usual.size = {3, dims == 1 ? 21 : 3, 1};
  usual.before = {1, 1, 0};
  const Kernel &dense = dense_kernel(dims);
  return {entry(dims == 1 ? dense.with("FLAT", true) : dense, dims,
                dense_shapes, {bf16, f16, f64},
                dims == 1 ? "BM=128 BN=64 BK=32 num_stages=3" : ""),
          entry(kernel_for(depthwise_kernel(dims), usual, dims == 1, dims > 1),
                dims, depthwise_shapes, {bf16, f16, f32}, "B0=32 B1=8 B2=4")};
}

std::vector<KernelEntry> transposed_entries(int dims) {
  PhaseNumbers phases;
  for (std::size_t dim = 0; dim < static_cast<std::size_t>(dims); ++dim) {
    phases.count[dim] = 2;
    phases.before[dim] = 1;
  }
  return {entry(phases_kernel(dims, phases), dims, transposed_shapes,
                {bf16, f16},
                dims == 3 ? "BM=64 BN=128 BK=64 num_stages=3"
                          : "BM=128 BN=128 BK=64 num_stages=3 num_warps=8",
                4)};
}

} // namespace girih::ops
