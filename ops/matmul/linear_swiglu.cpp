// SPDX-License-Identifier: Apache-2.0
// linear_swiglu: out[..., n] = silu(g) * u, where g = sum over k of x[..., k] *
// gate_up_weight[n, k] and u the same with gate_up_weight[N + n, k]
//
// Shapes: x of any rank from 1 on, gate_up_weight[2 N, K]. Dtypes: f64 f32 f16
// bf16, alike. g and u are summed in f32 (f64 for f64) and never stored: one
// launch, one rounding. The feed-forward layer of LLaMA and what came after it
// begins so.
// Errors: [device] [dtype] [shape] [overlap].
// Source: silu(torch.nn.functional.linear(x, gate)) * linear(x, up).
#include "girih/ops/matmul/few_rows.h"
#include "girih/ops/matmul/gated_product.h"
#include "girih/ops/matmul/linear.h"
#include "girih/ops/products.h"

namespace girih::ops {

namespace {

struct LinearSwiglu {
  static constexpr std::string_view signature =
      "linear_swiglu(x, gate_up_weight) -> out";
  static Shaped result(const Call &call, const Array &x, const Array &weight) {
    const Argument given{"gate_up_weight", weight};
    check_linear(call, x, given);
    check_gate_up(call, given);
    return linear_result(x, weight.size(0) / 2);
  }
  static void launch(const Call &call, const Array &x, const Array &weight,
                     const Array &out) {
    const std::int64_t half = weight.size(0) / 2;
    const Array gate = weight.slice(0, 0, half),
                up = weight.slice(0, half, 2 * half);
    const LinearViews views(x, out);
    if (views.joined && suits_few_rows(views.x.size(0), weight))
      return launch_few_rows(
          call, {.x = views.x, .weight = up, .out = views.out, .gate = gate});
    launch_gated_product(call, views.x, views.factor(gate), views.factor(up),
                         views.out);
  }
};

} // namespace

Array linear_swiglu(const Array &x, const Array &gate_up_weight,
                    const Stream &stream, std::source_location where) {
  return compute<LinearSwiglu>(stream, where, x, gate_up_weight);
}

void linear_swiglu_out(const Array &x, const Array &gate_up_weight,
                       const Array &out, const Stream &stream,
                       std::source_location where) {
  compute_into<LinearSwiglu>(stream, where, std::tie(out), x, gate_up_weight);
}

OpEntry entry_of_linear_swiglu() {
  std::vector<KernelEntry> kernels = gated_product_entries();
  for (KernelEntry &entry : gated_few_rows_entries())
    kernels.push_back(std::move(entry));
  return op_entry<LinearSwiglu>({"products",
                                 "silu(x gate^T) * (x up^T)",
                                 {std::begin(floats), std::end(floats)},
                                 std::move(kernels)});
}

} // namespace girih::ops
