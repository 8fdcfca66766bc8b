// SPDX-License-Identifier: Apache-2.0
// prod: out[i...] = the product of x[i..., r...] over r
//
// Shapes: any, over any dimensions. Dtypes: as sum's. Accumulated in f32 (f64
// for f64, i64 for integers), rounded once; without elements, 1.
// Errors: [device] [dtype] [index] [argument] [overlap].
// Source: torch.prod.
#include "girih/ops/reductions/dims_reduction.h"

namespace girih::ops {

namespace {

Tiles start(const Shape &shape, const std::vector<DType> &types) {
  return {full(shape, 1, types[0])};
}
Tiles step(const Tiles &parts, const Tile &x, const Index &,
           const Tiles &numbers) {
  const DType type = parts[0].dtype();
  return {parts[0] * cast(cast(x, numbers[0].dtype()), type)};
}
Tiles combine(Tiles a, Tiles b) { return {a[0] * b[0]}; }
Tiles fold(const Tiles &parts, Dim over) {
  return {girih::prod(parts[0], over)};
}

struct Prod : Accumulation<Prod> {
  static constexpr std::string_view signature =
      "prod(x, dim: ints = (), keepdim: bool = False, *, dtype: dtype? = None) "
      "-> out";
  static constexpr std::span<const DType> results = numbers;
  static constexpr std::string_view wants = "dtype must be a number's";

  static const ReductionKernels &kernels() {
    static const ReductionKernels made(
        {.name = "prod",
         .parts = [](DType, DType to) { return std::vector{accumulator(to)}; },
         .numbers = 1,
         .other = 1,
         .other_for_all = true,
         .start = start,
         .step = step,
         .combine = combine,
         .fold = fold});
    return made;
  }
};

} // namespace

const ReductionKernels &prod_kernels() { return Prod::kernels(); }

Array prod(const Array &x, const std::vector<std::int64_t> &dim, bool keepdim,
           std::optional<DType> dtype, const Stream &stream,
           std::source_location where) {
  return compute<Prod>(stream, where, x, dim, keepdim, dtype);
}

void prod_out(const Array &x, const Array &out,
              const std::vector<std::int64_t> &dim, bool keepdim,
              std::optional<DType> dtype, const Stream &stream,
              std::source_location where) {
  compute_into<Prod>(stream, where, std::tie(out), x, dim, keepdim, dtype);
}

OpEntry entry_of_prod() {
  return op_entry<Prod>(
      {"reductions",
       "the product of x over dim",
       {std::begin(numbers_and_bool), std::end(numbers_and_bool)},
       reduction_entries(
           Prod::kernels(), {f32},
           [](DType x) { return std::vector<DType>{Prod::natural(x)}; },
           [](DType x) { return std::vector{Prod::natural(x)}; })});
}

} // namespace girih::ops
