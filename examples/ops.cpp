// SPDX-License-Identifier: Apache-2.0
// girih-ops: the operators of the library, for people, programs and documents.
#include "op_status.h"

#include <girih/dsl/support/diagnostics.h>
#include <girih/ops/registry.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace {

int print_json(const std::string &results) {
  try {
    const std::string all = girih::ops::ops_as_json();
    fmt::print("{}\n",
               results.empty() ? all : girih::with_test_status(all, results));
    return 0;
  } catch (const girih::RuntimeError &error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}

} // namespace

int main(int argc, char **argv) {
  CLI::App app{"lists the operators of the library"};
  bool json = false, markdown = false;
  std::string results;
  auto *as_json = app.add_flag("--json", json, "all there is to know, as JSON");
  app.add_flag("--markdown", markdown, "the table of docs/operators.md")
      ->excludes(as_json);
  app.add_option("--results", results,
                 "folder of what tests last said, for --json");
  CLI11_PARSE(app, argc, argv);
  if (json)
    return print_json(results);
  if (markdown)
    fmt::print("{}", girih::ops::ops_as_markdown());
  else
    for (const girih::ops::OpEntry &op : girih::ops::all_ops())
      fmt::print("{:<56}  {}\n", op.signature_text, op.formula);
  return 0;
}
