// SPDX-License-Identifier: Apache-2.0
// An In is never written, not by an update either.
#include "girih/dsl/dsl.h"
using namespace girih;

void application(In a, Out c) {
  a[0] += 1;
  c = a[0];
}
