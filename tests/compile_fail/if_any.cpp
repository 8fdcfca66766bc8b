// SPDX-License-Identifier: Apache-2.0
// One bool of the whole program is still one of the run: when().
#include "girih/dsl/dsl.h"
using namespace girih;

void application(In a, Out c) {
  if (any(a > 0))
    c = a;
}
