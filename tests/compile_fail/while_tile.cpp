// SPDX-License-Identifier: Apache-2.0
// The elements of a tile are known at run time only: loop_while().
#include "girih/dsl/dsl.h"
using namespace girih;

void application(In a, Out c) {
  Tile x = a;
  while (x > 0)
    x -= 1;
  c = x;
}
