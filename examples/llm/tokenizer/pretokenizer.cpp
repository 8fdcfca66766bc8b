// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/tokenizer/pretokenizer.h"

#include "girih/examples/llm/error.h"

namespace girih::llm {

Pretokenizer::Pretokenizer(const PretokenizerSteps &steps,
                           const std::string &file)
    : add_prefix_space_(steps.add_prefix_space), file_(file) {
  for (const SplitStep &split : steps.splits) {
    try {
      steps_.push_back({Regex(split.regex), split.field});
    } catch (const RegexError &error) {
      throw ModelError(file, split.field, error.what());
    }
  }
  if (steps.split_byte_level)
    byte_level_ = Step{Regex(gpt2_regex), "pre_tokenizer"};
}

void Pretokenizer::run(const Step &step,
                       std::vector<std::string_view> &pieces) const {
  try {
    step.regex.split(pieces);
  } catch (const RegexError &error) {
    throw ModelError(file_, step.field, error.what());
  }
}

std::vector<std::string_view>
Pretokenizer::split(std::string_view text,
                    std::vector<std::string> &storage) const {
  std::vector<std::string_view> pieces;
  if (!text.empty())
    pieces.push_back(text);
  for (const Step &step : steps_)
    run(step, pieces);
  if (add_prefix_space_) {
    storage.reserve(storage.size() + pieces.size()); // strings stay in place
    for (std::string_view &piece : pieces)
      if (!piece.starts_with(' '))
        piece = storage.emplace_back(" " + std::string(piece));
  }
  if (byte_level_)
    run(*byte_level_, pieces);
  return pieces;
}

} // namespace girih::llm
