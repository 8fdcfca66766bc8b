// SPDX-License-Identifier: Apache-2.0
// linear: out[..., n] = f(sum over k of x[..., k] * weight[n, k] + bias[n])
//
// Shapes: x of any rank from 1 on, weight[N, K], bias[N] or none; of weight[K]
// and bias[], as of one row, the result lacks n. f is one of
// none, relu, gelu, gelu_tanh, silu. Dtypes: f64 f32 f16 bf16, x and weight
// alike, bias of any of them. Summed in f32 (f64 for f64), bias and f applied
// there, rounded once. Up to 8 rows of x are as fast as weight can be read: see
// few_rows.h; more that leave a GPU idle are summed in parts of K.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: torch.nn.functional.linear and activations after it.
#include "girih/ops/matmul/linear.h"
#include "girih/ops/matmul/few_rows.h"
#include "girih/ops/matmul/split_product.h"
#include "girih/ops/products.h"

namespace girih::ops {

namespace {

// A weight of one row, without that dimension, is one with it.
std::optional<Array> as_rows(const std::optional<Array> &array) {
  return array ? std::optional(unsqueezed(*array, 0)) : std::nullopt;
}

struct Linear {
  static constexpr std::string_view signature =
      "linear(x, weight, bias: array? = None, *, activation: str = 'none', "
      "precision: str = 'ieee') -> out";
  static Shaped result(const Call &call, const Array &x, const Array &weight,
                       const std::optional<Array> &bias,
                       std::string_view activation,
                       std::string_view precision) {
    if (weight.rank() == 1 && x.rank() > 0) {
      call.check_shape({"weight", weight}, {x.size(-1)}, {{"x", x}});
      call.check_shape({"bias", bias}, {}, {{"weight", weight}});
      Shaped out = result(call, x, unsqueezed(weight, 0), as_rows(bias),
                          activation, precision);
      --out.shape.rank;
      return out;
    }
    check_linear(call, x, {"weight", weight});
    call.check_same_device({{"x", x}, {"bias", bias}});
    call.check_dtype({"bias", bias}, floats);
    call.check_shape({"bias", bias}, {weight.size(0)}, {{"weight", weight}});
    parse_activation(call, activation);
    allows_tf32(call, precision);
    return linear_result(x, weight.size(0));
  }
  static void launch(const Call &call, const Array &x, const Array &weight,
                     const std::optional<Array> &bias,
                     std::string_view activation, std::string_view precision,
                     const Array &out) {
    if (weight.rank() == 1)
      return launch(call, x, unsqueezed(weight, 0), as_rows(bias), activation,
                    precision, unsqueezed(out, out.rank()));
    const LinearViews views(x, out);
    const Activation kind = parse_activation(call, activation);
    if (views.joined && suits_few_rows(views.x.size(0), weight))
      return launch_few_rows(call, {.x = views.x,
                                    .weight = weight,
                                    .out = views.out,
                                    .bias = bias,
                                    .activation = kind});
    launch_product(call,
                   {.a = views.x,
                    .b = views.factor(weight),
                    .out = views.out,
                    .c = bias,
                    .activation = kind,
                    .tf32 = x.dtype() == f32 && allows_tf32(call, precision)});
  }
};

} // namespace

Array linear(const Array &x, const Array &weight,
             const std::optional<Array> &bias, std::string_view activation,
             std::string_view precision, const Stream &stream,
             std::source_location where) {
  return compute<Linear>(stream, where, x, weight, bias, activation, precision);
}

void linear_out(const Array &x, const Array &weight, const Array &out,
                const std::optional<Array> &bias, std::string_view activation,
                std::string_view precision, const Stream &stream,
                std::source_location where) {
  compute_into<Linear>(stream, where, std::tie(out), x, weight, bias,
                       activation, precision);
}

OpEntry entry_of_linear() {
  std::vector<KernelEntry> kernels = few_rows_entries();
  for (KernelEntry &entry : split_product_entries())
    kernels.push_back(std::move(entry));
  return op_entry<Linear>({"products",
                           "f(x weight^T + bias)",
                           {std::begin(floats), std::end(floats)},
                           std::move(kernels)});
}

} // namespace girih::ops
