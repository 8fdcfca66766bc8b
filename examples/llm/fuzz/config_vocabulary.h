// SPDX-License-Identifier: Apache-2.0
// What the fuzz target of configs knows of them.
#pragma once

#include "girih/examples/llm/fuzz/json_mutator.h"

namespace girih::llm {

/// Fields with their ranges, and blocks of them: families, kinds of rope, fp8,
/// the largest sizes that pass.
const FuzzVocabulary &config_vocabulary();

} // namespace girih::llm
