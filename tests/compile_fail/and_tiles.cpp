// SPDX-License-Identifier: Apache-2.0
// && would have to know its left side: masks are joined by &.
#include "girih/dsl/dsl.h"
using namespace girih;

void application(In a, Out c) { c = (a > 0) && (a < 1); }
