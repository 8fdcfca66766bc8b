// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/convolution/dense.h"

namespace girih::ops {

namespace {

Kernel make_kernel(int dims) {
  constexpr std::string_view names[] = {"depthwise_conv1d", "depthwise_conv2d",
                                        "depthwise_conv3d"};
  const auto arrangement = [](Tensor x, Tensor weight, Tensor bias,
                              Tensor sizes, Tensor steps, Tensor before,
                              Tensor out) {
    const bool trail = constexpr_value<bool>("TRAIL", false);
    const arrange::WindowLanes cut({sizes, steps, before}, out, trail);
    const auto weights = [&](const Tensor &w) {
      return w.rank() == 0 ? w : cut.weights(w, trail ? out.rank() - 1 : 1);
    };
    const arrange::WindowOperands seen = cut.numbers();
    return arranged(cut.input(x), weights(weight), weights(bias), seen.sizes,
                    seen.steps, seen.before, cut.output(out));
  };
  const auto application = [dims](In x, In weight, In bias, In, In, In,
                                  Out out) {
    const DType type = computed(x.dtype());
    Tile acc = zeros(out.shape(), type);
    for_each_place(x, dims, [&](const IndexList &place) {
      acc = fma(cast(x[place], type), cast(weight[place], type), acc);
    });
    Tile y = acc;
    if (!bias.shape().empty())
      y = y + cast(bias, type);
    out = y;
  };
  return Kernel(
      make_source(std::string(names[dims - 1]), arrangement, application,
                  {"x", "weight", "bias", "sizes", "steps", "before", "out"}));
}

// Channels out of one channel in: each of them is a launch.
constexpr std::int64_t most_multiplied = 4;

} // namespace

const Kernel &depthwise_kernel(int dims) {
  static const std::array<Kernel, 3> made{make_kernel(1), make_kernel(2),
                                          make_kernel(3)};
  return made[static_cast<std::size_t>(dims - 1)];
}

bool suits_depthwise(const ConvolutionViews &views) {
  return views.weight.size(0) > 1 && views.weight.size(2) == 1 &&
         views.weight.size(1) <= most_multiplied;
}

void launch_depthwise(const Call &call, const ConvolutionViews &views,
                      const WindowNumbers &windows) {
  Array x = views.x.select(2, 0);
  const bool trail = channels_last(x, 1);
  if (trail)
    x = moved_last(x, 1);
  const WindowArrays numbers(windows, views.weight);
  const bool vectors = reads_vectors(x, windows, trail);
  const Kernel kernel =
      kernel_for(depthwise_kernel(windows.dims), windows, trail, vectors);
  for (std::int64_t k = 0; k < views.weight.size(1); ++k) {
    const Array weight = views.weight.select(1, k).select(1, 0),
                bias = views.bias.rank() == 0 ? views.bias
                                              : views.bias.select(1, k);
    Array out = views.out.select(2, k);
    if (trail)
      out = moved_last(out, 1);
    const std::array<const Array *, 7> operands{
        &x,  &weight, &bias, &numbers.sizes, &numbers.steps, &numbers.before,
        &out};
    kernel.run(operands,
               {.config = lanes_config(out, windows, trail, vectors),
                .stream = call.stream},
               call.where);
  }
}

} // namespace girih::ops
