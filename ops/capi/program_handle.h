// SPDX-License-Identifier: Apache-2.0
// What the handle of a parsed Program holds.
#pragma once

#include "girih/dsl/program.h"
#include "girih/runtime/kernel.h"

struct girih_program {
  girih::Program program;
  girih::Kernel kernel;
};
