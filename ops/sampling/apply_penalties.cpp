// SPDX-License-Identifier: Apache-2.0
// apply_penalties: out[b, v] = logits[b, v], less likely where v came before
//
// Shapes: logits and out [B, V], prompt [B, L], output [B, M], repetition,
// presence and frequency numbers or [B]; of one request without B. Dtypes:
// logits floats, computed in f32 (f64 for f64) and rounded once, tokens i32
// i64. Tokens out of range, as vLLM pads with, count nothing.
// Errors: [device] [dtype] [shape] [overlap] [argument].
//   repetition: where v is in prompt or output, x / r for positive x, else
//     x * r; 1: as it is.
//   frequency, presence: then x - f n - p, with n > 0 times that v is in
//     output; 0: as it is.
// Occurrences are counted by atomic additions of integers into scratch memory;
// then each logit is read and written once.
// Source: vLLM's apply_penalties; OpenAI's API.
#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/reductions/seen_by_all.h"
#include "girih/ops/sampling.h"
#include "girih/ops/sampling/requests.h"
#include "girih/ops/sampling/scores.h"

#include <limits>

namespace girih::ops {

namespace {

using Tokens = std::optional<Array>;

constexpr DType token_types[] = {i64, i32};
constexpr std::int64_t in_prompt = std::int64_t{1} << 30; // else a count

const Kernel &clear_kernel() {
  static const Kernel made{make_source(
      "penalties_clear",
      [](Tensor counts) {
        return arranged(counts.tile({block_size("BLOCK")}));
      },
      [](Out counts) { counts = zeros(counts.shape(), i32); }, {"counts"})};
  return made;
}

// Marks the tokens of the prompt, or counts those of the output.
Kernel make_count(bool prompt) {
  return Kernel(make_source(
      prompt ? "penalties_prompt" : "penalties_output",
      [](Tensor tokens, Tensor counts) {
        const Tensor tiles = tokens.tile({1, block_size("BLOCK", 128)});
        return arranged(tiles, seen_by_all(counts, tiles));
      },
      [=](In tokens, InOut counts) {
        const Tile token = cast(tokens, i64);
        const Tile there =
            tokens.in_bounds() & (token >= 0) & (token < counts.source_size(1));
        const Tile row = where(there, tokens.offsets(0), 0),
                   column = where(there, token, 0), one = cast(there, i32);
        // Lanes without a token change nothing.
        if (prompt)
          counts.atomic_or({row, column}, one * in_prompt);
        else
          counts.atomic_add({row, column}, one);
      },
      {"tokens", "counts"}));
}
const Kernel &count_kernel(bool prompt) {
  static const Kernel kernels[] = {make_count(false), make_count(true)};
  return kernels[prompt];
}

// logits, counts [B, V], repetition, presence, frequency -> out
const Kernel &apply_kernel() {
  static const Kernel made{make_source(
      "apply_penalties",
      [](Tensor logits, Tensor counts, Tensor repetition, Tensor presence,
         Tensor frequency, Tensor out) {
        const auto cut = [](const Tensor &t) {
          return t.tile({1, block_size("BLOCK", 1024)});
        };
        const Tensor grid = cut(out);
        const auto one = [&](const Tensor &t) {
          return sampling::of_request(t, grid);
        };
        return arranged(cut(logits), cut(counts), one(repetition),
                        one(presence), one(frequency), grid);
      },
      [](In logits, In counts, In repetition, In presence, In frequency,
         Out out) {
        const DType type = computed(logits.dtype());
        const Tile x = cast(logits, type), marks = counts;
        const Tile r = sampling::number_of(repetition, type);
        const Tile count = marks & (in_prompt - 1);
        const Tile repeated = where(marks != 0, where(x > 0, x / r, x * r), x);
        const Tile less =
            sampling::number_of(frequency, type) * cast(count, type) +
            sampling::number_of(presence, type);
        out = where(count > 0, repeated - less, repeated);
      },
      {"logits", "counts", "repetition", "presence", "frequency", "out"})};
  return made;
}

struct ApplyPenalties {
  static constexpr std::string_view signature =
      "apply_penalties(logits, prompt: array? = None, output: array? = None, "
      "*, repetition: number = 1.0, presence: number = 0.0, "
      "frequency: number = 0.0) -> out";

  static Shaped result(const Call &call, const Array &logits,
                       const Tokens &prompt, const Tokens &output,
                       const ArrayOrNumber &repetition,
                       const ArrayOrNumber &presence,
                       const ArrayOrNumber &frequency) {
    sampling::check_logits(call, logits);
    for (const Argument &each :
         {Argument{"prompt", prompt}, Argument{"output", output}}) {
      if (!each.array)
        continue;
      call.check_same_device({{"logits", logits}, each});
      call.check_dtype(each, token_types);
      call.check_rank(each, logits.rank());
      if (logits.rank() == 2)
        call.check_shape(each, {logits.size(0), -1}, {{"logits", logits}});
    }
    const sampling::Requests requests(call, logits);
    constexpr double infinity = std::numeric_limits<double>::infinity();
    requests.check_float("repetition", repetition,
                         std::numeric_limits<double>::min(), infinity);
    requests.check_float("presence", presence, -infinity, infinity);
    requests.check_float("frequency", frequency, -infinity, infinity);
    return {dims_of(logits.shape()), logits.dtype()};
  }

  static void launch(const Call &call, const Array &logits,
                     const Tokens &prompt, const Tokens &output,
                     const ArrayOrNumber &repetition,
                     const ArrayOrNumber &presence,
                     const ArrayOrNumber &frequency, const Array &out) {
    const auto rows = [&](const Array &array) {
      return logits.rank() == 1 ? unsqueezed(array, 0) : array;
    };
    const Array from = rows(logits), to = rows(out);
    const Array counts =
        allocate_result(from.shape(), i32, from.device(), call.stream);
    const Array flat = counts.reshape({-1});
    call.run(clear_kernel(), {&flat});
    for (const bool is_prompt : {true, false}) {
      const Tokens &tokens = is_prompt ? prompt : output;
      if (!tokens || tokens->numel() == 0)
        continue;
      const Array all = rows(*tokens);
      call.run(count_kernel(is_prompt), {&all, &counts});
    }
    const DType type = computed(logits.dtype());
    const Array r = repetition.as(type), p = presence.as(type),
                f = frequency.as(type);
    call.run(apply_kernel(), {&from, &counts, &r, &p, &f, &to});
  }
};

} // namespace

Array apply_penalties(const Array &logits, const std::optional<Array> &prompt,
                      const std::optional<Array> &output,
                      const Penalties &penalties, const Stream &stream,
                      std::source_location where) {
  return compute<ApplyPenalties>(stream, where, logits, prompt, output,
                                 penalties.repetition, penalties.presence,
                                 penalties.frequency);
}

void apply_penalties_out(const Array &logits, const Array &out,
                         const std::optional<Array> &prompt,
                         const std::optional<Array> &output,
                         const Penalties &penalties, const Stream &stream,
                         std::source_location where) {
  compute_into<ApplyPenalties>(stream, where, std::tie(out), logits, prompt,
                               output, penalties.repetition, penalties.presence,
                               penalties.frequency);
}

OpEntry entry_of_apply_penalties() {
  using Shapes = std::vector<OperandShape>;
  using Sizes = std::span<const std::int64_t>;
  const auto entry = [](const Kernel &kernel, std::vector<DType> dtypes,
                        Shapes (*operands)(DType, Sizes)) {
    return KernelEntry{.name = kernel.name(),
                       .kernel = kernel,
                       .dtypes = std::move(dtypes),
                       .size_names = {"B", "V"},
                       .sizes = {64, 151936},
                       .picture_sizes = {1, 5},
                       .operands = operands};
  };
  const auto count = [](DType dtype, Sizes n) {
    return Shapes{{dtype, {n[0], 4096}, {}}, {i32, {n[0], n[1]}, {}}};
  };
  return op_entry<ApplyPenalties>(
      {"sampling",
       "logits, those of tokens that came before less likely",
       {bf16, f32, f16, f64},
       {entry(apply_kernel(), {bf16, f32, f16, f64},
              [](DType dtype, Sizes n) {
                const OperandShape row{f32, {n[0]}, {}};
                return Shapes{{dtype, {n[0], n[1]}, {}},
                              {i32, {n[0], n[1]}, {}},
                              row,
                              row,
                              row,
                              {dtype, {n[0], n[1]}, {}}};
              }),
        entry(count_kernel(true), {i64, i32}, count),
        entry(count_kernel(false), {i64, i32}, count),
        entry(clear_kernel(), {i32}, [](DType dtype, Sizes n) {
          return Shapes{{dtype, {n[0] * n[1]}, {}}};
        })}});
}

} // namespace girih::ops
