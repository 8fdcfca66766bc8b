// SPDX-License-Identifier: Apache-2.0
// Operands are handles: a store to a copy would be a puzzle.
#include "girih/dsl/dsl.h"
using namespace girih;

void application(In a, Out c) {
  Out d = c;
  d = a;
}
