// SPDX-License-Identifier: Apache-2.0
// What holds of all that is worked out from a config that was accepted, before
// any weight is read. A promise that is not kept ends the program.
#pragma once

#include "girih/examples/llm/config/model_config.h"
#include "girih/examples/llm/error.h"

#include <cstdint>
#include <string_view>

namespace girih::llm {

/// Fields, tensors, turning of heads and memory plans, for wishes and devices
/// drawn from `seed`.
void check_promises(const ModelConfig &config, std::uint64_t seed);

/// An error names its file, "fuzz", and the field unless the text itself is no
/// JSON object within limits; all of it can be printed.
void check_error(const ModelError &error, std::string_view text);

} // namespace girih::llm
