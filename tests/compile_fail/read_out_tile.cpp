// SPDX-License-Identifier: Apache-2.0
// A tile of an output has no value to read.
#include "girih/dsl/dsl.h"
using namespace girih;

void application(Out c) { Tile x = c[0]; }
