// SPDX-License-Identifier: Apache-2.0
// The condition of loop_while() is asked at run time: a Tile.
#include "girih/dsl/dsl.h"
using namespace girih;

void application(In a, Out c) {
  Tile x = a;
  loop_while([&] { return true; }, [&] { x = x / 2; });
  c = x;
}
