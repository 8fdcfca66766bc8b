// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/cli/model_options.h"

#include "girih/examples/llm/model/known_shapes.h"
#include "girih/examples/llm/weights/check_weights.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <memory>
#include <stdexcept>

namespace girih::llm {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

ModelConfig shape_of(const std::string &shape) {
  std::string names;
  for (const KnownShape &each : known_shapes()) {
    if (each.name == shape)
      return parse_model_config(each.config, shape);
    names += fmt::format("{}{}", names.empty() ? "" : ", ", each.name);
  }
  throw std::runtime_error(
      fmt::format("no shape '{}': there are {}", shape, names));
}

DType dtype_of(const ModelOptions &options, const ModelConfig &config) {
  for (const DType each : {f32, f16, bf16})
    if (name(each) == options.dtype)
      return each;
  return config.dtype;
}

std::optional<Tokenizer> tokenizer_of(const ModelDirectory &files) {
  if (!files.tokenizer)
    return std::nullopt;
  return Tokenizer::parse(*files.tokenizer, files.tokenizer_config.value_or(""),
                          files.path("tokenizer.json"),
                          files.chat_template.value_or(""));
}

Model load(const ModelConfig &config, const WeightFiles *files,
           const LoadOptions &options) {
  if (!files) {
    RandomWeights weights(config);
    return load_model(config, weights, options);
  }
  ProgressBar bar;
  FileWeights weights(*files, config, [&](const CopyProgress &progress) {
    bar.show(progress);
  });
  return load_model(config, weights, options);
}

} // namespace

CLI::Validator not_empty() {
  return {[](const std::string &text) {
            return text.empty() ? std::string("must not be empty") : "";
          },
          ""};
}

CLI::Validator whole_number() {
  return {[](const std::string &text) {
            std::int64_t number = 0;
            const char *end = text.data() + text.size();
            const auto read = std::from_chars(text.data(), end, number);
            return read.ec == std::errc() && read.ptr == end
                       ? std::string()
                       : text + " is no whole number of 64 bits";
          },
          ""};
}

CLI::Validator context_range() {
  return CLI::Range(std::int64_t{1}, std::int64_t{1} << 26);
}

void add_model_options(CLI::App &command, ModelOptions &options) {
  auto *model = command
                    .add_option("--model", options.model,
                                "directory of a model (default: built in)")
                    ->check(not_empty());
  command
      .add_option("--shape", options.shape,
                  "a published shape, filled with random weights")
      ->excludes(model)
      ->check(not_empty());
  command.add_flag("--random-weights", options.random_weights,
                   "leave the model's own weights where they are");
  command.add_flag("--quantised", options.quantised,
                   "multiply in eight bits where weights are stored so");
  command.add_option("--device", options.device, "host, cuda, cuda:1");
  command
      .add_option("--dtype", options.dtype,
                  "f32, f16 or bf16 (default: the model's)")
      ->check(CLI::IsMember({"f32", "f16", "bf16"}));
}

ChosenModel choose_model(const ModelOptions &options) {
  const auto begin = Clock::now();
  ChosenModel chosen;
  ModelDirectory &files = chosen.files;
  chosen.random = options.random_weights || !options.shape.empty();
  if (!options.shape.empty()) {
    files.name = options.shape;
    files.config = shape_of(options.shape);
    files.generation.eos = files.config.eos;
  } else {
    files = options.model.empty() ? ModelDirectory::built_in()
            : options.random_weights
                ? ModelDirectory::open_without_weights(options.model)
                : ModelDirectory::open(options.model);
    chosen.tokenizer = tokenizer_of(files);
  }
  if (options.quantised && files.config.block_scales.block_rows == 0)
    throw std::runtime_error(
        files.name + " has no weights in eight bits: leave --quantised out");
  chosen.load = {.dtype = dtype_of(options, files.config),
                 .device = options.device.empty()
                               ? default_device()
                               : parse_device(options.device),
                 .quantised = options.quantised};
  chosen.seconds = seconds_since(begin);
  return chosen;
}

OpenedModel open_model(const ChosenModel &chosen, const EngineOptions &engine) {
  const auto begin = Clock::now();
  const ModelDirectory &files = chosen.files;
  const Device device = chosen.load.device;
  if (!chosen.random)
    check_weights(files.config, files.weights);
  require_memory(plan_memory(files.config, chosen.load.dtype, engine, device));
  OpenedModel opened;
  opened.name = files.name;
  opened.generation = files.generation;
  opened.tokenizer = chosen.tokenizer;
  opened.model =
      load(files.config, chosen.random ? nullptr : &files.weights, chosen.load);
  synchronize(device);
  opened.load_seconds = chosen.seconds + seconds_since(begin);
  return opened;
}

} // namespace girih::llm
