// SPDX-License-Identifier: Apache-2.0
// rms_norm: out = x * rsqrt(mean(x^2) + eps) * weight
//
// Shapes: x of any; the mean is over its last dimensions, normalized_shape,
// which is the shape of weight. Dtypes: f64 f32 f16 bf16, of weight too, which
// need not be that of x; computed in f32 (f64 for f64) and rounded once. eps is
// the distance from 1 to the next number of the dtype of x unless given.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.nn.functional.rms_norm.
#include "girih/ops/normalisation/rms_norm.h"
#include "girih/ops/normalisation.h"

namespace girih::ops {

namespace {

void whole_application(In x, In weight, In eps, Out out) {
  out = rms_normed(cast(x, computed(x.dtype())), x, weight, eps);
}

void looped_application(In x, In weight, In eps, Out out) {
  const DType type = computed(x.dtype());
  Tile squares = zeros(x.shape(), type);
  for (Index k : range(x.size(0))) {
    Tile part = cast(x[k], type);
    squares = fma(part, part, squares);
  }
  Tile scale = rms_scale(squares, x, eps);
  for (Index k : range(x.size(0)))
    store_rms_row(out[k], cast(x[k], type) * scale, weight, k);
}

const RowKernels &kernels() {
  static const auto make_one = [](const char *name, bool looped, auto apply) {
    return Kernel(make_source(
        name,
        [looped](Tensor x, Tensor weight, Tensor eps, Tensor out) {
          const RowCut cut(out, looped);
          return arranged(cut.full(x), cut.weight(weight), eps, cut.full(out));
        },
        apply, {"x", "weight", "eps", "out"}));
  };
  static const RowKernels made{
      make_one("rms_norm", false, whole_application),
      make_one("rms_norm_long", true, looped_application)};
  return made;
}

struct RmsNorm {
  static constexpr std::string_view signature =
      "rms_norm(x, normalized_shape: ints, weight: array? = None, "
      "eps: float? = None) -> out";
  static Shaped result(const Call &call, const Array &x,
                       const std::vector<std::int64_t> &normalized_shape,
                       const std::optional<Array> &weight,
                       const std::optional<double> &) {
    call.check_same_device({{"x", x}, {"weight", weight}});
    call.check_dtype({"x", x}, floats);
    call.check_dtype({"weight", weight}, floats);
    const int split = check_rows(call, x, normalized_shape);
    check_weight(call, {"weight", weight}, x, split);
    return {dims_of(x.shape()), x.dtype()};
  }
  static void launch(const Call &call, const Array &x,
                     const std::vector<std::int64_t> &normalized_shape,
                     const std::optional<Array> &weight,
                     const std::optional<double> &eps, const Array &out) {
    const std::array operands{
        RowOperand::full(x), RowOperand::weight(weight),
        RowOperand::number(eps.value_or(epsilon(x.dtype())),
                           computed(x.dtype())),
        RowOperand::full(out)};
    launch_rows(call, kernels(),
                x.rank() - static_cast<int>(normalized_shape.size()), operands);
  }
};

} // namespace

Array rms_norm(const Array &x,
               const std::vector<std::int64_t> &normalized_shape,
               const std::optional<Array> &weight, std::optional<double> eps,
               const Stream &stream, std::source_location where) {
  return compute<RmsNorm>(stream, where, x, normalized_shape, weight, eps);
}

void rms_norm_out(const Array &x,
                  const std::vector<std::int64_t> &normalized_shape,
                  const Array &out, const std::optional<Array> &weight,
                  std::optional<double> eps, const Stream &stream,
                  std::source_location where) {
  compute_into<RmsNorm>(stream, where, std::tie(out), x, normalized_shape,
                        weight, eps);
}

OpEntry entry_of_rms_norm() {
  return op_entry<RmsNorm>(
      {"normalisation",
       "x * rsqrt(mean(x^2) + eps) * weight",
       {std::begin(floats), std::end(floats)},
       rows_entries(kernels(), "rms_norm_spread", "fwef")});
}

} // namespace girih::ops
