// SPDX-License-Identifier: Apache-2.0
// bernoulli: out[i...] = 1 with probability p[i...], else 0
//
// Shapes: any. Dtypes: f64 f32 f16 bf16; the result has that of p unless
// `dtype` names one, bool for a mask. 1 where what rand() gives for the
// element, of f32 and the same seed and offset, is less than p: never where p
// is 0, always where it is 1. No p is checked: below 0 and NaN are as 0, above
// 1 is as 1. Errors: [device] [dtype] [shape] [overlap] [argument]. Source:
// torch.bernoulli.
#include "girih/ops/random/elements.h"

namespace girih::ops {

namespace {

struct Bernoulli {
  static constexpr std::string_view signature =
      "bernoulli(p, *, seed: number, offset: number = 0, dtype: dtype? = None) "
      "-> out";
  static Shaped result(const Call &call, const Array &p,
                       const ArrayOrNumber &seed, const ArrayOrNumber &offset,
                       const std::optional<DType> &dtype) {
    call.check_same_device({{"p", p}});
    call.check_dtype({"p", p}, floats);
    check_seed(call, seed, offset, p);
    const DType type = dtype.value_or(p.dtype());
    call.require(std::ranges::find(numbers_and_bool, type) !=
                     std::end(numbers_and_bool),
                 "dtype must be one of numbers or bool", {{"p", p}});
    return {dims_of(p.shape()), type};
  }
  static const DrawingKernels &kernels() {
    static const DrawingKernels made(
        {.name = "bernoulli", .arrays = 1, .apply = draw});
    return made;
  }
  static void launch(const Call &call, const Array &p,
                     const ArrayOrNumber &seed, const ArrayOrNumber &offset,
                     const std::optional<DType> &, const Array &out) {
    launch_drawing(call, kernels(), p, {}, seed, offset, out);
  }

private:
  static Tile draw(const Bits &bits, const Tiles &arrays, const Tiles &,
                   DType out) {
    return cast(unit(bits) < widened(arrays[0], arrays[0].dtype()), out);
  }
};

} // namespace

Array bernoulli(const Array &p, const ArrayOrNumber &seed,
                const ArrayOrNumber &offset, std::optional<DType> dtype,
                const Stream &stream, std::source_location where) {
  return compute<Bernoulli>(stream, where, p, seed, offset, dtype);
}

void bernoulli_out(const Array &p, const Array &out, const ArrayOrNumber &seed,
                   const ArrayOrNumber &offset, const Stream &stream,
                   std::source_location where) {
  const std::optional<DType> dtype = out.dtype();
  compute_into<Bernoulli>(stream, where, std::tie(out), p, seed, offset, dtype);
}

OpEntry entry_of_bernoulli() {
  return op_entry<Bernoulli>({"random",
                              "1 with probability p, else 0",
                              {std::begin(floats), std::end(floats)},
                              drawing_entries(Bernoulli::kernels())});
}

} // namespace girih::ops
