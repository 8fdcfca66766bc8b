// SPDX-License-Identifier: Apache-2.0
// A tile has a shape and a dtype from the start.
#include "girih/dsl/dsl.h"
using namespace girih;

void application(In a, Out c) {
  Tile x;
  x = a;
  c = x;
}
