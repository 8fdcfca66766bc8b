// SPDX-License-Identifier: Apache-2.0
// sum: out[i...] = the sum of x[i..., r...] over r
//
// Shapes: any, over any dimensions. Dtypes: all numbers and bool; converted to
// `dtype` first, by default that of x, i64 for integers and bool. Accumulated
// in f32 (f64 for f64, i64 for integers), rounded once; without elements, 0.
// Errors: [device] [dtype] [index] [argument] [overlap].
// Source: torch.sum.
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

struct Sum : Accumulation<Sum> {
  static constexpr std::string_view signature =
      "sum(x, dim: ints = (), keepdim: bool = False, *, dtype: dtype? = None) "
      "-> out";
  static constexpr std::span<const DType> results = numbers;
  static constexpr std::string_view wants = "dtype must be a number's";

  static const ReductionKernels &kernels() {
    static const ReductionKernels made(
        {.name = "sum",
         .parts = [](DType, DType to) { return std::vector{accumulator(to)}; },
         .numbers = 1,
         .other = 0,
         .other_for_all = true,
         .start = start,
         .step = step,
         .combine = combine,
         .fold = fold});
    return made;
  }
};

} // namespace

const ReductionKernels &sum_kernels() { return Sum::kernels(); }

Array sum(const Array &x, const std::vector<std::int64_t> &dim, bool keepdim,
          std::optional<DType> dtype, const Stream &stream,
          std::source_location where) {
  return compute<Sum>(stream, where, x, dim, keepdim, dtype);
}

void sum_out(const Array &x, const Array &out,
             const std::vector<std::int64_t> &dim, bool keepdim,
             std::optional<DType> dtype, const Stream &stream,
             std::source_location where) {
  compute_into<Sum>(stream, where, std::tie(out), x, dim, keepdim, dtype);
}

OpEntry entry_of_sum() {
  return op_entry<Sum>(
      {"reductions",
       "the sum of x over dim",
       {std::begin(numbers_and_bool), std::end(numbers_and_bool)},
       reduction_entries(
           Sum::kernels(), {bf16, f32, i64},
           [](DType x) { return std::vector<DType>{Sum::natural(x)}; },
           [](DType x) { return std::vector{Sum::natural(x)}; })});
}

} // namespace girih::ops
