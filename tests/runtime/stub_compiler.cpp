// SPDX-License-Identifier: Apache-2.0
// The compiler's face with nothing behind it, for programs that test the
// runtime alone: they need no LLVM, and put a toolchain of their own in place.
#include "girih/compiler/compiler.h"
#include "girih/dsl/support/diagnostics.h"

namespace girih::compiler {

std::string Target::to_string() const { return arch + features; }

Target host_target() { return {Target::Kind::host, "stub", ""}; }

Target nvptx_target(int compute_capability) {
  if (compute_capability < 80)
    throw CompileError(ErrorId::unsupported_arch, {},
                       {"compute capability below 8.0", ""});
  return {Target::Kind::nvptx,
          "sm_" + std::to_string(compute_capability) +
              (compute_capability >= 90 ? "a" : ""),
          "+ptx80"};
}

std::string_view name(Stage stage) {
  return stage == Stage::ptx ? "ptx" : "stage";
}

Artifact compile(const Program &, const Target &, const Options &) {
  throw InternalError("this program has no compiler");
}

std::unique_ptr<HostCode> load_host(const Artifact &) {
  throw InternalError("this program has no compiler");
}

std::exception_ptr take_host_failure() { return nullptr; }

void run_checked(const Program &, const std::int64_t *, const Checks &) {
  throw InternalError("this program has no compiler");
}

std::string_view build_id() { return "stub"; }

} // namespace girih::compiler
