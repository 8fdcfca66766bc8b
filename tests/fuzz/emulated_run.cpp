// SPDX-License-Identifier: Apache-2.0
#include "emulated_run.h"

#include "girih/compiler/compiler.h"
#include "girih/tests/ptx/emulator.h"

namespace girih::testing {

void run_emulated(const Program &program,
                  const std::vector<std::int64_t> &params,
                  std::int64_t programs, int capability) {
  std::string tile;
  compiler::Options options;
  options.on_stage = [&](compiler::Stage stage, std::string_view text) {
    if (stage == compiler::Stage::tile)
      tile = text;
  };
  compiler::compile(program, compiler::nvptx_target(capability), options);
  EmulatedKernel(tile, capability).run(params, programs);
}

} // namespace girih::testing
