// SPDX-License-Identifier: Apache-2.0
// The tensors of a model, to be shown: each, or those of all layers together.
#pragma once

#include "girih/examples/llm/config/model_config.h"
#include "girih/examples/llm/weights/weight_files.h"

#include <cstdint>
#include <string>
#include <vector>

namespace girih::llm {

struct ListedTensor {
  std::string name;
  DType dtype = DType::bf16;
  std::vector<std::int64_t> shape;
  std::int64_t bytes = 0;
  std::int64_t count = 1; // tensors that it stands for; `bytes` is of all
};

/// As they are in the files, sorted by name. Tensors of dtypes that Girih lacks
/// are not among them.
std::vector<ListedTensor> stored_tensors(const WeightFiles &files);
/// As files of such a model would have them, in the order of a forward pass:
/// scales of eight-bit weights are there too. Throws ModelError where there
/// would be far more than any model has.
std::vector<ListedTensor> expected_tensors(const ModelConfig &config);

/// Tensors that differ in nothing but numbers in their names become one, with *
/// for each number: "model.layers.*.mlp.up_proj.weight". In the order of the
/// first of each kind.
std::vector<ListedTensor>
tensor_kinds(const std::vector<ListedTensor> &tensors);

} // namespace girih::llm
