// SPDX-License-Identifier: Apache-2.0
// Shapes of published models, to be filled with random weights.
#pragma once

#include <string_view>
#include <vector>

namespace girih::llm {

struct KnownShape {
  std::string_view name;
  std::string_view config; // the text of its config.json
};

/// DeepSeek-R1-Distill-Qwen-1.5B first.
const std::vector<KnownShape> &known_shapes();

} // namespace girih::llm
