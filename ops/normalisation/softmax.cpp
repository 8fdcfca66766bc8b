// SPDX-License-Identifier: Apache-2.0
// softmax: out[i..., r] = e^x[i..., r] / the sum of e^x[i..., s] over s
//
// Shapes: any, along one dimension. Dtypes: f64 f32 f16 bf16, converted to
// `dtype` first. Relative to the largest element, in f32 (f64 for f64), rounded
// once. Errors: [device] [dtype] [index] [argument] [overlap]. Source:
// torch.softmax.
#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/normalisation.h"
#include "girih/ops/normalisation/softmax_family.h"

namespace girih::ops {

namespace {

const softmax_family::Kernels &kernels() {
  static const softmax_family::Kernels made("softmax", false);
  return made;
}

struct Softmax {
  static constexpr std::string_view signature =
      "softmax(x, dim: int, *, dtype: dtype? = None) -> out";
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

Array softmax(const Array &x, std::int64_t dim, std::optional<DType> dtype,
              const Stream &stream, std::source_location where) {
  return compute<Softmax>(stream, where, x, dim, dtype);
}

void softmax_out(const Array &x, const Array &out, std::int64_t dim,
                 std::optional<DType> dtype, const Stream &stream,
                 std::source_location where) {
  compute_into<Softmax>(stream, where, std::tie(out), x, dim, dtype);
}

OpEntry entry_of_softmax() {
  std::vector<KernelEntry> entries = softmax_family::entries(
      kernels(), "softmax_spread", "softmax_loop_spread");
  for (KernelEntry &each : reduction_entries(
           softmax_family::sums(), {bf16, f32, f64},
           [](DType) { return std::vector<DType>(); },
           [](DType x) { return std::vector{computed(x), computed(x)}; }))
    entries.push_back(std::move(each));
  return op_entry<Softmax>({"normalisation",
                            "e^x / the sum of e^x along dim",
                            {std::begin(floats), std::end(floats)},
                            std::move(entries)});
}

} // namespace girih::ops
