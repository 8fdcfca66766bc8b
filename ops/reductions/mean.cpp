// SPDX-License-Identifier: Apache-2.0
// mean: out[i...] = the mean of x[i..., r...] over r
//
// Shapes: any, over any dimensions. Dtypes: floats; others with `dtype`, a
// float. Accumulated in f32 (f64 for f64), rounded once; without elements, NaN.
// Errors: [device] [dtype] [index] [argument] [overlap].
// Source: torch.mean.
#include "girih/ops/reductions/dims_reduction.h"

namespace girih::ops {

namespace {

Tiles start(const Shape &shape, const std::vector<DType> &types) {
  return {zeros(shape, types[0])};
}
Tiles step(const Tiles &parts, const Tile &x, const Index &,
           const Tiles &numbers) {
  const DType type = parts[0].dtype();
  return {parts[0] + cast(cast(x, numbers[0].dtype()), type)};
}
Tiles combine(Tiles a, Tiles b) { return {a[0] + b[0]}; }
Tiles fold(const Tiles &parts, Dim over) {
  return {girih::sum(parts[0], over)};
}
Tiles finish(const Tiles &parts, const Tiles &numbers) {
  return {parts[0] / numbers[1]};
}

struct Mean : Accumulation<Mean> {
  static constexpr std::string_view signature =
      "mean(x, dim: ints = (), keepdim: bool = False, *, dtype: dtype? = None) "
      "-> out";
  static constexpr std::span<const DType> results = floats;
  static constexpr std::string_view wants =
      "dtype must be a float's: integers have no mean of their own";
  static DType natural(DType x) { return x; }
  static const ReductionKernels &kernels() {
    static const ReductionKernels made(
        {.name = "mean",
         .parts = [](DType, DType to) { return std::vector{accumulator(to)}; },
         .numbers = 2,
         .other = 0,
         .other_for_all = true,
         .start = start,
         .step = step,
         .combine = combine,
         .fold = fold,
         .finish = finish});
    return made;
  }
};

} // namespace

Array mean(const Array &x, const std::vector<std::int64_t> &dim, bool keepdim,
           std::optional<DType> dtype, const Stream &stream,
           std::source_location where) {
  return compute<Mean>(stream, where, x, dim, keepdim, dtype);
}

void mean_out(const Array &x, const Array &out,
              const std::vector<std::int64_t> &dim, bool keepdim,
              std::optional<DType> dtype, const Stream &stream,
              std::source_location where) {
  compute_into<Mean>(stream, where, std::tie(out), x, dim, keepdim, dtype);
}

OpEntry entry_of_mean() {
  return op_entry<Mean>(
      {"reductions",
       "the mean of x over dim",
       {std::begin(floats), std::end(floats)},
       reduction_entries(
           Mean::kernels(), {bf16, f64},
           [](DType x) { return std::vector<DType>{x, accumulator(x)}; },
           [](DType x) { return std::vector{Mean::natural(x)}; })});
}

} // namespace girih::ops
