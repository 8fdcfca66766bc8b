// SPDX-License-Identifier: Apache-2.0
// girih-ops: the operators of the library, for people, programs and documents.
#include <girih/ops/registry.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

int main(int argc, char **argv) {
  CLI::App app{"lists the operators of the library"};
  bool json = false, markdown = false;
  auto *as_json = app.add_flag("--json", json, "all there is to know, as JSON");
  app.add_flag("--markdown", markdown, "the table of docs/operators.md")
      ->excludes(as_json);
  CLI11_PARSE(app, argc, argv);
  if (json)
    fmt::print("{}\n", girih::ops::ops_as_json());
  else if (markdown)
    fmt::print("{}", girih::ops::ops_as_markdown());
  else
    for (const girih::ops::OpEntry &op : girih::ops::all_ops())
      fmt::print("{:<56}  {}\n", op.signature_text, op.formula);
  return 0;
}
