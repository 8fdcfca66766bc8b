// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/convolution/numbers.h"
#include "girih/ops/matmul/product.h"

#include <fmt/format.h>

namespace girih::ops {

void check_convolution(const Call &call, int dims, const Array &x,
                       const Array &weight, const std::optional<Array> &bias,
                       std::int64_t groups, bool transposed) {
  call.check_same_device({{"x", x}, {"weight", weight}, {"bias", bias}});
  call.check_dtype({"x", x}, floats);
  call.check_same_dtype({"x", x}, {"weight", weight});
  call.check_dtype({"bias", bias}, floats);
  call.check_rank({"x", x}, dims + 1, dims + 2);
  call.check_rank({"weight", weight}, dims + 2);
  call.require(weight.numel() > 0, "weight must not be empty",
               {{"weight", weight}});
  call.require(groups >= 1 && weight.size(0) % groups == 0,
               fmt::format("groups must divide the first size of weight, not "
                           "be {}",
                           groups),
               {{"weight", weight}});
  const std::int64_t channels = x.size(-dims - 1),
                     wanted =
                         transposed ? weight.size(0) : weight.size(1) * groups,
                     out =
                         transposed ? weight.size(1) * groups : weight.size(0);
  if (channels != wanted)
    call.fail(ErrorId::shape,
              fmt::format("x must have {} channels, the {} size of weight{}",
                          wanted, transposed ? "first" : "second",
                          transposed ? "" : " times groups"),
              {{"x", x}, {"weight", weight}});
  call.check_shape({"bias", bias}, {out}, {{"weight", weight}});
}

Array batched(const Array &array, int dims) {
  return array.rank() == dims + 2 ? array : unsqueezed(array, 0);
}

Shaped convolution_shape(const Call &call, int dims, const Array &x,
                         std::int64_t channels, const PerDim &positions,
                         const Array &weight) {
  Shaped out{dims_of(x.shape()), x.dtype()};
  const int first = x.rank() - dims;
  out.shape.sizes[static_cast<std::size_t>(first - 1)] = channels;
  for (int i = 0; i < dims; ++i) {
    const std::int64_t count = positions[static_cast<std::size_t>(i)];
    if (count < 1)
      call.fail(ErrorId::shape,
                fmt::format("the windows of weight do not fit into dimension "
                            "{} of x with its padding",
                            first + i),
                {{"x", x}, {"weight", weight}});
    out.shape.sizes[static_cast<std::size_t>(first + i)] = count;
  }
  return out;
}

WindowNumbers windows_of(const Call &call, int dims, const Array &weight,
                         const Numbers &stride, const Numbers &dilation) {
  WindowNumbers out;
  out.dims = dims;
  for (int i = 0; i < dims; ++i)
    out.size[static_cast<std::size_t>(i)] = weight.size(2 + i);
  out.stride = per_dim(call, "stride", stride, dims, 1);
  out.dilation = per_dim(call, "dilation", dilation, dims, 1);
  return out;
}

template <int Dims>
ConvolutionNumbers
Convolution<Dims>::numbers(const Call &call, const Array &weight,
                           const Numbers &stride, const ConvPadding &padding,
                           const Numbers &dilation, std::int64_t groups) {
  ConvolutionNumbers out{
      windows_of(call, Dims, weight, stride, dilation), {}, groups};
  WindowNumbers &windows = out.windows;
  if (padding.text().empty()) {
    windows.before = per_dim(call, "padding", padding.numbers(), Dims, 0);
    out.after = windows.before;
    return out;
  }
  call.require(padding.text() == "same" || padding.text() == "valid",
               "padding must be numbers, same or valid");
  if (padding.text() == "valid")
    return out;
  call.require(windows.stride == PerDim{1, 1, 1},
               "with padding same stride must be 1");
  for (std::size_t dim = 0; dim < Dims; ++dim) {
    const std::int64_t both = windows.reach(dim) - 1;
    windows.before[dim] = both / 2;
    out.after[dim] = both - both / 2;
  }
  return out;
}

template <int Dims>
Shaped
Convolution<Dims>::result(const Call &call, const Array &x, const Array &weight,
                          const std::optional<Array> &bias,
                          const Numbers &stride, const ConvPadding &padding,
                          const Numbers &dilation, std::int64_t groups,
                          std::string_view precision) {
  check_convolution(call, Dims, x, weight, bias, groups, false);
  allows_tf32(call, precision);
  const ConvolutionNumbers given =
      numbers(call, weight, stride, padding, dilation, groups);
  PerDim positions{};
  for (std::size_t i = 0; i < Dims; ++i) {
    const std::int64_t rest = x.size(static_cast<int>(i) - Dims) +
                              given.windows.before[i] + given.after[i] -
                              given.windows.reach(i);
    positions[i] = rest < 0 ? 0 : rest / given.windows.stride[i] + 1;
  }
  return convolution_shape(call, Dims, x, weight.size(0), positions, weight);
}

template <int Dims>
void Convolution<Dims>::launch(const Call &call, const Array &x,
                               const Array &weight,
                               const std::optional<Array> &bias,
                               const Numbers &stride,
                               const ConvPadding &padding,
                               const Numbers &dilation, std::int64_t groups,
                               std::string_view precision, const Array &out) {
  const ConvolutionNumbers given =
      numbers(call, weight, stride, padding, dilation, groups);
  ConvolutionViews views{.x = split_groups(batched(x, Dims), 1, groups),
                         .weight = split_groups(weight, 0, groups),
                         .bias = bias ? split_groups(*bias, 0, groups)
                                      : Array::scalar(0, f32),
                         .out = split_groups(batched(out, Dims), 1, groups)};
  pack_channels(call, views);
  convolve(call, views, given.windows,
           x.dtype() == f32 && allows_tf32(call, precision));
}

template struct Convolution<1>;
template struct Convolution<2>;
template struct Convolution<3>;

} // namespace girih::ops
