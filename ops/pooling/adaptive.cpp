// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/pooling/adaptive.h"
#include "girih/ops/pooling/average_pool.h"
#include "girih/ops/pooling/max_pool.h"
#include "girih/ops/reductions.h"

namespace girih::ops {

namespace {

constexpr int dims = 2;

void launch(const Call &call, const Kernel &kernel, const Array &x,
            std::span<const Array> outs) {
  const bool even = even_windows(x, outs[0], dims);
  const WindowNumbers windows = adaptive_windows(x, outs[0], dims);
  launch_pool(call,
              {even ? kernel : kernel.with("ADAPTIVE", true), windows,
               Array::scalar(windows.places(), computed(x.dtype()))},
              x, outs);
}

} // namespace

Shaped AdaptiveAverage::result(const Call &call, const Array &x,
                               const Numbers &output_size) {
  return adaptive_result(call, x, output_size);
}

void AdaptiveAverage::launch(const Call &call, const Array &x, const Numbers &,
                             const Array &out) {
  // One window is all of a plane, which a reduction shares among threads.
  if (out.size(-1) == 1 && out.size(-2) == 1)
    return mean_out(x, out, {-2, -1}, true, {}, call.stream, call.where);
  ops::launch(call, adaptive_avg_pool_kernel(), x, {&out, 1});
}

Shaped AdaptiveMax::result(const Call &call, const Array &x,
                           const Numbers &output_size) {
  return adaptive_result(call, x, output_size);
}

void AdaptiveMax::launch(const Call &call, const Array &x, const Numbers &,
                         const Array &out) {
  if (out.size(-1) == 1 && out.size(-2) == 1)
    return amax_out(x, out, {-2, -1}, true, call.stream, call.where);
  ops::launch(call, adaptive_max_pool_kernel(), x, {&out, 1});
}

std::array<Shaped, 2> AdaptiveMaxIndices::result(const Call &call,
                                                 const Array &x,
                                                 const Numbers &output_size) {
  const Shaped out = adaptive_result(call, x, output_size);
  return {out, Shaped{out.shape, i64}};
}

void AdaptiveMaxIndices::launch(const Call &call, const Array &x,
                                const Numbers &, const Array &out,
                                const Array &indices) {
  const std::array outs{out, indices};
  ops::launch(call, adaptive_max_pool_indices_kernel(), x, outs);
}

} // namespace girih::ops
