// SPDX-License-Identifier: Apache-2.0
// logprobs: values[b, 0] = log_softmax(logits[b, ...])[chosen[b]], and in
// values[b, 1 ... n] the n largest; tokens[b, ...] whose they are
//
// Shapes: logits [B, V], chosen [B], results [B, n + 1]. Dtypes: logits
// floats, chosen i32 i64; values f32, of f64 logits f64, tokens i64. Of equal
// ones the first. A chosen token out of range has NaN. The logits are read
// once for their sum and once for the largest; no row of results is made.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: vLLM's Sampler.gather_logprobs.
#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/ordering.h"
#include "girih/ops/reductions/seen_by_all.h"
#include "girih/ops/sampling.h"
#include "girih/ops/sampling/likelihoods.h"
#include "girih/ops/sampling/requests.h"
#include "girih/ops/sizes.h"

#include <algorithm>

namespace girih::ops {

namespace {

constexpr DType token_types[] = {i64, i32};

// logits[B, V], chosen[B], found[B, n], largest, total[B] -> values, tokens
const Kernel &kernel() {
  static const Kernel made{make_source(
      "logprobs",
      [](Tensor logits, Tensor chosen, Tensor found, Tensor largest,
         Tensor total, Tensor values, Tensor tokens) {
        const Tensor grid = values.tile({1, block_size("BLOCK", 32)});
        const auto row = [&](const Tensor &t) {
          return t.tile({1}).unsqueeze(1).expand({keep, grid.size(1)});
        };
        return arranged(seen_by_all(logits, grid), row(chosen),
                        seen_by_all(found, grid), row(largest), row(total),
                        grid, tokens.tile({1, block_size("BLOCK", 32)}));
      },
      [](In logits, In chosen, In found, In largest, In total, Out values,
         Out tokens) {
        // Lanes outside do what the last one inside does.
        const Tile row = values.offsets(0);
        const Tile column = min(values.offsets(1), values.source_size(1) - 1);
        const Tile other = found.gather({row, max(column - 1, 0)});
        const Tile token =
            where(column == 0, cast(chosen, i64), cast(other, i64));
        values = sampling::likelihood_of(logits, {row}, token, largest, total);
        tokens = token;
      },
      {"logits", "chosen", "found", "largest", "total", "values", "tokens"})};
  return made;
}

struct Logprobs {
  static constexpr std::string_view signature =
      "logprobs(logits, chosen, n: int = 0) -> values, tokens";

  static std::array<Shaped, 2> result(const Call &call, const Array &logits,
                                      const Array &chosen, std::int64_t n) {
    const Argument of{"chosen", chosen}, from{"logits", logits};
    sampling::check_logits(call, logits);
    call.check_rank(from, 2);
    call.check_same_device({from, of});
    call.check_dtype(of, token_types);
    call.check_shape(of, {logits.size(0)}, {from});
    call.require(n >= 0 && n <= logits.size(1),
                 "n must be from 0 to the number of tokens", {from});
    const Dims shape = dims_of(std::array{logits.size(0), n + 1});
    return {Shaped{shape, computed(logits.dtype())}, Shaped{shape, i64}};
  }
  static void launch(const Call &call, const Array &logits, const Array &chosen,
                     std::int64_t n, const Array &values, const Array &tokens) {
    const sampling::RowSums sums = sampling::row_sums(call, logits);
    const Array found =
        n > 0 ? topk(logits, n, -1, true, true, call.stream, call.where)[1]
              : unsqueezed(chosen, 1);
    call.run(kernel(), {&logits, &chosen, &found, &sums.largest, &sums.total,
                        &values, &tokens});
  }
};

} // namespace

std::array<Array, 2> logprobs(const Array &logits, const Array &chosen,
                              std::int64_t n, const Stream &stream,
                              std::source_location where) {
  return compute<Logprobs>(stream, where, logits, chosen, n);
}

void logprobs_out(const Array &logits, const Array &chosen, const Array &values,
                  const Array &tokens, std::int64_t n, const Stream &stream,
                  std::source_location where) {
  compute_into<Logprobs>(stream, where, std::tie(values, tokens), logits,
                         chosen, n);
}

OpEntry entry_of_logprobs() {
  return op_entry<Logprobs>(
      {"sampling",
       "log_softmax of the chosen token and of the n likeliest",
       {bf16, f32, f16, f64},
       {{.name = kernel().name(),
         .kernel = kernel(),
         .dtypes = {bf16, f32},
         .size_names = {"B", "V", "N"},
         .sizes = {64, 151936, 20},
         .picture_sizes = {1, 4, 1},
         .operands = [](DType dtype, std::span<const std::int64_t> n) {
           return std::vector<OperandShape>{
               {dtype, {n[0], n[1]}, {}},  {i64, {n[0]}, {}},
               {i64, {n[0], n[2]}, {}},    {f32, {n[0]}, {}},
               {f32, {n[0]}, {}},          {f32, {n[0], n[2] + 1}, {}},
               {i64, {n[0], n[2] + 1}, {}}};
         }}}});
}

} // namespace girih::ops
