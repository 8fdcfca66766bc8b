// SPDX-License-Identifier: Apache-2.0
// Which model, on which device: options that subcommands share.
#pragma once

#include "girih/examples/llm/engine/memory_plan.h"
#include "girih/examples/llm/model/model.h"
#include "girih/examples/llm/model_directory.h"
#include "girih/examples/llm/tokenizer/tokenizer.h"

#include <optional>
#include <string>

namespace CLI {
class App;
class Validator;
} // namespace CLI

namespace girih::llm {

struct ModelOptions {
  std::string model; // directory; empty: the built-in one
  std::string shape; // instead: a published shape, with random weights
  bool random_weights = false, quantised = false;
  std::string device, dtype; // empty: the default one, that of the config
};

/// A text that must not be empty, where leaving the option out means something
/// else.
CLI::Validator not_empty();
/// A whole number of 64 bits: a larger one is not taken for the largest.
CLI::Validator whole_number();
/// What --context may be: it has no number that stands for none.
CLI::Validator context_range();

void add_model_options(CLI::App &command, ModelOptions &options);

/// A model before any of its weights is read.
struct ChosenModel {
  ModelDirectory files;
  std::optional<Tokenizer> tokenizer; // where its directory has one
  bool random = false;                // weights; those of files are not there
  LoadOptions load;
  double seconds = 0; // that reading took
};

/// Throws ModelError, and for a device that is not there.
ChosenModel choose_model(const ModelOptions &options);

/// A model that is ready to run.
struct OpenedModel {
  std::string name;
  GenerationConfig generation;
  std::optional<Tokenizer> tokenizer; // where its directory has one
  Model model;
  double load_seconds = 0;
  double prepare_seconds = 0; // kernels compiled or loaded
};

/// Holds the files against the config, then says how much memory is wanted
/// before any is taken, where there is too little; shows a bar while weights
/// are copied. Throws ModelError and RequestError.
OpenedModel open_model(const ChosenModel &chosen, const EngineOptions &engine);
inline OpenedModel open_model(const ModelOptions &options,
                              const EngineOptions &engine) {
  return open_model(choose_model(options), engine);
}

} // namespace girih::llm
