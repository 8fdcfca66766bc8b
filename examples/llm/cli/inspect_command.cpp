// SPDX-License-Identifier: Apache-2.0
// `girih-llm inspect`: what a model is made of and what memory it will take.
// Headers of files are read, weights are not.
#include "girih/examples/llm/cli/commands.h"
#include "girih/examples/llm/cli/config_report.h"
#include "girih/examples/llm/cli/model_options.h"
#include "girih/examples/llm/files/json.h"
#include "girih/examples/llm/tokenizer/chat_template.h"
#include "girih/examples/llm/weights/check_weights.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace girih::llm {

namespace {

using Json = nlohmann::ordered_json;

struct InspectOptions {
  ModelOptions model;
  EngineOptions engine{.max_batch = 1};
  bool tensors = false, json = false;
};

std::string_view name_of(ChatFamily family) {
  return family == ChatFamily::llama3     ? "llama3"
         : family == ChatFamily::deepseek ? "deepseek"
                                          : "chatml";
}

Json tokenizer_report(const Tokenizer &tokenizer) {
  const auto chat = tokenizer.chat_format();
  return {{"tokens", tokenizer.size()},
          {"chat", chat ? Json(name_of(chat->family)) : Json("none")}};
}

Json tensors_report(const ChosenModel &chosen, bool all) {
  const WeightFiles &files = chosen.files.weights;
  const auto tensors = chosen.random ? expected_tensors(chosen.files.config)
                                     : stored_tensors(files);
  std::int64_t bytes = 0;
  for (const ListedTensor &each : tensors)
    bytes += each.bytes;
  Json out{{"source", chosen.random ? "random" : files.source()},
           {"count", tensors.size()},
           {"bytes", bytes},
           {"list", report(all ? tensors : tensor_kinds(tensors))}};
  if (!chosen.random && !files.unreadable().empty())
    out["unreadable"] = files.unreadable();
  return out;
}

Json memory_report(const MemoryPlan &plan, DType dtype) {
  return {{"device", plan.device.to_string()},
          {"dtype", girih::name(dtype)},
          {"weights_bytes", plan.weights},
          {"cache_bytes", plan.cache},
          {"cache_pages", plan.pages},
          {"context", plan.max_context},
          {"activations_bytes", plan.activations},
          {"state_bytes", plan.state},
          {"total_bytes", plan.total()},
          {"available_bytes", plan.available},
          {"fits", plan.fits()}};
}

void print_tensors(const Json &tensors) {
  fmt::print("\ntensors: {} of {} bytes, {}\n",
             tensors["count"].get<std::int64_t>(),
             tensors["bytes"].get<std::int64_t>(),
             tensors["source"].get<std::string>());
  std::size_t width = 0;
  for (const Json &each : tensors["list"])
    width = std::max(width, printable(each["name"].get<std::string>()).size());
  for (const Json &each : tensors["list"])
    fmt::print("  {:>6} {:<{}} {:<5} {:<18} {:>14}\n",
               each["count"].get<std::int64_t>(),
               printable(each["name"].get<std::string>()), width,
               each["dtype"].get<std::string>(), each["shape"].dump(),
               each["bytes"].get<std::int64_t>());
  if (tensors.contains("unreadable"))
    for (const Json &each : tensors["unreadable"])
      fmt::print("         {}: of a dtype that Girih does not have\n",
                 printable(each.get<std::string>()));
}

void inspect(const InspectOptions &options) {
  const ChosenModel chosen = choose_model(options.model);
  const ModelConfig &config = chosen.files.config;
  const MemoryPlan plan = plan_memory(config, chosen.load.dtype, options.engine,
                                      chosen.load.device);
  Json all{{"model", chosen.files.name}, {"config", report(config)}};
  all["generation"] = report(chosen.files.generation);
  if (chosen.tokenizer)
    all["tokenizer"] = tokenizer_report(*chosen.tokenizer);
  all["tensors"] = tensors_report(chosen, options.tensors);
  all["memory"] = memory_report(plan, chosen.load.dtype);
  if (options.json) {
    fmt::print("{}\n",
               all.dump(-1, ' ', false, Json::error_handler_t::replace));
  } else {
    fmt::print("{}\n{}", chosen.files.name, lines_of(all["config"]));
    for (const char *part : {"generation", "tokenizer"})
      if (all.contains(part))
        fmt::print("\n{}:\n{}", part, lines_of(all[part]));
    print_tensors(all["tensors"]);
    fmt::print("\n{}\n  {:<12} {:>12}\n", plan.to_string(), "fits",
               plan.fits() ? "yes" : "no");
  }
  // What loading would refuse is said last, so that all is there to look at.
  if (!chosen.random)
    check_weights(config, chosen.files.weights);
}

} // namespace

void add_inspect_command(CLI::App &program) {
  const auto options = std::make_shared<InspectOptions>();
  CLI::App *command = program.add_subcommand(
      "inspect", "Config, tensors and memory of a model, of which no weight is "
                 "read");
  add_model_options(*command, options->model);
  command->add_flag("--tensors", options->tensors,
                    "each tensor, not only each kind of them");
  command
      ->add_option("--batch", options->engine.max_batch,
                   "sequences at a time that memory is planned for")
      ->check(CLI::Range(1, 1024));
  command
      ->add_option("--context", options->engine.max_context,
                   "tokens of each (default: the model's)")
      ->check(context_range());
  command
      ->add_option("--chunk", options->engine.chunk, "prompt tokens of a pass")
      ->check(CLI::Range(1, 1 << 20));
  command->add_flag("--json", options->json, "print one JSON object");
  command->callback([options] { inspect(*options); });
}

} // namespace girih::llm
