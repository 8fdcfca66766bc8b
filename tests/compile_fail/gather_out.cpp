// SPDX-License-Identifier: Apache-2.0
// An Out is never read.
#include "girih/dsl/dsl.h"
using namespace girih;

void application(In a, Out c) { c = c.gather({0}) + a; }
