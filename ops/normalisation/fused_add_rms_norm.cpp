// SPDX-License-Identifier: Apache-2.0
// fused_add_rms_norm: new_residual = x + residual, rounded to the dtype;
// out = new_residual * rsqrt(mean(new_residual^2) + eps) * weight
//
// Shapes: x and residual alike, of any rank; weight and the mean are over the
// last dimension. Dtypes: f64 f32 f16 bf16, of weight too, which need not be
// that of x; computed in f32 (f64 for f64). It is what two operations between
// the layers of a transformer give, bit for bit, with two reads and two writes
// instead of three and two.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.add, then torch.nn.functional.rms_norm.
#include "girih/ops/normalisation.h"
#include "girih/ops/normalisation/rms_norm.h"

namespace girih::ops {

namespace {

Tile added(const Located &x, const Located &residual, DType dtype) {
  const DType type = computed(dtype);
  return cast(cast(x, type) + cast(residual, type), dtype);
}

void whole_application(In x, In residual, In weight, In eps, Out out,
                       Out new_residual) {
  Tile h = added(x, residual, x.dtype());
  new_residual = h;
  out = rms_normed(cast(h, computed(x.dtype())), x, weight, eps);
}

void looped_application(In x, In residual, In weight, In eps, Out out,
                        Out new_residual) {
  const DType type = computed(x.dtype());
  Tile squares = zeros(x.shape(), type);
  for (Index k : range(x.size(0))) {
    Tile h = added(x[k], residual[k], x.dtype());
    new_residual[k] = h;
    Tile part = cast(h, type);
    squares = fma(part, part, squares);
  }
  Tile scale = rms_scale(squares, x, eps);
  for (Index k : range(x.size(0)))
    store_rms_row(out[k],
                  cast(added(x[k], residual[k], x.dtype()), type) * scale,
                  weight, k);
}

const RowKernels &kernels() {
  static const auto make_one = [](const char *name, bool looped, auto apply) {
    return Kernel(make_source(
        name,
        [looped](Tensor x, Tensor residual, Tensor weight, Tensor eps,
                 Tensor out, Tensor new_residual) {
          const RowCut cut(out, looped);
          return arranged(cut.full(x), cut.full(residual), cut.weight(weight),
                          eps, cut.full(out), cut.full(new_residual));
        },
        apply, {"x", "residual", "weight", "eps", "out", "new_residual"}));
  };
  static const RowKernels made{
      make_one("fused_add_rms_norm", false, whole_application),
      make_one("fused_add_rms_norm_long", true, looped_application)};
  return made;
}

struct FusedAddRmsNorm {
  static constexpr std::string_view signature =
      "fused_add_rms_norm(x, residual, weight: array? = None, "
      "eps: float? = None) -> out, new_residual";
  static std::array<Shaped, 2> result(const Call &call, const Array &x,
                                      const Array &residual,
                                      const std::optional<Array> &weight,
                                      const std::optional<double> &) {
    call.check_same_device(
        {{"x", x}, {"residual", residual}, {"weight", weight}});
    call.check_dtype({"x", x}, floats);
    call.check_same_dtype({"x", x}, {"residual", residual});
    call.check_dtype({"weight", weight}, floats);
    call.check_rank({"x", x}, 1, max_rank);
    if (!std::ranges::equal(x.shape(), residual.shape()))
      call.fail(ErrorId::shape, "x and residual must have the same shape",
                {{"x", x}, {"residual", residual}});
    check_weight(call, {"weight", weight}, x, x.rank() - 1);
    const Shaped shaped{dims_of(x.shape()), x.dtype()};
    return {shaped, shaped};
  }
  static void launch(const Call &call, const Array &x, const Array &residual,
                     const std::optional<Array> &weight,
                     const std::optional<double> &eps, const Array &out,
                     const Array &new_residual) {
    const std::array operands{
        RowOperand::full(x),
        RowOperand::full(residual),
        RowOperand::weight(weight),
        RowOperand::number(eps.value_or(epsilon(x.dtype())),
                           computed(x.dtype())),
        RowOperand::full(out),
        RowOperand::full(new_residual)};
    launch_rows(call, kernels(), x.rank() - 1, operands);
  }
};

} // namespace

std::array<Array, 2> fused_add_rms_norm(const Array &x, const Array &residual,
                                        const std::optional<Array> &weight,
                                        std::optional<double> eps,
                                        const Stream &stream,
                                        std::source_location where) {
  return compute<FusedAddRmsNorm>(stream, where, x, residual, weight, eps);
}

void fused_add_rms_norm_out(const Array &x, const Array &residual,
                            const Array &out, const Array &new_residual,
                            const std::optional<Array> &weight,
                            std::optional<double> eps, const Stream &stream,
                            std::source_location where) {
  compute_into<FusedAddRmsNorm>(stream, where, std::tie(out, new_residual), x,
                                residual, weight, eps);
}

OpEntry entry_of_fused_add_rms_norm() {
  return op_entry<FusedAddRmsNorm>(
      {"normalisation",
       "h = x + residual; h * rsqrt(mean(h^2) + eps) * weight",
       {std::begin(floats), std::end(floats)},
       rows_entries(kernels(), "fused_add_rms_norm_spread", "ffweff")});
}

} // namespace girih::ops
