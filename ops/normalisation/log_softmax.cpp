// SPDX-License-Identifier: Apache-2.0
// log_softmax: out[i..., r] = x[i..., r] - log of the sum of e^x[i..., s] over
// s
//
// Shapes: any, along one dimension. Dtypes: f64 f32 f16 bf16, converted to
// `dtype` first. Relative to the largest element, in f32 (f64 for f64), rounded
// once. Errors: [device] [dtype] [index] [argument] [overlap]. Source:
// torch.log_softmax.
#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/normalisation.h"
#include "girih/ops/normalisation/softmax_family.h"

namespace girih::ops {

namespace {

const softmax_family::Kernels &kernels() {
  static const softmax_family::Kernels made("log_softmax", true);
  return made;
}

struct LogSoftmax {
  static constexpr std::string_view signature =
      "log_softmax(x, dim: int, *, dtype: dtype? = None) -> out";
  static Shaped result(const Call &call, const Array &x, std::int64_t dim,
                       const std::optional<DType> &dtype) {
    return softmax_family::result(call, x, dim, dtype);
  }
  static void launch(const Call &call, const Array &x, std::int64_t dim,
                     const std::optional<DType> &, const Array &out) {
    softmax_family::launch(call, kernels(), x, dim, out);
  }
};

} // namespace

Array log_softmax(const Array &x, std::int64_t dim, std::optional<DType> dtype,
                  const Stream &stream, std::source_location where) {
  return compute<LogSoftmax>(stream, where, x, dim, dtype);
}

void log_softmax_out(const Array &x, const Array &out, std::int64_t dim,
                     std::optional<DType> dtype, const Stream &stream,
                     std::source_location where) {
  compute_into<LogSoftmax>(stream, where, std::tie(out), x, dim, dtype);
}

OpEntry entry_of_log_softmax() {
  std::vector<KernelEntry> entries = softmax_family::entries(
      kernels(), "log_softmax_spread", "log_softmax_loop_spread");
  return op_entry<LogSoftmax>({"normalisation",
                               "x - log of the sum of e^x along dim",
                               {std::begin(floats), std::end(floats)},
                               std::move(entries)});
}

} // namespace girih::ops
