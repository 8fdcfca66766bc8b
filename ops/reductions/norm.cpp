// SPDX-License-Identifier: Apache-2.0
// norm: out[i...] = (the sum of |x[i..., r...]|^p over r)^(1/p)
//
// p = inf, -inf: the largest, the smallest |x|; p = 0: how many are not 0.
// Shapes: any, over any dimensions. Dtypes: f64 f32 f16 bf16, converted to
// `dtype` first. Accumulated in f32 (f64 for f64). Errors: [device] [dtype]
// [index] [argument] [shape] [overlap]. Source: torch.linalg.vector_norm,
// torch.norm.
#include "girih/ops/reductions/norms.h"

namespace girih::ops {

namespace {

struct Norm {
  static constexpr std::string_view signature =
      "norm(x, p: float = 2, dim: ints = (), keepdim: bool = False, *, "
      "dtype: dtype? = None) -> out";
  static Shaped result(const Call &call, const Array &x, double p,
                       const DimList &dim, bool keepdim,
                       const MaybeDType &dtype) {
    const Argument argument{"x", x};
    call.check_same_device({argument});
    call.check_dtype(argument, floats);
    const DType type = dtype.value_or(x.dtype());
    call.require(is_float(type) && bits(type) >= 16, "dtype must be a float's",
                 {argument});
    call.require(!std::isnan(p), "p must be a number", {argument});
    const std::vector<int> dims = call.check_dims(argument, dim);
    if ((p < 0 || std::isinf(p)) && count_along(x, dims) == 0)
      call.fail(ErrorId::shape, "there is nothing to reduce", {argument});
    return {reduced_shape(x, dims, keepdim), type};
  }
  static void launch(const Call &call, const Array &x, double p,
                     const DimList &dim, bool keepdim, const MaybeDType &,
                     const Array &out) {
    const Array numbers[] = {Array::scalar(0, out.dtype()),
                             Array::scalar(p, accumulator(out.dtype()))};
    launch_reduction(call, norms::kernels(p), x, call.check_dims({"x", x}, dim),
                     keepdim, numbers, {&out, 1});
  }
};

} // namespace

Array norm(const Array &x, double p, const std::vector<std::int64_t> &dim,
           bool keepdim, std::optional<DType> dtype, const Stream &stream,
           std::source_location where) {
  return compute<Norm>(stream, where, x, p, dim, keepdim, dtype);
}

void norm_out(const Array &x, const Array &out, double p,
              const std::vector<std::int64_t> &dim, bool keepdim,
              std::optional<DType> dtype, const Stream &stream,
              std::source_location where) {
  compute_into<Norm>(stream, where, std::tie(out), x, p, dim, keepdim, dtype);
}

OpEntry entry_of_norm() {
  std::vector<KernelEntry> entries;
  const double infinity = std::numeric_limits<double>::infinity();
  for (double p : {2.0, 1.0, 0.0, infinity, -infinity, 3.0})
    for (KernelEntry &each : reduction_entries(
             norms::kernels(p),
             p == 2 ? std::vector{bf16, f32} : std::vector{f32},
             [](DType x) { return std::vector{x, accumulator(x)}; },
             [](DType x) { return std::vector{x}; }))
      entries.push_back(std::move(each));
  return op_entry<Norm>({"reductions",
                         "(the sum of |x|^p over dim)^(1/p)",
                         {std::begin(floats), std::end(floats)},
                         std::move(entries)});
}

} // namespace girih::ops
