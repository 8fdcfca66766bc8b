// SPDX-License-Identifier: Apache-2.0
// Targets and stages by name. What a device's target is, target_nvptx.cpp says.
#include "girih/compiler/compiler.h"
#include "girih/compiler/target_nvptx.h"
#include "girih/dsl/support/diagnostics.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/TargetParser/Host.h"

#include <algorithm>

namespace girih::compiler {

std::string Target::to_string() const {
  std::string text = kind == Kind::host ? "host " + arch : arch;
  return features.empty() ? text : text + " " + features;
}

Target host_target() {
  static const Target target = [] {
    std::vector<std::string> features;
    for (const auto &feature : llvm::sys::getHostCPUFeatures())
      features.push_back((feature.second ? "+" : "-") + feature.first().str());
    // The map has no order of its own, and this is part of cache keys.
    std::sort(features.begin(), features.end());
    std::string joined;
    for (const std::string &feature : features)
      joined += (joined.empty() ? "" : ",") + feature;
    return Target{Target::Kind::host, llvm::sys::getHostCPUName().str(),
                  joined};
  }();
  return target;
}

Target parse_target(std::string_view text) {
  if (text == "host")
    return host_target();
  llvm::StringRef rest(text);
  int capability = 0;
  bool isName =
      rest.consume_front("sm_") && !rest.consumeInteger(10, capability);
  std::optional<Target> target;
  if (isName)
    target = nvptxTargetNamed(capability, rest);
  if (!target)
    throw CompileError(ErrorId::unsupported_arch, {},
                       {"no target is called '" + std::string(text) + "'",
                        "targets are host, sm_80, sm_86, sm_89, sm_90a, "
                        "sm_100a, sm_100f, sm_120a, sm_120f"});
  return *target;
}

static constexpr std::string_view stage_names[] = {
    "program", "tile", "layout", "async", "llvm", "ptx", "object"};

std::string_view name(Stage stage) {
  return stage_names[static_cast<std::size_t>(stage)];
}

std::optional<Stage> parse_stage(std::string_view text) {
  for (std::size_t i = 0; i < std::size(stage_names); ++i)
    if (stage_names[i] == text)
      return static_cast<Stage>(i);
  return std::nullopt;
}

} // namespace girih::compiler
