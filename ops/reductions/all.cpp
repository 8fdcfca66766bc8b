// SPDX-License-Identifier: Apache-2.0
// all: out[i...] = whether all of x[i..., r...] are not 0, over r
//
// Shapes: any, over any dimensions. Dtypes: all numbers and bool; the result is
// bool, u8 for u8. NaN is not 0. Without elements it is true.
// Errors: [device] [dtype] [index] [argument] [overlap].
// Source: torch.all.
#include "girih/ops/reductions/dims_reduction.h"

namespace girih::ops {

namespace {

Tiles start(const Shape &shape, const std::vector<DType> &types) {
  return {full(shape, 1, types[0])};
}
Tiles step(const Tiles &parts, const Tile &x, const Index &, const Tiles &) {
  return {parts[0].dtype() == b1 ? parts[0] & cast(x, b1)
                                 : where(cast(x, b1), parts[0], 0)};
}
Tiles combine(Tiles a, Tiles b) { return {a[0] & b[0]}; }
Tiles fold(const Tiles &parts, Dim over) {
  return {parts[0].dtype() == b1 ? girih::all(parts[0], over)
                                 : min(parts[0], over)};
}

struct All : PlainReduction<All> {
  static constexpr std::string_view signature =
      "all(x, dim: ints = (), keepdim: bool = False) -> out";
  static constexpr std::span<const DType> dtypes = numbers_and_bool;
  static constexpr bool takes_none = true;
  static DType result_dtype(DType x) { return x == u8 ? u8 : b1; }
  static const ReductionKernels &kernels() {
    static const ReductionKernels made({.name = "all",
                                        .parts = truths,
                                        .other = 1,
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

Array all(const Array &x, const std::vector<std::int64_t> &dim, bool keepdim,
          const Stream &stream, std::source_location where) {
  return compute<All>(stream, where, x, dim, keepdim);
}

void all_out(const Array &x, const Array &out,
             const std::vector<std::int64_t> &dim, bool keepdim,
             const Stream &stream, std::source_location where) {
  compute_into<All>(stream, where, std::tie(out), x, dim, keepdim);
}

OpEntry entry_of_all() {
  return op_entry<All>(
      {"reductions",
       "whether all of x are not 0, over dim",
       {std::begin(numbers_and_bool), std::end(numbers_and_bool)},
       reduction_entries(All::kernels(), {b1, bf16}, no_numbers, [](DType x) {
         return std::vector{All::result_dtype(x)};
       })});
}

} // namespace girih::ops
