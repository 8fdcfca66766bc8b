// SPDX-License-Identifier: Apache-2.0
// The C interface to the stages of compiling.
#include "girih/compiler/compiler.h"
#include "girih/compiler/default_config.h"
#include "girih/dsl/support/env.h"
#include "girih/ops/capi/conversions.h"
#include "girih/ops/capi/failures.h"
#include "girih/ops/capi/girih_c.h"
#include "girih/ops/capi/program_handle.h"
#include "girih/runtime/executable.h"
#include "girih/runtime/launch/specialise.h"

#include <fmt/format.h>

using namespace girih;
using capi::guarded;
using capi::require;

namespace {

compiler::Stage stage_of(const char *text) {
  require(text, "girih_inspect_options: stage");
  if (const auto stage = compiler::parse_stage(text))
    return *stage;
  capi::bad_argument(
      fmt::format("there is no stage '{}'", text),
      "the stages are: program tile layout async llvm ptx object");
}

std::string stage_text(const Program &program, const compiler::Target &target,
                       compiler::Stage stage) {
  if (stage == compiler::Stage::program)
    return program.to_string();
  std::optional<std::string> found;
  compiler::Options options;
  options.line_info = env_has("GIRIH_DEBUG", "lineinfo");
  options.on_stage = [&](compiler::Stage made, std::string_view text) {
    if (made == stage)
      found = std::string(text);
  };
  const compiler::Artifact artifact =
      compiler::compile(program, target, options);
  if (!found && stage == compiler::Stage::ptx &&
      target.kind == compiler::Target::Kind::nvptx)
    found = artifact.code;
  if (!found)
    capi::bad_argument(fmt::format("compiling for {} has no stage '{}'",
                                   target.to_string(), name(stage)));
  return *found;
}

/// What a call of the kernel would record for `target`, which need not be here.
Program program_for(const Kernel &kernel, const std::vector<Array> &arrays,
                    const compiler::Target &target, const char *config) {
  LaunchOptions options;
  if (config) {
    options.config = parse_config(config, {});
  } else if (arrays.size() == static_cast<std::size_t>(kernel.arity())) {
    std::vector<DType> dtypes;
    std::vector<int> ranks;
    Shapes shapes;
    std::vector<OperandClass> known;
    for (const Array &array : arrays) {
      dtypes.push_back(array.dtype());
      ranks.push_back(array.rank());
      shapes.emplace_back(array.shape().begin(), array.shape().end());
      known.push_back(classify(array));
    }
    options.config = compiler::default_config(
        analyse_roles(kernel.source(), dtypes, ranks), shapes, target, known);
  }
  return kernel.program(arrays, options);
}

} // namespace

extern "C" {

girih_status girih_kernel_inspect(const girih_kernel *kernel,
                                  const girih_array *arrays, int32_t count,
                                  const girih_inspect_options *options,
                                  char **text) {
  return guarded([&] {
    require(kernel, "girih_kernel_inspect: kernel");
    require(options, "girih_kernel_inspect: options");
    require(text, "girih_kernel_inspect: text");
    const auto given = capi::read_options(options, "girih_inspect_options");
    const compiler::Stage stage = stage_of(given.stage);
    const std::vector<Array> operands = capi::arrays_of(arrays, count, true);
    const compiler::Target target =
        given.arch         ? compiler::parse_target(given.arch)
        : operands.empty() ? compiler::host_target()
                           : target_of(operands[0].device());
    const Program program =
        program_for(kernel->kernel, operands, target, given.config);
    *text = capi::new_text(stage_text(program, target, stage));
  });
}

girih_status girih_program_inspect(const girih_program *program,
                                   const girih_inspect_options *options,
                                   char **text) {
  return guarded([&] {
    require(program, "girih_program_inspect: program");
    require(options, "girih_program_inspect: options");
    require(text, "girih_program_inspect: text");
    const auto given = capi::read_options(options, "girih_inspect_options");
    if (given.config)
      capi::bad_argument("a Program has its Config already");
    const compiler::Target target = given.arch
                                        ? compiler::parse_target(given.arch)
                                        : compiler::host_target();
    *text = capi::new_text(
        stage_text(program->program, target, stage_of(given.stage)));
  });
}

} // extern "C"
