// SPDX-License-Identifier: Apache-2.0
// rms_norm_linear_swiglu: linear_swiglu of y = x * rsqrt(mean(x^2) + eps) *
// norm_weight
//
// Shapes: x of any rank from 1 on, norm_weight[K], gate_up_weight[2 N, K],
// whose first N rows are the gate. Dtypes: f64 f32 f16 bf16, alike. Few rows on
// a GPU are one launch, see few_rows.h, and y is not rounded; others are
// rms_norm and linear_swiglu, with y in the dtype of x. Errors: [device]
// [dtype] [shape] [overlap]. Source: the feed-forward layer of LLaMA, with the
// norm before it.
#include "girih/ops/matmul/few_rows.h"
#include "girih/ops/matmul/linear.h"
#include "girih/ops/normalisation.h"
#include "girih/ops/products.h"

namespace girih::ops {

namespace {

struct RmsNormLinearSwiglu {
  static constexpr std::string_view signature =
      "rms_norm_linear_swiglu(x, norm_weight, gate_up_weight, "
      "eps: float = 1e-06) -> out";
  static Shaped result(const Call &call, const Array &x, const Array &norm,
                       const Array &weight, double) {
    const Argument given{"gate_up_weight", weight};
    check_linear(call, x, given);
    check_gate_up(call, given);
    check_norm_weight(call, x, {"norm_weight", norm});
    return linear_result(x, weight.size(0) / 2);
  }
  static void launch(const Call &call, const Array &x, const Array &norm,
                     const Array &weight, double eps, const Array &out) {
    const std::int64_t half = weight.size(0) / 2;
    const LinearViews views(x, out);
    if (views.joined && norms_few_rows(views.x, weight))
      return launch_few_rows(call, {.x = views.x,
                                    .weight = weight.slice(0, half, 2 * half),
                                    .out = views.out,
                                    .gate = weight.slice(0, 0, half),
                                    .norm = norm,
                                    .eps = eps});
    const Array normed =
        rms_norm(x, {x.size(-1)}, norm, eps, call.stream, call.where);
    linear_swiglu_out(normed, weight, out, call.stream, call.where);
  }
};

} // namespace

Array rms_norm_linear_swiglu(const Array &x, const Array &norm_weight,
                             const Array &gate_up_weight, double eps,
                             const Stream &stream, std::source_location where) {
  return compute<RmsNormLinearSwiglu>(stream, where, x, norm_weight,
                                      gate_up_weight, eps);
}

void rms_norm_linear_swiglu_out(const Array &x, const Array &norm_weight,
                                const Array &gate_up_weight, const Array &out,
                                double eps, const Stream &stream,
                                std::source_location where) {
  compute_into<RmsNormLinearSwiglu>(stream, where, std::tie(out), x,
                                    norm_weight, gate_up_weight, eps);
}

OpEntry entry_of_rms_norm_linear_swiglu() {
  return op_entry<RmsNormLinearSwiglu>({"products",
                                        "linear_swiglu of rms_norm(x)",
                                        {std::begin(floats), std::end(floats)},
                                        normed_gated_few_rows_entries()});
}

} // namespace girih::ops
