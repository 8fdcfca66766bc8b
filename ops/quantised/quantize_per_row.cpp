// SPDX-License-Identifier: Apache-2.0
// quantize_per_row: scales[i...] = max(the largest |x[i..., k]|, 1e-8) / L,
// out[i..., k] = x[i..., k] / scales[i...], rounded; L the largest number of
// the dtype
//
// Shapes: x of any rank from 1 on; scales without its last dimension. Dtypes: x
// floats; out i8 (L = 127), e4m3 (448) or e5m2 (57344); scales f32. All in f32,
// to which f64 is rounded, rounded to nearest even. A row with a NaN has a NaN
// scale, one with an infinity an infinite one. A row is read once up to 16384
// elements, twice above. Errors: [device] [dtype] [shape] [overlap]. Source:
// the per-token quantisation of W8A8 inference.
#include "girih/ops/quantised.h"
#include "girih/ops/quantised/quantise.h"

namespace girih::ops {

namespace {

struct QuantizePerRow {
  static constexpr std::string_view signature =
      "quantize_per_row(x, dtype: dtype) -> out, scales";
  static std::array<Shaped, 2> result(const Call &call, const Array &x,
                                      DType dtype) {
    check_quantised(call, x, dtype);
    call.check_rank({"x", x}, 1, max_rank);
    return {
        Shaped{dims_of(x.shape()), dtype},
        Shaped{dims_of(x.shape().first(static_cast<std::size_t>(x.rank() - 1))),
               f32}};
  }
  static void launch(const Call &call, const Array &x, DType, const Array &out,
                     const Array &scales) {
    launch_quantise(call, x, std::array{x.rank() - 1}, out, scales);
  }
};

} // namespace

std::array<Array, 2> quantize_per_row(const Array &x, DType dtype,
                                      const Stream &stream,
                                      std::source_location where) {
  return compute<QuantizePerRow>(stream, where, x, dtype);
}

void quantize_per_row_out(const Array &x, const Array &out, const Array &scales,
                          const Stream &stream, std::source_location where) {
  compute_into<QuantizePerRow>(stream, where, std::tie(out, scales), x,
                               out.dtype());
}

OpEntry entry_of_quantize_per_row() {
  return op_entry<QuantizePerRow>(
      {"quantised",
       "x / scale, scale the largest |x| of a row by 127, 448 or 57344",
       {std::begin(quantised_dtypes), std::end(quantised_dtypes)},
       {quantise_rows_entry(), quantise_scales_entry()}});
}

} // namespace girih::ops
