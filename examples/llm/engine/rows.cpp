// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/engine/rows.h"

#include "girih/examples/llm/engine/advance.h"
#include "girih/ops/ops.h"

#include <algorithm>

namespace girih::llm {

namespace {

constexpr std::size_t integer_rows = 6, real_rows = 6;

template <class T> Array wrap(std::vector<T> &values, const Array &like) {
  return Array(values.data(), like.shape(), like.dtype());
}

} // namespace

Choice Choice::of(std::span<Sequence *const> sequences) {
  Choice all;
  for (const Sequence *each : sequences) {
    all.sampled |= each->request.sampling.sampled();
    all.penalised |= each->request.sampling.penalised();
    all.logprobs = std::max(all.logprobs, each->request.logprobs.value_or(-1));
  }
  return all;
}

// Rows are a multiple of 16 bytes apart, so that each view is aligned.
Rows::Rows(std::int64_t rows, std::int64_t tokens, Device device)
    : rows_((rows + 15) / 16 * 16), tokens_(tokens), device_(device),
      integers_(Array::zeros({integer_rows, rows_}, i64, device)),
      reals_(Array::zeros({real_rows, rows_}, f32, device)),
      table_(Array::zeros({rows_, pages_of(tokens)}, i32, device)) {}

void Rows::fill(std::span<Sequence *const> sequences,
                std::span<const std::int64_t> lengths, const Choice &choice) {
  const auto width = static_cast<std::size_t>(rows_),
             pages = static_cast<std::size_t>(table_.size(1));
  std::vector<std::int64_t> integers(integer_rows * width, 0);
  std::vector<float> reals(real_rows * width, 0);
  std::vector<std::int32_t> table(width * pages, -1);
  std::fill_n(integers.begin() + std::ptrdiff_t(3 * width), width, -1);
  for (std::size_t row = 0; row < sequences.size(); ++row) {
    const Sequence &sequence = *sequences[row];
    const SamplingOptions &how = sequence.request.sampling;
    const std::int64_t last = lengths[row] - 1;
    const std::int64_t numbers[] = {
        sequence.tokens[static_cast<std::size_t>(last)],
        last,
        lengths[row],
        sequence.pages.slot(last),
        how.seed,
        how.top_k};
    const double fractions[] = {how.temperature,
                                how.top_p,
                                how.min_p,
                                how.repetition_penalty,
                                how.presence_penalty,
                                how.frequency_penalty};
    for (std::size_t at = 0; at < integer_rows; ++at)
      integers[at * width + row] = numbers[at];
    for (std::size_t at = 0; at < real_rows; ++at)
      reals[at * width + row] = static_cast<float>(fractions[at]);
    std::ranges::copy(sequence.pages.pages(),
                      table.begin() + std::ptrdiff_t(row * pages));
  }
  integers_.copy_from(wrap(integers, integers_));
  reals_.copy_from(wrap(reals, reals_));
  table_.copy_from(wrap(table, table_));
  if (choice.penalised)
    fill_history(sequences);
}

void Rows::fill_history(std::span<Sequence *const> sequences) {
  if (!prompts_.data()) {
    prompts_ = Array::empty({rows_, tokens_}, i64, device_);
    outputs_ = Array::empty({rows_, tokens_}, i64, device_);
  }
  const auto width = static_cast<std::size_t>(tokens_);
  std::vector<std::int64_t> prompts(static_cast<std::size_t>(rows_) * width,
                                    -1),
      outputs(prompts);
  for (std::size_t row = 0; row < sequences.size(); ++row) {
    const Sequence &sequence = *sequences[row];
    const auto prompt = static_cast<std::size_t>(sequence.prompt_size());
    for (std::size_t at = 0; at < sequence.tokens.size(); ++at)
      (at < prompt ? prompts : outputs)[row * width + at] = sequence.tokens[at];
  }
  prompts_.copy_from(wrap(prompts, prompts_));
  outputs_.copy_from(wrap(outputs, outputs_));
}

Batch Rows::batch(std::int64_t count) const {
  return {.tokens = integers(0, count),
          .positions = integers(1, count),
          .slots = integers(3, count),
          .block_table = block_table(count),
          .lengths = lengths(count),
          .cuts = {},
          .rows = {}};
}

Chosen Rows::choose(const Array &logits, const Choice &choice) const {
  const std::int64_t count = logits.size(0); // [count, V]
  Array scores = logits;
  if (choice.penalised)
    scores = ops::apply_penalties(
        logits, prompts_.slice(0, 0, count), outputs_.slice(0, 0, count),
        {reals(3, count), reals(4, count), reals(5, count)});
  Chosen chosen;
  if (choice.sampled)
    chosen.tokens =
        ops::sample(scores, {.temperature = reals(0, count),
                             .top_k = integers(5, count),
                             .top_p = reals(1, count),
                             .min_p = reals(2, count),
                             .seed = integers(4, count),
                             .position = integers(1, count)}); // [count]
  else
    chosen.tokens = ops::argmax(scores, -1); // [count]
  if (choice.logprobs >= 0) {
    auto [values, tokens] =
        ops::logprobs(logits, chosen.tokens, choice.logprobs);
    chosen.logprobs = std::move(values);
    chosen.alternatives = std::move(tokens);
  }
  return chosen;
}

void Rows::advance(const Array &tokens, const Choice &choice) const {
  const std::int64_t count = tokens.size(0);
  const Array next[] = {integers(0, count), integers(1, count),
                        integers(2, count), integers(3, count)};
  advance_rows(tokens, block_table(count), next[0], next[1], next[2], next[3]);
  if (choice.penalised)
    note_tokens(next[0], next[1], outputs_.slice(0, 0, count));
}

} // namespace girih::llm
