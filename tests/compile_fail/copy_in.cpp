// SPDX-License-Identifier: Apache-2.0
// Operands are handles: only tiles have copies.
#include "girih/dsl/dsl.h"
using namespace girih;

void application(In a, Out c) {
  auto b = a;
  c = b;
}
