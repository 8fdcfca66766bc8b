// SPDX-License-Identifier: Apache-2.0
// girih-tune: sweeps over shapes of an operator, and what they left.
#include "sweep.h"

#include "girih/autotune/evaluator.h"
#include "girih/autotune/store.h"
#include "girih/dsl/support/diagnostics.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>
#include <iostream>
#include <iterator>

namespace girih::autotune {
namespace {

std::string read_text(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file)
    throw RuntimeError(ErrorId::file, {fmt::format("cannot read {}", path)});
  return text;
}

void print_choices(const Store &store) {
  if (store.choices().empty())
    fmt::print("{} has no choices yet, and {} timings\n", store.path(),
               store.all_timings().size());
  for (const ChoiceRow &each : store.choices())
    fmt::print("{:<20} [{}] [{}] on {}: {}  {:.2f} us, default {:.2f} us\n",
               each.kernel_name, each.shape, each.key.dtypes, each.key.device,
               each.config.to_string(), 1e6 * each.seconds,
               1e6 * each.fallback_seconds);
}

/// export, import, merge, show.
int run_store(const std::string &command, int argc, char **argv) {
  CLI::App app{"tuned Configs: " + command};
  std::string path = store_path(), file;
  app.add_option("--store", path, "the store")->capture_default_str();
  if (command == "export")
    app.add_option("file", file, "where to; standard output without it");
  else if (command != "show")
    app.add_option("file", file, "what is added")->required();
  CLI11_PARSE(app, argc, argv);
  if (command == "show") {
    print_choices(Store(path, Store::Mode::read_only));
  } else if (command == "export") {
    const std::string text = Store(path, Store::Mode::read_only).export_json();
    if (file.empty()) {
      fmt::print("{}", text);
    } else if (!(std::ofstream(file, std::ios::binary) << text).flush()) {
      throw RuntimeError(ErrorId::file, {fmt::format("cannot write {}", file)});
    }
  } else {
    Store store(path, Store::Mode::write);
    const int rows = command == "import"
                         ? store.import_json(read_text(file))
                         : store.merge(Store(file, Store::Mode::read_only));
    fmt::print("{} rows of {} in {}\n", rows, file, path);
  }
  return 0;
}

void list_names() {
  fmt::print("operators:\n");
  for (const TunableOp &each : tunable_ops())
    fmt::print("  {:<30} {}: {}\n", each.name, fmt::join(each.size_names, "x"),
               each.calls);
  fmt::print("and every kernel of the library by its name (girih-inspect "
             "lists them), with its own sizes\nmodel families:\n");
  for (const ShapeFamily &each : shape_families())
    fmt::print("  {:<30} {}\n", each.name, each.about);
}

int run_sweep(int argc, char **argv) {
  CLI::App app{"chooses Configs by measuring; `girih-tune list` says of what, "
               "`show`, `export`, `import` and `merge` are for the store"};
  SweepOptions options;
  options.command = "girih-tune";
  for (int at = 1; at < argc; ++at)
    options.command += std::string(" ") + argv[at];
  options.store = store_path();
  app.add_option("op", options.op, "operator, or kernel of the library")
      ->required();
  auto *shapes = app.add_option("--shapes", options.shapes,
                                "MxNxK,...: sizes of the operator");
  app.add_option("--family", options.family,
                 "a model family's sizes (default: llama3-8b)")
      ->excludes(shapes);
  app.add_option("--dtype", options.dtype, "of the operands")
      ->capture_default_str();
  app.add_option("--device", options.device, "host, cuda, cuda:1");
  app.add_option("--budget", options.budget,
                 "of each shape: 10s, 2m; 0: as long as it takes")
      ->capture_default_str();
  app.add_option("--strategy", options.strategy,
                 "exhaustive, random, halving or guided")
      ->capture_default_str();
  app.add_option("--candidates", options.most_candidates,
                 "the most that are tried of a shape; 0: all")
      ->check(CLI::Range(0, 1000000));
  app.add_option("--out", options.out,
                 "folder of the report (default: tune-OP)");
  app.add_option("--store", options.store, "the store; `off` keeps nothing")
      ->capture_default_str();
  app.add_option("--workers", options.workers,
                 "processes that compile (default: one a core)")
      ->check(CLI::Range(0, 1000000));
  app.add_option("--timeout", options.timeout,
                 "of one candidate, to compile and to run")
      ->capture_default_str();
  app.add_flag("--fresh", options.fresh, "measure again what is in the store");
  app.add_flag("--explain", options.explain,
               "print what was dropped and what the model says");
  CLI11_PARSE(app, argc, argv);
  return sweep(options);
}

} // namespace
} // namespace girih::autotune

int main(int argc, char **argv) {
  using namespace girih;
  const std::string first = argc > 1 ? argv[1] : "";
  try {
    if (first == "worker")
      return autotune::serve(0);
    if (first == "list") {
      autotune::list_names();
      return 0;
    }
    for (const char *each : {"show", "export", "import", "merge"})
      if (first == each)
        return autotune::run_store(first, argc - 1, argv + 1);
    return autotune::run_sweep(argc, argv);
  } catch (const std::exception &error) {
    fmt::print(stderr, "girih-tune: {}\n", error.what());
    return 1;
  }
}
