// SPDX-License-Identifier: Apache-2.0
// The tensors that a model has, by family: names as transformers writes them.
#pragma once

#include "girih/examples/llm/config/model_config.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace girih::llm {

struct ExpectedTensor {
  std::string name;
  std::vector<std::int64_t> shape;
  /// A weight of a product, which may be stored in fp8 with block scales.
  bool product = false;
};

/// Calls `visit` for each, until that returns false; layer by layer, in the
/// order in which a forward pass uses them. Without extra layers and scales.
void visit_tensors(const ModelConfig &config,
                   const std::function<bool(const ExpectedTensor &)> &visit);

/// "x.weight_scale_inv" of "x.weight": f32, one scale for each block.
std::string scales_name(const std::string &weight);
std::vector<std::int64_t> scales_shape(const BlockScalesConfig &config,
                                       const std::vector<std::int64_t> &weight);

} // namespace girih::llm
