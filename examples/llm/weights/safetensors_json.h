// SPDX-License-Identifier: Apache-2.0
// The JSON of a safetensors header, read without building a tree of it: what
// it may take of memory is bounded by its bytes.
#pragma once

#include "girih/examples/llm/weights/safetensors.h"

namespace girih::llm {

/// The place or the name of what is wrong, and why.
struct HeaderProblem {
  std::string field, message;
};

/// Fills in tensors, in the order of the text, and metadata; returns what is
/// wrong, if anything is. Sizes past 2^63 - 1 become negative.
std::optional<HeaderProblem> read_safetensors_json(std::string_view text,
                                                   SafetensorsHeader &header);

} // namespace girih::llm
