// SPDX-License-Identifier: Apache-2.0
// layer_norm: out = (x - mean) * rsqrt(variance + eps) * weight + bias
//
// Shapes: x of any; mean and variance (divided by the number of elements) are
// over its last dimensions, normalized_shape, which is the shape of weight and
// bias. Dtypes: f64 f32 f16 bf16, of weight and bias too, which need not be
// that of x; computed in f32 (f64 for f64) and rounded once. The variance is of
// distances from the mean; in long rows each lane keeps its own mean and
// distances by Welford's method, and they are joined at the end.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.nn.functional.layer_norm.
#include "girih/ops/normalisation.h"
#include "girih/ops/normalisation/rows.h"

namespace girih::ops {

namespace {

void whole_application(In x, In weight, In bias, In eps, Out out) {
  const DType type = computed(x.dtype());
  Tile row = cast(x, type);
  Tile count = row_length(x, type);
  Tile mean = sum(row, dim(1).kept()) / count;
  Tile apart = row - mean, inside = where(x.in_bounds(), apart, 0);
  Tile variance = sum(inside * inside, dim(1).kept()) / count;
  out = scaled(apart * rsqrt(variance + cast(eps, type)), weight, bias);
}

void looped_application(In x, In weight, In bias, In eps, Out out) {
  const DType type = computed(x.dtype());
  Tile counts = zeros(x.shape(), type), means = zeros(x.shape(), type),
       squares = zeros(x.shape(), type);
  for (Index k : range(x.size(0))) {
    // A lane that is inside in this round was so in all before.
    Tile inside = x[k].in_bounds(), part = cast(x[k], type);
    Tile apart = where(inside, part - means, 0);
    means = fma(apart, 1 / cast(k + 1, type), means);
    squares = where(inside, fma(apart, part - means, squares), squares);
    counts = counts + cast(inside, type);
  }
  Tile count = row_length(x, type);
  Tile mean = sum(means * counts, dim(1).kept()) / count;
  Tile apart = means - mean;
  Tile variance =
      sum(fma(counts * apart, apart, squares), dim(1).kept()) / count;
  Tile scale = rsqrt(variance + cast(eps, type));
  for (Index k : range(x.size(0)))
    out[k] = scaled((cast(x[k], type) - mean) * scale, weight, bias, k);
}

const RowKernels &kernels() {
  static const auto make_one = [](const char *name, bool looped, auto apply) {
    return Kernel(make_source(
        name,
        [looped](Tensor x, Tensor weight, Tensor bias, Tensor eps, Tensor out) {
          const RowCut cut(out, looped);
          return arranged(cut.full(x), cut.weight(weight), cut.weight(bias),
                          eps, cut.full(out));
        },
        apply, {"x", "weight", "bias", "eps", "out"}));
  };
  static const RowKernels made{
      make_one("layer_norm", false, whole_application),
      make_one("layer_norm_long", true, looped_application)};
  return made;
}

struct LayerNorm {
  static constexpr std::string_view signature =
      "layer_norm(x, normalized_shape: ints, weight: array? = None, "
      "bias: array? = None, eps: float = 1e-05) -> out";
  static Shaped result(const Call &call, const Array &x,
                       const std::vector<std::int64_t> &normalized_shape,
                       const std::optional<Array> &weight,
                       const std::optional<Array> &bias, double) {
    call.check_same_device({{"x", x}, {"weight", weight}, {"bias", bias}});
    call.check_dtype({"x", x}, floats);
    call.check_dtype({"weight", weight}, floats);
    call.check_dtype({"bias", bias}, floats);
    const int split = check_rows(call, x, normalized_shape);
    check_weight(call, {"weight", weight}, x, split);
    check_weight(call, {"bias", bias}, x, split);
    return {dims_of(x.shape()), x.dtype()};
  }
  static void launch(const Call &call, const Array &x,
                     const std::vector<std::int64_t> &normalized_shape,
                     const std::optional<Array> &weight,
                     const std::optional<Array> &bias, double eps,
                     const Array &out) {
    const std::array operands{RowOperand::full(x), RowOperand::weight(weight),
                              RowOperand::weight(bias),
                              RowOperand::number(eps, computed(x.dtype())),
                              RowOperand::full(out)};
    launch_rows(call, kernels(),
                x.rank() - static_cast<int>(normalized_shape.size()), operands);
  }
};

} // namespace

Array layer_norm(const Array &x,
                 const std::vector<std::int64_t> &normalized_shape,
                 const std::optional<Array> &weight,
                 const std::optional<Array> &bias, double eps,
                 const Stream &stream, std::source_location where) {
  return compute<LayerNorm>(stream, where, x, normalized_shape, weight, bias,
                            eps);
}

void layer_norm_out(const Array &x,
                    const std::vector<std::int64_t> &normalized_shape,
                    const Array &out, const std::optional<Array> &weight,
                    const std::optional<Array> &bias, double eps,
                    const Stream &stream, std::source_location where) {
  compute_into<LayerNorm>(stream, where, std::tie(out), x, normalized_shape,
                          weight, bias, eps);
}

OpEntry entry_of_layer_norm() {
  return op_entry<LayerNorm>(
      {"normalisation",
       "(x - mean) * rsqrt(variance + eps) * weight + bias",
       {std::begin(floats), std::end(floats)},
       rows_entries(kernels(), "layer_norm_spread", "fwwef")});
}

} // namespace girih::ops
