// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/engine/decoder.h"

#include <utility>

namespace girih::llm {

namespace {

/// Rows of the step for so many sequences: few sizes on a GPU, where an empty
/// row costs next to nothing and a capture does not.
std::int64_t rows_of_step(std::int64_t count, Device device) {
  if (device.kind == Device::Kind::host || count <= 4)
    return count;
  return (count + 7) / 8 * 8;
}

} // namespace

Decoder::Decoder(const Model &model, const KvCache &cache, std::int64_t rows,
                 std::int64_t tokens, bool graphs)
    : model_(model), cache_(cache), rows_(rows, tokens, model.device),
      graphs_(graphs) {
  if (!graphs)
    return;
  capturing_ = Stream::create(model.device);
  constexpr int loads_in_captures = 12030;
  captures_at_once_ =
      properties(model.device).driver_version >= loads_in_captures;
}

void Decoder::prepare(std::int64_t rows, const Choice &choice) {
  rows_.fill({}, {}, choice);
  choice_ = choice;
  count_ = rows_of_step(rows, model_.device);
  step();
}

void Decoder::set(std::span<Sequence *const> sequences) {
  std::vector<std::int64_t> lengths;
  for (const Sequence *each : sequences)
    lengths.push_back(each->size());
  choice_ = Choice::of(sequences);
  count_ =
      rows_of_step(static_cast<std::int64_t>(sequences.size()), model_.device);
  rows_.fill(sequences, lengths, choice_);
}

void Decoder::run(Step &step) const {
  const Array logits = model_.forward(rows_.batch(count_), cache_); // [B, V]
  step.chosen = rows_.choose(logits, choice_);
  rows_.advance(step.chosen.tokens, choice_);
}

const Chosen &Decoder::step() {
  Step &step = steps_[{count_, choice_}];
  // Kernels of a capture are others than those of plain launches, as they read
  // what is settled first. Older drivers cannot load code in a capture.
  if (!graphs_ || (!captures_at_once_ && !std::exchange(step.ran, true))) {
    run(step);
    return step.chosen;
  }
  if (step.graph.empty())
    step.graph = Graph::capture(capturing_, [&] { run(step); });
  step.graph.launch();
  return step.chosen;
}

std::size_t Decoder::launches() const {
  const auto at = steps_.find({count_, choice_});
  return at == steps_.end() || at->second.graph.empty()
             ? 0
             : at->second.graph.size();
}

} // namespace girih::llm
