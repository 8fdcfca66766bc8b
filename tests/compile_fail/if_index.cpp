// SPDX-License-Identifier: Apache-2.0
// An index is known at run time only.
#include "girih/dsl/dsl.h"
using namespace girih;

void application(In a, Out c) {
  for (Index k : range(a.size(0)))
    if (k)
      c[k] = a[k];
}
