// SPDX-License-Identifier: Apache-2.0
// A pass through parts of prompts: tokens of several sequences, one sequence
// after the other.
#pragma once

#include "girih/examples/llm/engine/sequence.h"
#include "girih/examples/llm/model/model.h"

#include <cstdint>
#include <span>
#include <vector>

namespace girih::llm {

/// Tokens [begin, end) of a sequence.
struct PromptPart {
  Sequence *sequence;
  std::int64_t begin, end;
};

/// The batch of such parts, on the device. Tokens are filled up to a multiple
/// of 16 with ones that write nothing and that nobody sees: kernels are
/// compiled for such sizes. Logits are wanted of the last tokens of the parts
/// whose `wanted` is set, or of all tokens where it is empty.
Batch prompt_batch(std::span<const PromptPart> parts,
                   const std::vector<bool> &wanted, Device device);

/// One of so many tokens that write nothing, with a block table of that width.
Batch empty_prompt_batch(std::int64_t tokens, std::int64_t width,
                         Device device);

} // namespace girih::llm
