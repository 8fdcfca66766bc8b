// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/weights/check_weights.h"

#include "girih/examples/llm/error.h"
#include "girih/examples/llm/files/json.h"
#include "girih/examples/llm/weights/expected_tensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

namespace girih::llm {
namespace {

// A config that has nothing to do with its files, or speaks of millions of
// experts, is not followed to the end.
constexpr std::size_t enough_problems = 1000;

class Checker {
public:
  Checker(const ModelConfig &config, const WeightFiles &files)
      : config_(config), files_(files), used_(files.all().size(), false) {}

  void check() {
    visit_tensors(config_, [this](const ExpectedTensor &each) {
      check_one(each);
      return problems_.count() < enough_problems;
    });
    if (problems_.count() < enough_problems)
      check_others();
    problems_.raise();
  }

private:
  const StoredTensor *find(const std::string &name) {
    const StoredTensor *found = files_.find(name);
    if (found)
      used_[static_cast<std::size_t>(found - files_.all().data())] = true;
    return found;
  }

  void check_one(const ExpectedTensor &wanted) {
    const StoredTensor *found = find(wanted.name);
    if (!found) {
      missing(wanted.name, wanted.shape);
      return;
    }
    check_shape(*found, wanted.shape);
    const bool quantized = config_.block_scales.block_rows > 0;
    switch (found->dtype) {
    case DType::f32:
    case DType::f16:
    case DType::bf16:
      return;
    case DType::e4m3:
      if (wanted.product && quantized) {
        check_scales(wanted);
        return;
      }
      break;
    default:
      break;
    }
    problems_.add(*found->file, wanted.name,
                  fmt::format("is of dtype {}; it must be f32, f16 or bf16{}",
                              girih::name(found->dtype),
                              wanted.product && quantized ? ", or e4m3" : ""));
  }

  void check_scales(const ExpectedTensor &weight) {
    const std::string name = scales_name(weight.name);
    const std::vector<std::int64_t> shape =
        scales_shape(config_.block_scales, weight.shape);
    const StoredTensor *found = find(name);
    if (!found) {
      missing(name, shape);
      return;
    }
    check_shape(*found, shape);
    if (found->dtype != DType::f32)
      problems_.add(*found->file, name,
                    fmt::format("is of dtype {}; scales must be f32",
                                girih::name(found->dtype)));
  }

  void missing(const std::string &name,
               const std::vector<std::int64_t> &shape) {
    const bool unreadable = std::binary_search(files_.unreadable().begin(),
                                               files_.unreadable().end(), name);
    problems_.add(files_.source(), name,
                  unreadable
                      ? "is of a dtype that Girih does not have"
                      : fmt::format("is missing; a model of this config has it "
                                    "in shape [{}]",
                                    fmt::join(shape, ", ")));
  }

  void check_shape(const StoredTensor &found,
                   const std::vector<std::int64_t> &shape) {
    if (found.shape != shape)
      problems_.add(*found.file, std::string(found.name),
                    fmt::format("has shape [{}], by the config it must be "
                                "[{}]",
                                fmt::join(found.shape, ", "),
                                fmt::join(shape, ", ")));
  }

  void check_others() {
    for (std::size_t i = 0; i < used_.size(); ++i) {
      const StoredTensor &each = files_.all()[i];
      if (!used_[i] && !is_unused(config_, each.name))
        problems_.add(*each.file, printable(each.name),
                      "is no tensor of a model of this config");
    }
  }

  const ModelConfig &config_;
  const WeightFiles &files_;
  std::vector<bool> used_;
  ModelProblems problems_;
};

} // namespace

bool is_unused(const ModelConfig &config, std::string_view name) {
  if (name == "lm_head.weight")
    return config.tied_embeddings;
  if (name.ends_with(".rotary_emb.inv_freq"))
    return true;
  constexpr std::string_view prefix = "model.layers.";
  if (!name.starts_with(prefix))
    return false;
  std::int64_t layer = -1;
  const auto [end, error] = std::from_chars(name.data() + prefix.size(),
                                            name.data() + name.size(), layer);
  return error == std::errc() && end != name.data() + name.size() &&
         *end == '.' && layer >= config.layers &&
         layer < config.layers + config.extra_layers;
}

void check_weights(const ModelConfig &config, const WeightFiles &files) {
  Checker(config, files).check();
}

} // namespace girih::llm
