// SPDX-License-Identifier: Apache-2.0
// The elements of a tile are known at run time only.
#include "girih/dsl/dsl.h"
using namespace girih;

void application(In a, Out c) {
  Tile x = a;
  if (x > 0)
    c = x;
}
