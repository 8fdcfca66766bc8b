// SPDX-License-Identifier: Apache-2.0
// rms_norm_linear: out[..., n] = sum over k of y[..., k] * weight[n, k] +
// bias[n], where y = x * rsqrt(mean(x^2) + eps) * norm_weight
//
// Shapes: x of any rank from 1 on, norm_weight[K], weight[N, K], bias[N] or
// none. Dtypes: f64 f32 f16 bf16, x, norm_weight and weight alike, bias of any
// of them. Few rows on a GPU are one launch, see few_rows.h, and y is not
// rounded; others are rms_norm and linear, with y in the dtype of x.
// Errors: [device] [dtype] [shape] [overlap].
// Source: linear(torch.nn.functional.rms_norm(x)).
#include "girih/ops/matmul/few_rows.h"
#include "girih/ops/matmul/linear.h"
#include "girih/ops/normalisation.h"
#include "girih/ops/products.h"

namespace girih::ops {

namespace {

struct RmsNormLinear {
  static constexpr std::string_view signature =
      "rms_norm_linear(x, norm_weight, weight, bias: array? = None, "
      "eps: float = 1e-06) -> out";
  static Shaped result(const Call &call, const Array &x, const Array &norm,
                       const Array &weight, const std::optional<Array> &bias,
                       double) {
    check_linear(call, x, {"weight", weight});
    check_norm_weight(call, x, {"norm_weight", norm});
    call.check_same_device({{"x", x}, {"bias", bias}});
    call.check_dtype({"bias", bias}, floats);
    call.check_shape({"bias", bias}, {weight.size(0)}, {{"weight", weight}});
    return linear_result(x, weight.size(0));
  }
  static void launch(const Call &call, const Array &x, const Array &norm,
                     const Array &weight, const std::optional<Array> &bias,
                     double eps, const Array &out) {
    const LinearViews views(x, out);
    if (views.joined && norms_few_rows(views.x, weight))
      return launch_few_rows(call, {.x = views.x,
                                    .weight = weight,
                                    .out = views.out,
                                    .bias = bias,
                                    .norm = norm,
                                    .eps = eps});
    const Array normed =
        rms_norm(x, {x.size(-1)}, norm, eps, call.stream, call.where);
    linear_out(normed, weight, out, bias, "none", "ieee", call.stream,
               call.where);
  }
};

} // namespace

Array rms_norm_linear(const Array &x, const Array &norm_weight,
                      const Array &weight, const std::optional<Array> &bias,
                      double eps, const Stream &stream,
                      std::source_location where) {
  return compute<RmsNormLinear>(stream, where, x, norm_weight, weight, bias,
                                eps);
}

void rms_norm_linear_out(const Array &x, const Array &norm_weight,
                         const Array &weight, const Array &out,
                         const std::optional<Array> &bias, double eps,
                         const Stream &stream, std::source_location where) {
  compute_into<RmsNormLinear>(stream, where, std::tie(out), x, norm_weight,
                              weight, bias, eps);
}

OpEntry entry_of_rms_norm_linear() {
  return op_entry<RmsNormLinear>({"products",
                                  "rms_norm(x) weight^T + bias",
                                  {std::begin(floats), std::end(floats)},
                                  normed_few_rows_entries()});
}

} // namespace girih::ops
