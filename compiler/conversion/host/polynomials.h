// SPDX-License-Identifier: Apache-2.0
// Functions on f32 registers as polynomials, so that they vectorise. Errors are
// below 2 units in the last place; special values are libm's.
#pragma once

#include "girih/compiler/conversion/host/ir.h"

namespace girih::compiler::host {

Reg polynomialExp(Builder &ir, Reg x);
Reg polynomialExp2(Builder &ir, Reg x);
Reg polynomialLog(Builder &ir, Reg x);
Reg polynomialLog2(Builder &ir, Reg x);
Reg polynomialTanh(Builder &ir, Reg x);
Reg polynomialErf(Builder &ir, Reg x);

} // namespace girih::compiler::host
