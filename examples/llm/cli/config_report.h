// SPDX-License-Identifier: Apache-2.0
// What is known about a model, by name: `girih-llm inspect`.
#pragma once

#include "girih/examples/llm/config/generation_config.h"
#include "girih/examples/llm/config/model_config.h"
#include "girih/examples/llm/weights/tensor_list.h"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace girih::llm {

/// Parts that a model does not have, such as experts, are left out.
nlohmann::ordered_json report(const ModelConfig &config);
nlohmann::ordered_json report(const GenerationConfig &config);
/// An array: name, dtype, shape, bytes, and count where it is of kinds.
nlohmann::ordered_json report(const std::vector<ListedTensor> &tensors);

/// An object as lines of two columns, indented; objects in it take one line.
std::string lines_of(const nlohmann::ordered_json &object);

} // namespace girih::llm
