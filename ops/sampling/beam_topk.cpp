// SPDX-License-Identifier: Apache-2.0
// beam_topk: the k largest of scores[b, m] + log_softmax(logits[b, m, ...])[v]
// over all beams m and tokens v, in order
//
// Shapes: scores [B, M], logits [B, M, V], results [B, k]; k is 2 M unless
// given, so that M beams go on where as many have ended. Dtypes: logits
// floats, scores and values f32, of f64 logits f64, beams and tokens i64. Of
// equal ones that of the first beam, there the first token. The k best of a
// beam's tokens are the k largest logits: those are found first, then the best
// of k M.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: beam search of transformers and vLLM.
#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/ordering.h"
#include "girih/ops/reductions/seen_by_all.h"
#include "girih/ops/sampling.h"
#include "girih/ops/sampling/likelihoods.h"
#include "girih/ops/sampling/requests.h"

#include <algorithm>

namespace girih::ops {

namespace {

// logits[B, M, V], found[B, M, n], scores, largest, total[B, M] -> sums[B, M,
// n]
const Kernel &score_kernel() {
  static const Kernel made{make_source(
      "beam_scores",
      [](Tensor logits, Tensor found, Tensor scores, Tensor largest,
         Tensor total, Tensor sums) {
        const auto cut = [](const Tensor &t) {
          return t.tile({1, 1, block_size("BLOCK", 32)});
        };
        const Tensor grid = cut(sums);
        const auto beam = [&](const Tensor &t) {
          return t.tile({1, 1})
              .unsqueeze(2)
              .expand({keep, keep, grid.size(2)})
              .at(1, unsqueeze(2));
        };
        return arranged(seen_by_all(logits, grid), cut(found), beam(scores),
                        beam(largest), beam(total), grid);
      },
      [](In logits, In found, In scores, In largest, In total, Out sums) {
        sums = scores + sampling::likelihood_of(
                            logits, {sums.offsets(0), sums.offsets(1)}, found,
                            largest, total);
      },
      {"logits", "found", "scores", "largest", "total", "sums"})};
  return made;
}

// found[B, M n], of beams n each, best[B, k], n -> beams, tokens[B, k]
const Kernel &place_kernel() {
  static const Kernel made{make_source(
      "beam_places",
      [](Tensor found, Tensor best, Tensor n, Tensor beams, Tensor tokens) {
        const auto cut = [](const Tensor &t) {
          return t.tile({1, block_size("BLOCK", 32)});
        };
        const Tensor grid = cut(beams);
        return arranged(seen_by_all(found, grid), cut(best), n, grid,
                        cut(tokens));
      },
      [](In found, In best, In n, Out beams, Out tokens) {
        const Tile place = best;
        beams = floor_divide(place, n);
        tokens = found.gather({beams.offsets(0), place});
      },
      {"found", "best", "n", "beams", "tokens"})};
  return made;
}

struct BeamTopk {
  static constexpr std::string_view signature =
      "beam_topk(scores, logits, k: int? = None) -> values, beams, tokens";
  static constexpr std::size_t typed_by = 1;
  using Count = std::optional<std::int64_t>;

  static std::array<Shaped, 3> result(const Call &call, const Array &scores,
                                      const Array &logits, const Count &k) {
    const Argument of{"scores", scores}, from{"logits", logits};
    call.check_same_device({of, from});
    call.check_dtype(from, sampling::logit_types);
    call.check_dtype(of, std::array{computed(logits.dtype())});
    call.check_rank(from, 3);
    call.check_shape(of, {logits.size(0), logits.size(1)}, {from});
    const std::int64_t beams = logits.size(1), count = k.value_or(2 * beams);
    call.require(count >= 0 && count <= beams * logits.size(2),
                 "k must be from 0 to the number of beams and tokens", {from});
    const Dims shape = dims_of(std::array{logits.size(0), count});
    return {Shaped{shape, scores.dtype()}, Shaped{shape, i64},
            Shaped{shape, i64}};
  }

  static void launch(const Call &call, const Array &scores, const Array &logits,
                     const Count &, const Array &values, const Array &beams,
                     const Array &tokens) {
    const std::int64_t batch = logits.size(0), count = logits.size(1);
    const std::int64_t n = std::min(values.size(1), logits.size(2));
    // Of each beam the n likeliest, and what they are worth: [B, M, n].
    const Array found =
        topk(logits, n, -1, true, true, call.stream, call.where)[1];
    const sampling::RowSums made = sampling::row_sums(call, logits);
    const Array sums = allocate_result(found.shape(), values.dtype(),
                                       logits.device(), call.stream);
    call.run(score_kernel(),
             {&logits, &found, &scores, &made.largest, &made.total, &sums});
    const Array all = sums.reshape({batch, count * n}),
                each = found.reshape({batch, count * n});
    const Array best =
        allocate_result(values.shape(), i64, logits.device(), call.stream);
    topk_out(all, values, best, values.size(1), -1, true, true, call.stream,
             call.where);
    const Array of_beam = Array::scalar(n, i64);
    call.run(place_kernel(), {&each, &best, &of_beam, &beams, &tokens});
  }
};

} // namespace

std::array<Array, 3> beam_topk(const Array &scores, const Array &logits,
                               std::optional<std::int64_t> k,
                               const Stream &stream,
                               std::source_location where) {
  return compute<BeamTopk>(stream, where, scores, logits, k);
}

void beam_topk_out(const Array &scores, const Array &logits,
                   const Array &values, const Array &beams, const Array &tokens,
                   std::optional<std::int64_t> k, const Stream &stream,
                   std::source_location where) {
  compute_into<BeamTopk>(stream, where, std::tie(values, beams, tokens), scores,
                         logits, k);
}

OpEntry entry_of_beam_topk() {
  const auto entry = [](const Kernel &kernel,
                        std::vector<OperandShape> (*operands)(
                            DType, std::span<const std::int64_t>)) {
    return KernelEntry{.name = kernel.name(),
                       .kernel = kernel,
                       .dtypes = {bf16, f32},
                       .size_names = {"B", "M", "V"},
                       .sizes = {16, 4, 151936},
                       .picture_sizes = {1, 2, 4},
                       .operands = operands};
  };
  using Shapes = std::vector<OperandShape>;
  using Sizes = std::span<const std::int64_t>;
  return op_entry<BeamTopk>(
      {"sampling",
       "the best continuations of beams: scores + log_softmax(logits)",
       {bf16, f32, f16, f64},
       {entry(score_kernel(),
              [](DType dtype, Sizes n) {
                const OperandShape beam{f32, {n[0], n[1]}, {}};
                return Shapes{{dtype, {n[0], n[1], n[2]}, {}},
                              {i64, {n[0], n[1], 2 * n[1]}, {}},
                              beam,
                              beam,
                              beam,
                              {f32, {n[0], n[1], 2 * n[1]}, {}}};
              }),
        entry(place_kernel(), [](DType, Sizes n) {
          const OperandShape one{i64, {n[0], 2 * n[1]}, {}};
          return Shapes{{i64, {n[0], 2 * n[1] * n[1]}, {}},
                        one,
                        {i64, {}, {}, true},
                        one,
                        one};
        })}});
}

} // namespace girih::ops
