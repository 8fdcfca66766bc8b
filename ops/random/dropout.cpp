// SPDX-License-Identifier: Apache-2.0
// dropout: out[i...] = 0 with probability p, else x[i...] / (1 - p)
//
// Shapes: any. Dtypes: f64 f32 f16 bf16; f16 and bf16 are computed in f32 and
// rounded once. An element is dropped where what rand() gives for it, of f32
// and the same seed and offset, is less than p, so that a backward pass can
// make the same mask again; what is dropped is 0 whatever it was, NaN too.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: torch.nn.functional.dropout.
#include "girih/ops/random/elements.h"

namespace girih::ops {

namespace {

struct Dropout {
  static constexpr std::string_view signature =
      "dropout(x, p: float = 0.5, *, seed: number, offset: number = 0) -> out";
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
        {.name = "dropout", .arrays = 1, .numbers = 2, .apply = draw});
    return made;
  }
  static void launch(const Call &call, const Array &x, double p,
                     const ArrayOrNumber &seed, const ArrayOrNumber &offset,
                     const Array &out) {
    const double scale = p < 1 ? 1 / (1 - p) : 0;
    launch_drawing(call, kernels(), x, {units_below(p, out.dtype()), scale},
                   seed, offset, out);
  }

private:
  static Tile draw(const Bits &bits, const Tiles &arrays, const Tiles &numbers,
                   DType) {
    const Tile x = widened(arrays[0], arrays[0].dtype());
    return where(is_below(bits, numbers[0]), 0, x * numbers[1]);
  }
};

} // namespace

Array dropout(const Array &x, double p, const ArrayOrNumber &seed,
              const ArrayOrNumber &offset, const Stream &stream,
              std::source_location where) {
  return compute<Dropout>(stream, where, x, p, seed, offset);
}

void dropout_out(const Array &x, const Array &out, double p,
                 const ArrayOrNumber &seed, const ArrayOrNumber &offset,
                 const Stream &stream, std::source_location where) {
  compute_into<Dropout>(stream, where, std::tie(out), x, p, seed, offset);
}

OpEntry entry_of_dropout() {
  return op_entry<Dropout>({"random",
                            "x / (1 - p), or 0 with probability p",
                            {std::begin(floats), std::end(floats)},
                            drawing_entries(Dropout::kernels(), true)});
}

} // namespace girih::ops
