// SPDX-License-Identifier: Apache-2.0
// Whether files have the tensors that a config speaks of.
#pragma once

#include "girih/examples/llm/config/model_config.h"
#include "girih/examples/llm/weights/weight_files.h"

namespace girih::llm {

/// Holds every tensor against the config, before anything is allocated: names,
/// shapes, dtypes (f32, f16 or bf16; fp8 e4m3 for weights of products, with
/// their scales), and that there are no others but those that are known to be
/// of no use: lm_head.weight of tied embeddings, tables of rotary frequencies,
/// extra layers. Throws ModelError that lists what is wrong.
void check_weights(const ModelConfig &config, const WeightFiles &files);

/// Whether a model of this config leaves a tensor of this name unused.
bool is_unused(const ModelConfig &config, std::string_view name);

} // namespace girih::llm
