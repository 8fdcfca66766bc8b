// SPDX-License-Identifier: Apache-2.0
// quantize_per_tensor: scale = max(the largest |x|, 1e-8) / L, out[i...] =
// x[i...] / scale, rounded; L the largest number of the dtype
//
// Shapes: x of any; scale []. Otherwise as quantize_per_row. Many elements are
// read twice: once for the largest. Errors: [device] [dtype] [shape] [overlap].
// Source: the per-tensor quantisation of W8A8 inference.
#include "girih/ops/quantised.h"
#include "girih/ops/quantised/quantise.h"

#include <numeric>

namespace girih::ops {

namespace {

struct QuantizePerTensor {
  static constexpr std::string_view signature =
      "quantize_per_tensor(x, dtype: dtype) -> out, scale";
  static std::array<Shaped, 2> result(const Call &call, const Array &x,
                                      DType dtype) {
    check_quantised(call, x, dtype);
    return {Shaped{dims_of(x.shape()), dtype}, Shaped{{}, f32}};
  }
  static void launch(const Call &call, const Array &x, DType, const Array &out,
                     const Array &scale) {
    std::array<int, max_rank> dims{};
    std::iota(dims.begin(), dims.end(), 0);
    launch_quantise(call, x,
                    std::span(dims).first(static_cast<std::size_t>(x.rank())),
                    out, scale);
  }
};

} // namespace

std::array<Array, 2> quantize_per_tensor(const Array &x, DType dtype,
                                         const Stream &stream,
                                         std::source_location where) {
  return compute<QuantizePerTensor>(stream, where, x, dtype);
}

void quantize_per_tensor_out(const Array &x, const Array &out,
                             const Array &scale, const Stream &stream,
                             std::source_location where) {
  compute_into<QuantizePerTensor>(stream, where, std::tie(out, scale), x,
                                  out.dtype());
}

OpEntry entry_of_quantize_per_tensor() {
  return op_entry<QuantizePerTensor>(
      {"quantised",
       "x / scale, scale the largest |x| by 127, 448 or 57344",
       {std::begin(quantised_dtypes), std::end(quantised_dtypes)},
       {}});
}

} // namespace girih::ops
