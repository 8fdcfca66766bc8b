// SPDX-License-Identifier: Apache-2.0
// alpha_dropout: out[i...] = a * s + b with probability p, else a * x[i...] +
// b, with s = -1.7580993408473766, the least value of selu, a = 1 / sqrt((1 -
// p) (1 + p s^2)) and b = -a p s, so that mean 0 and variance 1 stay
//
// Shapes: any. Dtypes: f64 f32 f16 bf16; f16 and bf16 are computed in f32 and
// rounded once. An element is dropped where what rand() gives for it, of f32
// and the same seed and offset, is less than p. With p = 1 all results are 0.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: torch.nn.functional.alpha_dropout.
#include "girih/ops/random/elements.h"

#include <cmath>

namespace girih::ops {

namespace {

struct AlphaDropout {
  static constexpr std::string_view signature =
      "alpha_dropout(x, p: float = 0.5, *, seed: number, offset: number = 0) "
      "-> out";
  static Shaped result(const Call &call, const Array &x, double p,
                       const ArrayOrNumber &seed, const ArrayOrNumber &offset) {
    call.check_same_device({{"x", x}});
    call.check_dtype({"x", x}, floats);
    call.require(p >= 0 && p <= 1, "p must be between 0 and 1", {{"x", x}});
    check_seed(call, seed, offset, x);
    return {dims_of(x.shape()), x.dtype()};
  }
  static const DrawingKernels &kernels() {
    static const DrawingKernels made(
        {.name = "alpha_dropout", .arrays = 1, .numbers = 4, .apply = draw});
    return made;
  }
  static void launch(const Call &call, const Array &x, double p,
                     const ArrayOrNumber &seed, const ArrayOrNumber &offset,
                     const Array &out) {
    constexpr double least = -1.7580993408473766;
    const double a =
        p < 1 ? 1 / std::sqrt((1 - p) * (1 + p * least * least)) : 0;
    const double b = -a * p * least;
    launch_drawing(call, kernels(), x,
                   {units_below(p, out.dtype()), a, b, a * least + b}, seed,
                   offset, out);
  }

private:
  static Tile draw(const Bits &bits, const Tiles &arrays, const Tiles &numbers,
                   DType) {
    const Tile x = widened(arrays[0], arrays[0].dtype());
    return where(is_below(bits, numbers[0]), numbers[3],
                 fma(x, numbers[1], numbers[2]));
  }
};

} // namespace

Array alpha_dropout(const Array &x, double p, const ArrayOrNumber &seed,
                    const ArrayOrNumber &offset, const Stream &stream,
                    std::source_location where) {
  return compute<AlphaDropout>(stream, where, x, p, seed, offset);
}

void alpha_dropout_out(const Array &x, const Array &out, double p,
                       const ArrayOrNumber &seed, const ArrayOrNumber &offset,
                       const Stream &stream, std::source_location where) {
  compute_into<AlphaDropout>(stream, where, std::tie(out), x, p, seed, offset);
}

OpEntry entry_of_alpha_dropout() {
  return op_entry<AlphaDropout>({"random",
                                 "a * x + b, or a * -1.7581 + b with "
                                 "probability p: mean and variance stay",
                                 {std::begin(floats), std::end(floats)},
                                 drawing_entries(AlphaDropout::kernels())});
}

} // namespace girih::ops
