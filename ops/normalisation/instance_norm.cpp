// SPDX-License-Identifier: Apache-2.0
// instance_norm: out = (x - mean) * rsqrt(variance + eps) * weight + bias
//
// Shapes: x[N, C, ...], weight[C] and bias[C] or none; mean and variance
// (divided by the number of elements) are over each channel of each element of
// the batch. Otherwise as group_norm.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.nn.functional.instance_norm with use_input_stats and without
// running statistics.
#include "girih/ops/normalisation.h"
#include "girih/ops/normalisation/group_norm.h"

namespace girih::ops {

namespace {

struct InstanceNorm {
  static constexpr std::string_view signature =
      "instance_norm(x, weight: array? = None, bias: array? = None, "
      "eps: float = 1e-05) -> out";
  static Shaped result(const Call &call, const Array &x,
                       const std::optional<Array> &weight,
                       const std::optional<Array> &bias, double) {
    check_channels(call, x, {{"weight", weight}, {"bias", bias}});
    return {dims_of(x.shape()), x.dtype()};
  }
  static void launch(const Call &call, const Array &x,
                     const std::optional<Array> &weight,
                     const std::optional<Array> &bias, double eps,
                     const Array &out) {
    launch_group_norm(call, x, x.size(1), weight, bias, eps, out);
  }
};

} // namespace

Array instance_norm(const Array &x, const std::optional<Array> &weight,
                    const std::optional<Array> &bias, double eps,
                    const Stream &stream, std::source_location where) {
  return compute<InstanceNorm>(stream, where, x, weight, bias, eps);
}

void instance_norm_out(const Array &x, const Array &out,
                       const std::optional<Array> &weight,
                       const std::optional<Array> &bias, double eps,
                       const Stream &stream, std::source_location where) {
  compute_into<InstanceNorm>(stream, where, std::tie(out), x, weight, bias,
                             eps);
}

OpEntry entry_of_instance_norm() {
  return op_entry<InstanceNorm>(
      {"normalisation",
       "(x - mean) * rsqrt(variance + eps) * weight + bias of each channel",
       {std::begin(floats), std::end(floats)},
       {}});
}

} // namespace girih::ops
