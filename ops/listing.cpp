// SPDX-License-Identifier: Apache-2.0
// The list of operators, for programs and for documents.
#include "girih/ops/registry.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace girih::ops {

namespace {

std::vector<std::string> names(const std::vector<DType> &dtypes) {
  std::vector<std::string> out;
  for (DType dtype : dtypes)
    out.emplace_back(name(dtype));
  return out;
}

nlohmann::ordered_json as_json(const OpEntry &op) {
  const Signature signature = parse_signature(op.signature_text);
  nlohmann::ordered_json out;
  out["name"] = signature.name;
  out["signature"] = op.signature_text;
  out["category"] = op.category;
  out["formula"] = op.formula;
  out["dtypes"] = names(op.dtypes);
  out["executors"] = {"interpreter", "host", "cuda"};
  out["parameters"] = nlohmann::json::array();
  for (const Parameter &each : signature.parameters) {
    nlohmann::ordered_json parameter;
    parameter["name"] = each.name;
    parameter["type"] = each.type;
    parameter["optional"] = each.optional;
    parameter["named_only"] = each.named_only;
    if (!each.default_text.empty())
      parameter["default"] = each.default_text;
    out["parameters"].push_back(parameter);
  }
  out["results"] = signature.results;
  out["reads_data"] = op.reads_data;
  out["view"] = op.view != nullptr;
  out["kernels"] = nlohmann::json::array();
  for (const KernelEntry &kernel : op.kernels)
    out["kernels"].push_back(kernel.name);
  return out;
}

} // namespace

std::string ops_as_json() {
  nlohmann::ordered_json all = nlohmann::json::array();
  for (const OpEntry &op : all_ops())
    all.push_back(as_json(op));
  return all.dump(1);
}

namespace {

// A cell of a table ends at a bar.
std::string cell(std::string_view text) {
  std::string out;
  for (char c : text)
    out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

} // namespace

std::string ops_as_markdown() {
  std::string text;
  std::string_view category;
  for (const OpEntry &op : all_ops()) {
    if (op.category != category) {
      category = op.category;
      text +=
          fmt::format("\n### {}\n\n| operator | what it computes | dtypes |\n"
                      "|---|---|---|\n",
                      category);
    }
    text += fmt::format("| `{}` | {} | {} |\n", op.signature_text,
                        cell(op.formula), fmt::join(names(op.dtypes), " "));
  }
  return text;
}

} // namespace girih::ops
