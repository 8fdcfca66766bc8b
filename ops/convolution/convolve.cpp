// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/convolution/convolve.h"
#include "girih/ops/convolution/dense.h"

namespace girih::ops {

namespace {

const Kernel &copy_kernel() {
  static const Kernel made{make_source(
      "convolution_copy",
      [](Tensor x, Tensor out) { return arrange::elementwise(x, out); },
      [](In x, Out out) { out = Tile(x); }, {"x", "out"})};
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
  launch_elementwise(call, copy_kernel(), {array}, view);
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
  launch_elementwise(call, copy_kernel(), {bias}, views.out);
}

std::vector<KernelEntry> convolution_entries(int dims) {
  // One channel a group in the two ways: channels last and windows of any size
  // in one dimension, and rows and small windows in two.
  const auto entry = [dims](const Kernel &kernel, bool depthwise) {
    return KernelEntry{
        .name = kernel.name(),
        .kernel = kernel,
        .dtypes = dims == 2 ? std::vector{bf16, f16, f64} : std::vector{bf16},
        .size_names = {"N", "C", "K", "H", "R"},
        .sizes = {16, 128, 128, dims == 3 ? 16 : 56, 3},
        .picture_sizes = {1, 2, 3, 4, 3},
        .operands =
            [=](DType dtype, std::span<const std::int64_t> sizes) {
              const std::int64_t n = sizes[0], c = sizes[1],
                                 k = depthwise ? 1 : sizes[2], h = sizes[3],
                                 r = sizes[4];
              // Channels last in memory, as they are packed; row major where
              // they are not.
              const auto shape = [&](std::vector<std::int64_t> lead,
                                     std::int64_t side, int channel) {
                OperandShape out{dtype, std::move(lead), {}};
                const std::size_t first = out.sizes.size();
                out.sizes.resize(first + static_cast<std::size_t>(dims), side);
                if (depthwise && dims == 1 && channel == 1)
                  std::swap(out.sizes[1], out.sizes[2]); // [N, H, C]
                if (depthwise)
                  return out;
                out.strides.resize(out.sizes.size());
                std::int64_t stride =
                    out.sizes[static_cast<std::size_t>(channel)];
                for (std::size_t dim = out.sizes.size(); dim-- > 0;) {
                  const bool is_channel = static_cast<int>(dim) == channel;
                  out.strides[dim] = is_channel ? 1 : stride;
                  stride *= is_channel ? 1 : out.sizes[dim];
                }
                return out;
              };
              const std::int64_t p = h + 2 - r + 1;
              std::vector<OperandShape> all;
              if (depthwise)
                all = {shape({n, c}, h, 1), shape({c}, r, 0), {dtype, {c}, {}}};
              else
                all = {shape({n, 1, c}, h, 2),
                       shape({1, k, c}, r, 2),
                       {dtype, {1, k}, {}}};
              for (OperandShape &each : window_shapes(dtype, dims, r, 1, p, 1))
                all.push_back(std::move(each));
              std::int64_t positions = n;
              for (int i = 0; i < dims; ++i)
                positions *= p;
              all.push_back(depthwise
                                ? shape({n, c}, p, 1)
                                : OperandShape{dtype, {positions, 1, k}, {}});
              return all;
            },
        .config = depthwise ? "B0=64 B1=8 B2=2" : ""};
  };
  WindowNumbers usual;
  usual.size = {3, dims == 1 ? 21 : 3, 1}; // not part of a kernel where large
  return {entry(dense_kernel(dims), false),
          entry(kernel_for(depthwise_kernel(dims), usual, dims == 1), true)};
}

} // namespace girih::ops
