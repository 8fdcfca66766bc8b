// SPDX-License-Identifier: Apache-2.0
// An In is never written.
#include "girih/dsl/dsl.h"
using namespace girih;

void application(In a, Out c) {
  a.scatter({0}, 1);
  c = a;
}
