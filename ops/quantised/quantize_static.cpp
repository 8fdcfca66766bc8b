// SPDX-License-Identifier: Apache-2.0
// quantize_static: out[i...] = x[i...] / scale[i...], rounded
//
// Shapes: scale broadcasts to x: [] is one for all, [M, 1] one for each row,
// [K] one for each column; or it is a number. Dtypes: x floats, of which
// f64 is rounded to f32, scale f32; out i8, e4m3 or e5m2. Rounded to nearest
// even, saturated: i8 from -128 to 127, where NaN gives 0. Errors: [device]
// [dtype] [shape] [overlap]. Source: static W8A8 quantisation, whose scales are
// calibrated.
#include "girih/ops/quantised.h"
#include "girih/ops/quantised/quantise.h"

namespace girih::ops {

namespace {

struct QuantizeStatic {
  static constexpr std::string_view signature =
      "quantize_static(x, scale: number, dtype: dtype) -> out";
  static Shaped result(const Call &call, const Array &x,
                       const ArrayOrNumber &scale, DType dtype) {
    check_quantised(call, x, dtype);
    check_scale(call, x, scale);
    return {dims_of(x.shape()), dtype};
  }
  static void launch(const Call &call, const Array &x,
                     const ArrayOrNumber &scale, DType, const Array &out) {
    launch_quantise_static(call, x, scale.as(f32), out);
  }
};

} // namespace

Array quantize_static(const Array &x, const ArrayOrNumber &scale, DType dtype,
                      const Stream &stream, std::source_location where) {
  return compute<QuantizeStatic>(stream, where, x, scale, dtype);
}

void quantize_static_out(const Array &x, const ArrayOrNumber &scale,
                         const Array &out, const Stream &stream,
                         std::source_location where) {
  compute_into<QuantizeStatic>(stream, where, std::tie(out), x, scale,
                               out.dtype());
}

OpEntry entry_of_quantize_static() {
  return op_entry<QuantizeStatic>(
      {"quantised",
       "x / scale as i8, e4m3 or e5m2",
       {std::begin(quantised_dtypes), std::end(quantised_dtypes)},
       {quantise_static_entry()}});
}

} // namespace girih::ops
