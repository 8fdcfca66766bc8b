// SPDX-License-Identifier: Apache-2.0
// expert_permute: out = rows of x, one for each choice experts[t, j], in the
// order of experts and then of choices; counts, offsets, places say which
//
// Shapes: x[T, H], experts[T, k]; out[T k, H], counts[E], offsets[E],
// places[T, k]: places[t, j] is the row of out that choice (t, j) became,
// offsets[e] the row behind the last one of expert e, as grouped_mm takes it.
// Choices outside of [0, E) come last. Dtypes: x of at least 8 bits, experts
// i32 i64; counts, offsets, places i32. A stable counting sort, and the rows
// of an embedding: see expert_order.h. Nothing is read back to the host.
// Errors: [device] [dtype] [shape] [argument] [overlap].
// Source: the permutation in front of a grouped product, as in vLLM and
// Megatron.
#include "girih/ops/experts.h"
#include "girih/ops/experts/expert_order.h"
#include "girih/ops/movement.h"

#include <limits>

namespace girih::ops {

namespace {

constexpr DType dtypes[] = {bf16, f32, f16, f64, i64,  i32,
                            i16,  i8,  u8,  b1,  e4m3, e5m2};
constexpr DType choice_dtypes[] = {i64, i32};

struct ExpertPermute {
  static constexpr std::string_view signature =
      "expert_permute(x, experts, num_experts: int) -> out, counts, offsets, "
      "places";
  static std::array<Shaped, 4> result(const Call &call, const Array &x,
                                      const Array &experts,
                                      std::int64_t num_experts) {
    const Argument rows{"x", x}, choices{"experts", experts};
    call.check_same_device({rows, choices});
    call.check_dtype(rows, dtypes);
    call.check_dtype(choices, choice_dtypes);
    call.check_rank(rows, 2);
    call.check_shape(choices, {x.size(0), -1}, {rows});
    call.require(num_experts >= 1 && num_experts <= 4096,
                 "num_experts must be at least 1 and at most 4096", {rows});
    call.require(experts.numel() < std::numeric_limits<std::int32_t>::max(),
                 "there are too many choices for i32", {choices});
    const Shaped counts{Dims{{num_experts}, 1}, i32};
    return {Shaped{Dims{{experts.numel(), x.size(1)}, 2}, x.dtype()}, counts,
            counts, Shaped{dims_of(experts.shape()), i32}};
  }
  static void launch(const Call &call, const Array &x, const Array &experts,
                     std::int64_t, const Array &out, const Array &counts,
                     const Array &offsets, const Array &places) {
    const std::int64_t rows = experts.numel();
    const Array tokens =
        allocate_result(Dims{{rows + 1}, 1}, i32, x.device(), call.stream);
    launch_expert_order(call, {.experts = experts,
                               .counts = counts,
                               .offsets = offsets,
                               .places = places,
                               .tokens = tokens});
    if (out.numel() > 0)
      embedding_out(tokens.slice(0, 0, rows), x, out, call.stream, call.where);
  }
};

} // namespace

std::array<Array, 4> expert_permute(const Array &x, const Array &experts,
                                    std::int64_t num_experts,
                                    const Stream &stream,
                                    std::source_location where) {
  return compute<ExpertPermute>(stream, where, x, experts, num_experts);
}

void expert_permute_out(const Array &x, const Array &experts, const Array &out,
                        const Array &counts, const Array &offsets,
                        const Array &places, const Stream &stream,
                        std::source_location where) {
  const std::int64_t num_experts = counts.rank() == 1 ? counts.size(0) : 1;
  compute_into<ExpertPermute>(stream, where,
                              std::tie(out, counts, offsets, places), x,
                              experts, num_experts);
}

OpEntry entry_of_expert_permute() {
  return op_entry<ExpertPermute>({"experts",
                                  "rows of x in the order of their experts",
                                  {std::begin(dtypes), std::end(dtypes)},
                                  expert_order_entries()});
}

} // namespace girih::ops
