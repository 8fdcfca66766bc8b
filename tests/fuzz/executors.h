// SPDX-License-Identifier: Apache-2.0
// One test on every executor: interpreter, host, PTX on the emulator.
#pragma once

#include "emulated_run.h"

#include "girih/compiler/compiler.h"
#include "girih/dsl/dsl.h"
#include "girih/tests/host/run_on_host.h"

#include <gtest/gtest.h>

namespace girih::testing {

enum class Executor { interpreter, host, ptx };

inline auto every_executor() {
  return ::testing::Values(Executor::interpreter, Executor::host,
                           Executor::ptx);
}

inline std::string
executor_name(const ::testing::TestParamInfo<Executor> &info) {
  return info.param == Executor::interpreter ? "interpreter"
         : info.param == Executor::host      ? "host"
                                             : "ptx";
}

/// Runs `program` with these operands, in order.
inline void run_on(Executor executor, const Program &program,
                   const std::vector<TestArray *> &arrays) {
  Shapes shapes;
  for (const TestArray *each : arrays)
    shapes.push_back(each->shape());
  std::vector<std::int64_t> params = parameter_block(arrays);
  std::int64_t programs = 1;
  for (std::int64_t size : grid_of(program, shapes))
    programs *= size;
  if (executor == Executor::interpreter)
    compiler::interpret(program, params.data(), false);
  else if (executor == Executor::host)
    OnHost(program).run(params, programs);
  else
    run_emulated(program, params, programs);
}

} // namespace girih::testing
