// SPDX-License-Identifier: Apache-2.0
// The function of reduce() combines two lanes.
#include "girih/dsl/dsl.h"
using namespace girih;

void application(In a, Out c) {
  c = reduce(a, dim(0), [](Tile x) { return x; });
}
