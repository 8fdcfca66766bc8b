// SPDX-License-Identifier: Apache-2.0
// any: out[i...] = whether any of x[i..., r...] is not 0, over r
//
// Shapes: any, over any dimensions. Dtypes: all numbers and bool; the result is
// bool, u8 for u8. NaN is not 0. Without elements it is false.
// Errors: [device] [dtype] [index] [argument] [overlap].
// Source: torch.any.
#include "girih/ops/reductions/dims_reduction.h"

namespace girih::ops {

namespace {

Tiles start(const Shape &shape, const std::vector<DType> &types) {
  return {full(shape, 0, types[0])};
}
Tiles step(const Tiles &parts, const Tile &x, const Index &, const Tiles &) {
  return {parts[0].dtype() == b1 ? parts[0] | cast(x, b1)
                                 : where(cast(x, b1), 1, parts[0])};
}
Tiles combine(Tiles a, Tiles b) { return {a[0] | b[0]}; }
Tiles fold(const Tiles &parts, Dim over) {
  return {parts[0].dtype() == b1 ? girih::any(parts[0], over)
                                 : max(parts[0], over)};
}

struct Any : PlainReduction<Any> {
  static constexpr std::string_view signature =
      "any(x, dim: ints = (), keepdim: bool = False) -> out";
  static constexpr std::span<const DType> dtypes = numbers_and_bool;
  static constexpr bool takes_none = true;
  static DType result_dtype(DType x) { return x == u8 ? u8 : b1; }
  static const ReductionKernels &kernels() {
    static const ReductionKernels made({.name = "any",
                                        .parts = truths,
                                        .other = 0,
                                        .other_for_all = true,
                                        .start = start,
                                        .step = step,
                                        .combine = combine,
                                        .fold = fold,
                                        .finish = truth_of});
    return made;
  }
};

} // namespace

Array any(const Array &x, const std::vector<std::int64_t> &dim, bool keepdim,
          const Stream &stream, std::source_location where) {
  return compute<Any>(stream, where, x, dim, keepdim);
}

void any_out(const Array &x, const Array &out,
             const std::vector<std::int64_t> &dim, bool keepdim,
             const Stream &stream, std::source_location where) {
  compute_into<Any>(stream, where, std::tie(out), x, dim, keepdim);
}

OpEntry entry_of_any() {
  return op_entry<Any>(
      {"reductions",
       "whether any of x is not 0, over dim",
       {std::begin(numbers_and_bool), std::end(numbers_and_bool)},
       reduction_entries(
           Any::kernels(), {b1, f32, bf16}, no_numbers,
           [](DType x) { return std::vector{Any::result_dtype(x)}; })});
}

} // namespace girih::ops
